"""Writing the messages of a CIM profile (docs/head-end-wire.md shows each of them).

The order of the elements is that of the public schemas; what concerns controls is
valid under them. No message carries anything personal: the order's reference only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from lxml import etree

from meters.headend.base import PortCommand, PortReset
from meters.headend.profile import CimProfile


def control_message(
    command: PortCommand,
    *,
    profile: CimProfile,
    message_id: UUID,
    now: datetime,
    reply_address: str,
) -> bytes:
    """CreateEndDeviceControls: set one meter's port to the command's state.

    :raises ValueError: the serial or the reference can't be written in XML.
    """
    control = _Control(
        id=command.id,
        serial=command.serial,
        tracking_reference=command.tracking_reference,
        kind=profile.control_types[command.desired],
        reason=profile.reasons[command.desired],
    )
    return _create(control, profile, message_id, now, reply_address)


def reset_message(
    reset: PortReset,
    *,
    profile: CimProfile,
    message_id: UUID,
    now: datetime,
    reply_address: str,
) -> bytes:
    """CreateEndDeviceControls: start one meter's port again.

    :raises ValueError: the serial or the reference can't be written in XML.
    """
    control = _Control(
        id=reset.id,
        serial=reset.serial,
        tracking_reference=reset.tracking_reference,
        kind=profile.reset_type,
        reason=profile.reset_reason,
    )
    return _create(control, profile, message_id, now, reply_address)


def cancel_message(
    hes_reference: str, *, profile: CimProfile, message_id: UUID, now: datetime
) -> bytes:
    """CancelEndDeviceControls: drop the transaction that the head-end calls so.

    :raises ValueError: the reference can't be written in XML.
    """
    ns = profile.namespaces
    envelope, root = _message(
        profile,
        "CancelEndDeviceControls",
        of=ns.controls_message,
        about=ns.controls,
    )
    header = _child(root, ns.controls_message, "Header")
    _opening(header, profile, verb="cancel", noun="EndDeviceControls", now=now)
    _sender(header, profile, {"AsyncReplyFlag": "false", "AckRequired": "false"})
    _ids(header, ns.header, message_id, message_id)
    request = _child(root, ns.controls_message, "Request")
    # Request/ID belongs to the message's own namespace in the public schema.
    named = _child(request, ns.controls_message, "ID", hes_reference)
    named.set("kind", "transaction")
    # The schema wants the noun there, also where the ID says it all.
    _child(request, ns.controls, "EndDeviceControls")
    return _written(envelope)


def read_back_message(
    serial: str, *, profile: CimProfile, message_id: UUID, now: datetime
) -> bytes:
    """GetEndDeviceEvents: ask for the present state of one meter's port.

    A read-back belongs to no command, so its CorrelationID is its own MessageID.

    :raises ValueError: the serial can't be written in XML.
    """
    ns = profile.namespaces
    envelope, root = _message(
        profile, "GetEndDeviceEvents", of=ns.events_message, about=ns.events
    )
    header = _child(root, ns.events_message, "Header")
    _opening(header, profile, verb="get", noun="EndDeviceEvents", now=now)
    _sender(header, profile, {"AsyncReplyFlag": "false", "AckRequired": "false"})
    _ids(header, ns.header, message_id, message_id)
    request = _child(root, ns.events_message, "Request")
    events = _child(request, ns.events, "EndDeviceEvents")
    asset = _child(_child(events, ns.events, "EndDeviceEvent"), ns.events, "Assets")
    _meter_name(asset, ns.events, serial, profile)
    return _written(envelope)


def acknowledgement_message(
    *, profile: CimProfile, message_id: UUID, correlation_id: UUID, now: datetime
) -> bytes:
    """EndDeviceEventsResponseMessage: a callback has been received."""
    ns = profile.namespaces
    envelope, root = _message(
        profile,
        "EndDeviceEventsResponseMessage",
        of=ns.events_message,
        about=ns.events,
    )
    header = _child(root, ns.events_message, "Header")
    _opening(header, profile, verb="reply", noun="EndDeviceEvents", now=now)
    _ids(header, ns.header, message_id, correlation_id)
    reply = _child(root, ns.events_message, "Reply")
    _child(reply, ns.header, "Result", "OK")
    return _written(envelope)


def _message(
    profile: CimProfile, root: str, *, of: str, about: str
) -> tuple[etree._Element, etree._Element]:
    """An envelope and the empty message `root` in it, with prefixes for both."""
    ns = profile.namespaces
    prefixes = {"soap": ns.soap, "m": of, "h": ns.header, "c": about}
    envelope = etree.Element(f"{{{ns.soap}}}Envelope", nsmap=prefixes)
    return envelope, _child(_child(envelope, ns.soap, "Body"), of, root)


def _opening(
    header: etree._Element, profile: CimProfile, *, verb: str, noun: str, now: datetime
) -> None:
    """Verb to Source. Only a request has a Context."""
    namespace = profile.namespaces.header
    _child(header, namespace, "Verb", verb)
    _child(header, namespace, "Noun", noun)
    _child(header, namespace, "Revision", profile.revision)
    if verb != "reply":
        _child(header, namespace, "Context", profile.context)
    _child(header, namespace, "Timestamp", _time(now))
    _child(header, namespace, "Source", profile.source)


def _sender(
    header: etree._Element, profile: CimProfile, replies: Mapping[str, str]
) -> None:
    """How to answer a request, and who asks."""
    namespace = profile.namespaces.header
    for name, value in replies.items():
        _child(header, namespace, name, value)
    user = _child(header, namespace, "User")
    _child(user, namespace, "UserID", profile.user_id)


def _ids(
    header: etree._Element, namespace: str, message_id: UUID, correlation_id: UUID
) -> None:
    _child(header, namespace, "MessageID", str(message_id))
    _child(header, namespace, "CorrelationID", str(correlation_id))


@dataclass(frozen=True, kw_only=True)
class _Control:
    """One EndDeviceControl about one meter."""

    id: UUID
    serial: str
    tracking_reference: str
    kind: str
    reason: str


def _create(
    wanted: _Control,
    profile: CimProfile,
    message_id: UUID,
    now: datetime,
    reply_address: str,
) -> bytes:
    ns = profile.namespaces
    envelope, root = _message(
        profile,
        "CreateEndDeviceControls",
        of=ns.controls_message,
        about=ns.controls,
    )
    header = _child(root, ns.controls_message, "Header")
    _opening(header, profile, verb="create", noun="EndDeviceControls", now=now)
    _sender(header, profile, _replies(profile, reply_address))
    _ids(header, ns.header, message_id, wanted.id)
    if profile.maximum_execution is not None:
        limit = _child(header, ns.header, "Property")
        _child(limit, ns.header, "Name", "MaximumExecutionTime")
        seconds = int(profile.maximum_execution.total_seconds())
        _child(limit, ns.header, "Value", f"PT{seconds}S")
    payload = _child(root, ns.controls_message, "Payload")
    controls = _child(payload, ns.controls, "EndDeviceControls")
    _control(_child(controls, ns.controls, "EndDeviceControl"), wanted, profile, now)
    return _written(envelope)


def _replies(profile: CimProfile, reply_address: str) -> dict[str, str]:
    """Whether the result is sent later, and where to if that is not known there."""
    if not profile.asynchronous:
        return {"AsyncReplyFlag": "false", "AckRequired": "true"}
    address = {"ReplyAddress": reply_address} if profile.sends_reply_address else {}
    return {"AsyncReplyFlag": "true", **address, "AckRequired": "true"}


def _control(
    control: etree._Element, wanted: _Control, profile: CimProfile, now: datetime
) -> None:
    namespace = profile.namespaces.controls
    _child(control, namespace, "mRID", str(wanted.id))
    _child(control, namespace, "issuerID", profile.source)
    _child(control, namespace, "issuerTrackingID", wanted.tracking_reference)
    _child(control, namespace, "reason", wanted.reason)
    kind = _child(control, namespace, "EndDeviceControlType")
    kind.set("ref", wanted.kind)
    device = _child(control, namespace, "EndDevices")
    _meter_name(device, namespace, wanted.serial, profile)
    timing = _child(control, namespace, "primaryDeviceTiming")
    _child(timing, namespace, "randomisation", "none")
    interval = _child(timing, namespace, "interval")
    _child(interval, namespace, "start", _time(now))


def _meter_name(
    device: etree._Element, namespace: str, serial: str, profile: CimProfile
) -> None:
    names = _child(device, namespace, "Names")
    _child(names, namespace, "name", serial)
    kind = _child(names, namespace, "NameType")
    _child(kind, namespace, "name", profile.meter_name_type)


def _child(
    parent: etree._Element, namespace: str, name: str, text: str | None = None
) -> etree._Element:
    child = etree.SubElement(parent, f"{{{namespace}}}{name}")
    child.text = text
    return child


def _time(moment: datetime) -> str:
    """xs:dateTime in UTC, to the millisecond."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _written(envelope: etree._Element) -> bytes:
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)
