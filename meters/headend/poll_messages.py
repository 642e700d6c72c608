"""Writing and reading the messages of the poll shape (docs/head-end-wire.md)."""

from dataclasses import dataclass

from lxml import etree

from meters.headend.hostile_xml import (
    Unreadable,
    only_child,
    parse,
    required_child,
    text_of,
)
from meters.headend.poll_profile import PollProfile
from meters.states import DesiredState

LONGEST_REFERENCE = 100
LONGEST_SERIAL = 20


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The asynchronous answer: the head-end's own name for what it was asked."""

    correlation_uid: str
    serial: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The answer to a poll."""

    result: str
    description: str


@dataclass(frozen=True, kw_only=True)
class PollFault:
    """A SOAP fault, with what its detail says where it has one."""

    message: str
    code: str
    text: str
    is_ours: bool
    """The fault blames the sender."""


@dataclass(frozen=True, kw_only=True)
class Doorbell:
    """A notification: something can be asked for now."""

    correlation_uid: str
    serial: str


def set_message(serial: str, desired: DesiredState, *, profile: PollProfile) -> bytes:
    """SetAdministrativeStatusRequest: set one meter's port to a state.

    :raises ValueError: the serial can't be written in XML.
    """
    ns = profile.namespaces.configuration
    envelope, request = _message(profile, "SetAdministrativeStatusRequest")
    _child(request, ns, "DeviceIdentification", serial)
    _child(request, ns, "Enabled", profile.words[desired])
    return _written(envelope)


def poll_message(correlation_uid: str, serial: str, *, profile: PollProfile) -> bytes:
    """SetAdministrativeStatusAsyncRequest: ask what became of it.

    :raises ValueError: the reference or the serial can't be written in XML.
    """
    ns = profile.namespaces.configuration
    envelope, request = _message(profile, "SetAdministrativeStatusAsyncRequest")
    _child(request, ns, "CorrelationUid", correlation_uid)
    _child(request, ns, "DeviceIdentification", serial)
    return _written(envelope)


def notification_reply(*, profile: PollProfile) -> bytes:
    """SendNotificationResponse: the bell was heard."""
    ns = profile.namespaces
    prefixes = {"soap": ns.soap, "n": ns.notification}
    envelope = etree.Element(f"{{{ns.soap}}}Envelope", nsmap=prefixes)
    body = _child(envelope, ns.soap, "Body")
    _child(body, ns.notification, "SendNotificationResponse")
    return _written(envelope)


def read_taken(body: bytes, *, profile: PollProfile) -> Taken | PollFault:
    """The answer to a request.

    :raises Unreadable: it is neither the asynchronous answer nor a fault.
    """
    ns = profile.namespaces.configuration
    message = _soap_content(body, profile)
    if message.tag == f"{{{profile.namespaces.soap}}}Fault":
        return _fault(message, profile)
    if message.tag != f"{{{ns}}}SetAdministrativeStatusAsyncResponse":
        raise Unreadable("The answer is not SetAdministrativeStatusAsyncResponse.")
    return Taken(
        correlation_uid=_reference(message, f"{{{ns}}}CorrelationUid"),
        serial=text_of(required_child(message, f"{{{ns}}}DeviceIdentification")),
    )


def read_outcome(body: bytes, *, profile: PollProfile) -> Outcome | PollFault:
    """The answer to a poll.

    :raises Unreadable: it is neither the result nor a fault.
    """
    ns = profile.namespaces.configuration
    message = _soap_content(body, profile)
    if message.tag == f"{{{profile.namespaces.soap}}}Fault":
        return _fault(message, profile)
    if message.tag != f"{{{ns}}}SetAdministrativeStatusResponse":
        raise Unreadable("The answer is not SetAdministrativeStatusResponse.")
    return Outcome(
        result=text_of(required_child(message, f"{{{ns}}}Result"), longest=32),
        description=text_of(only_child(message, f"{{{ns}}}Description")),
    )


def read_doorbell(body: bytes, *, profile: PollProfile) -> Doorbell:
    """A notification.

    :raises Unreadable: it is not SendNotificationRequest.
    """
    ns = profile.namespaces.notification
    message = _soap_content(body, profile)
    if message.tag != f"{{{ns}}}SendNotificationRequest":
        raise Unreadable("The message is not SendNotificationRequest.")
    serial = text_of(only_child(message, f"{{{ns}}}DeviceIdentification"))
    return Doorbell(
        correlation_uid=_reference(message, f"{{{ns}}}CorrelationUid"),
        serial=serial if len(serial) <= LONGEST_SERIAL else "",
    )


def _reference(message: etree._Element, tag: str) -> str:
    """The CorrelationUid; half of one is another's, so a long one is unreadable."""
    reference = text_of(required_child(message, tag), longest=LONGEST_REFERENCE + 1)
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        raise Unreadable("The CorrelationUid is empty or too long.")
    return reference


def _fault(fault: etree._Element, profile: PollProfile) -> PollFault:
    """faultcode and its companions have no namespace in SOAP 1.1."""
    ns = profile.namespaces.common
    code = message = ""
    detail = only_child(fault, "detail")
    if detail is not None:
        for name in ("FunctionalFault", "TechnicalFault"):
            said = only_child(detail, f"{{{ns}}}{name}")
            if said is not None:
                code = text_of(only_child(said, f"{{{ns}}}Code"), longest=32)
                message = text_of(only_child(said, f"{{{ns}}}Message"), longest=60)
    name = text_of(only_child(fault, "faultcode")).rpartition(":")[2]
    return PollFault(
        message=message,
        code=code,
        text=text_of(only_child(fault, "faultstring")),
        is_ours=name.partition(".")[0] == "Client",
    )


def _soap_content(body: bytes, profile: PollProfile) -> etree._Element:
    soap = profile.namespaces.soap
    envelope = parse(body, limit=profile.max_message_bytes)
    if envelope.tag != f"{{{soap}}}Envelope":
        raise Unreadable("The message is not a SOAP envelope.")
    content = list(required_child(envelope, f"{{{soap}}}Body"))
    if len(content) != 1:
        raise Unreadable("The SOAP body does not hold exactly one message.")
    return content[0]


def _message(profile: PollProfile, root: str) -> tuple[etree._Element, etree._Element]:
    """An envelope that says who asks, and the empty message `root` in it."""
    ns = profile.namespaces
    prefixes = {"soap": ns.soap, "c": ns.configuration, "o": ns.common}
    envelope = etree.Element(f"{{{ns.soap}}}Envelope", nsmap=prefixes)
    header = _child(envelope, ns.soap, "Header")
    _child(header, ns.common, "OrganisationIdentification", profile.organisation)
    _child(header, ns.common, "ApplicationName", profile.application)
    _child(header, ns.common, "UserName", profile.user)
    return envelope, _child(_child(envelope, ns.soap, "Body"), ns.configuration, root)


def _child(
    parent: etree._Element, namespace: str, name: str, text: str | None = None
) -> etree._Element:
    child = etree.SubElement(parent, f"{{{namespace}}}{name}")
    child.text = text
    return child


def _written(envelope: etree._Element) -> bytes:
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)
