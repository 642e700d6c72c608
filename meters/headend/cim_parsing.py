"""Reading what a CIM head-end says into plain values. What it means is cim_results.

The namespaces are exactly the profile's. A message that is not the one expected
raises Unreadable; one odd event among many does not take the others with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lxml import etree

from meters.headend.hostile_xml import (
    Unreadable,
    children,
    only_child,
    parse,
    printable,
    required_child,
    text_of,
    time_of,
    uuid_of,
)
from meters.headend.profile import CimProfile

LONGEST_CODE = 32
LONGEST_SERIAL = 20


@dataclass(frozen=True, kw_only=True)
class ReplyError:
    """One Error of a Reply. `meter` is empty where it concerns the whole message."""

    code: str
    reason: str
    meter: str


@dataclass(frozen=True, kw_only=True)
class MeterEvent:
    """One EndDeviceEvent; what could not be read is empty."""

    serial: str
    type_ref: str
    at: datetime | None
    details: Mapping[str, str]
    reason: str


@dataclass(frozen=True, kw_only=True)
class SoapFault:
    """A SOAP fault, and the errors of the FaultMessage in its detail."""

    code: str
    text: str
    errors: tuple[ReplyError, ...]


@dataclass(frozen=True, kw_only=True)
class ResponseMessage:
    """An answer in the response: an acknowledgement, or meters that were read."""

    correlation_id: UUID | None
    result: str
    errors: tuple[ReplyError, ...]
    reference: str
    events: tuple[MeterEvent, ...]


@dataclass(frozen=True, kw_only=True)
class EventsMessage:
    """CreatedEndDeviceEvents: what meters did, one event each."""

    message_id: UUID | None
    correlation_id: UUID | None
    events: tuple[MeterEvent, ...]


def read_acknowledgement(
    body: bytes, *, profile: CimProfile
) -> ResponseMessage | SoapFault:
    """The immediate answer to a control.

    :raises Unreadable: it is neither EndDeviceControlsResponseMessage nor a fault.
    """
    return _read_response(
        body, profile, profile.namespaces.controls_message, "EndDeviceControls"
    )


def read_read_back(body: bytes, *, profile: CimProfile) -> ResponseMessage | SoapFault:
    """The answer to a read-back.

    :raises Unreadable: it is neither EndDeviceEventsResponseMessage nor a fault.
    """
    return _read_response(
        body, profile, profile.namespaces.events_message, "EndDeviceEvents"
    )


def read_events(body: bytes, *, profile: CimProfile) -> EventsMessage:
    """A callback's message.

    :raises Unreadable: it is not CreatedEndDeviceEvents.
    """
    ns = profile.namespaces
    message = _soap_content(body, profile)
    if message.tag != f"{{{ns.events_message}}}CreatedEndDeviceEvents":
        raise Unreadable("The message is not CreatedEndDeviceEvents.")
    header = required_child(message, f"{{{ns.events_message}}}Header")
    return EventsMessage(
        message_id=uuid_of(only_child(header, f"{{{ns.header}}}MessageID")),
        correlation_id=uuid_of(only_child(header, f"{{{ns.header}}}CorrelationID")),
        events=_events_in(message, profile),
    )


def _read_response(
    body: bytes, profile: CimProfile, namespace: str, noun: str
) -> ResponseMessage | SoapFault:
    ns = profile.namespaces
    message = _soap_content(body, profile)
    if message.tag == f"{{{ns.soap}}}Fault":
        return _soap_fault(message, profile)
    if message.tag != f"{{{namespace}}}{noun}ResponseMessage":
        raise Unreadable(f"The answer is not {noun}ResponseMessage.")
    header = required_child(message, f"{{{namespace}}}Header")
    reply = required_child(message, f"{{{namespace}}}Reply")
    return ResponseMessage(
        correlation_id=uuid_of(only_child(header, f"{{{ns.header}}}CorrelationID")),
        result=text_of(required_child(reply, f"{{{ns.header}}}Result")),
        errors=_errors_in(reply, profile),
        reference=_reference_in(reply, profile),
        events=_events_in(message, profile),
    )


def _soap_content(body: bytes, profile: CimProfile) -> etree._Element:
    """The one element in the envelope's body."""
    soap = profile.namespaces.soap
    envelope = parse(body, limit=profile.max_message_bytes)
    if envelope.tag != f"{{{soap}}}Envelope":
        raise Unreadable("The message is not a SOAP envelope.")
    content = list(required_child(envelope, f"{{{soap}}}Body"))
    if len(content) != 1:
        raise Unreadable("The SOAP body does not hold exactly one message.")
    return content[0]


def _soap_fault(fault: etree._Element, profile: CimProfile) -> SoapFault:
    """faultcode and its companions have no namespace in SOAP 1.1."""
    namespace = profile.namespaces.controls_message
    errors: tuple[ReplyError, ...] = ()
    detail = only_child(fault, "detail")
    if detail is not None:
        message = only_child(detail, f"{{{namespace}}}EndDeviceControlsFaultMessage")
        if message is not None:
            reply = required_child(message, f"{{{namespace}}}Reply")
            errors = _errors_in(reply, profile)
    return SoapFault(
        code=text_of(only_child(fault, "faultcode")).rpartition(":")[2],
        text=text_of(only_child(fault, "faultstring")),
        errors=errors,
    )


def _errors_in(reply: etree._Element, profile: CimProfile) -> tuple[ReplyError, ...]:
    namespace = profile.namespaces.header
    return tuple(
        ReplyError(
            code=text_of(
                only_child(error, f"{{{namespace}}}code"), longest=LONGEST_CODE
            ),
            reason=text_of(only_child(error, f"{{{namespace}}}reason")),
            meter=text_of(only_child(error, f"{{{namespace}}}ID")),
        )
        for error in children(reply, f"{{{namespace}}}Error")
    )


def _reference_in(reply: etree._Element, profile: CimProfile) -> str:
    """The head-end's own reference: the first ID that says transaction."""
    for found in children(reply, f"{{{profile.namespaces.header}}}ID"):
        if found.get("kind") == "transaction":
            return text_of(found, longest=100)
    return ""


def _events_in(message: etree._Element, profile: CimProfile) -> tuple[MeterEvent, ...]:
    ns = profile.namespaces
    payload = only_child(message, f"{{{ns.events_message}}}Payload")
    if payload is None:
        return ()
    return tuple(
        _event(element, profile)
        for events in children(payload, f"{{{ns.events}}}EndDeviceEvents")
        for element in children(events, f"{{{ns.events}}}EndDeviceEvent")
    )


def _event(element: etree._Element, profile: CimProfile) -> MeterEvent:
    namespace = profile.namespaces.events
    kinds = list(children(element, f"{{{namespace}}}EndDeviceEventType"))
    times = list(children(element, f"{{{namespace}}}createdDateTime"))
    reasons = list(children(element, f"{{{namespace}}}reason"))
    return MeterEvent(
        serial=_meter_named_in(element, profile),
        type_ref=(
            printable(kinds[0].get("ref") or "", longest=LONGEST_CODE)
            if len(kinds) == 1
            else ""
        ),
        at=(time_of(times[0], naive=profile.naive_times) if len(times) == 1 else None),
        details=_details_in(element, namespace),
        reason=text_of(reasons[0]) if reasons else "",
    )


def _details_in(element: etree._Element, namespace: str) -> dict[str, str]:
    """Name to value; a name that is given two values has none."""
    found: dict[str, str] = {}
    for detail in children(element, f"{{{namespace}}}EndDeviceEventDetails"):
        names = [text_of(name) for name in children(detail, f"{{{namespace}}}name")]
        values = [text_of(value) for value in children(detail, f"{{{namespace}}}value")]
        if len(names) == len(values) == 1:
            known = found.setdefault(names[0], values[0])
            if known != values[0]:
                found[names[0]] = ""
    return found


def _meter_named_in(element: etree._Element, profile: CimProfile) -> str:
    """The serial of the one meter that the event is about, else empty.

    Where a meter has several names, the one of the profile's kind is its serial.
    """
    namespace = profile.namespaces.events
    named: list[tuple[str, str]] = []
    for asset in children(element, f"{{{namespace}}}Assets"):
        for names in children(asset, f"{{{namespace}}}Names"):
            kinds = [
                text_of(kind)
                for name_type in children(names, f"{{{namespace}}}NameType")
                for kind in children(name_type, f"{{{namespace}}}name")
            ]
            named += [
                (text_of(name), kinds[0] if kinds else "")
                for name in children(names, f"{{{namespace}}}name")
            ]
    of_kind = {name for name, kind in named if kind == profile.meter_name_type}
    serials = of_kind or {name for name, _ in named}
    serial = serials.pop() if len(serials) == 1 else ""
    return serial if len(serial) <= LONGEST_SERIAL else ""
