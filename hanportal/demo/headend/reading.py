"""Reading what the portal sends: hostile until proven otherwise."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, cast

from lxml import etree

from hanportal.demo.headend import wire

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_WISHES: dict[str, "Wish"] = {
    wire.CONTROL_OPEN: "open",
    wire.CONTROL_CLOSE: "closed",
    wire.CONTROL_RESET: "restart",
}


class Unreadable(Exception):  # noqa: N818 -- reads as the sentence it is
    """The message does not follow the profile; `code` is the reply code for it."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


Wish = Literal["open", "closed", "restart"]


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What the header says."""

    edition: str
    """The year of the message."""
    message_id: str
    correlation_id: str
    reply_address: str
    """Empty where none is given."""
    wants_result: bool
    """The result is to be sent later; else it is awaited in the answer."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """Set one meter's port, or start it again."""

    serial: str
    wish: Wish
    tracking_id: str


@dataclass(frozen=True, kw_only=True)
class ControlRequest:
    """CreateEndDeviceControls."""

    envelope: Envelope
    controls: tuple[Control, ...]


@dataclass(frozen=True, kw_only=True)
class ReadRequest:
    """GetEndDeviceEvents: say what these meters' ports are."""

    envelope: Envelope
    serials: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CancelRequest:
    """CancelEndDeviceControls: drop what was queued under this reference."""

    envelope: Envelope
    reference: str


Request = ControlRequest | ReadRequest | CancelRequest


def read_message(body: bytes, *, edition: str) -> Request:
    """Understand one SOAP request of the edition that is spoken here.

    :raises Unreadable: not XML, not SOAP, or not one of the operations.
    """
    message = _only_child(soap_body(body), "operation")
    controls = wire.controls_message(edition)
    events = wire.events_message(edition)
    readers: dict[str, Callable[[etree._Element, str], Request]] = {
        f"{{{controls}}}CreateEndDeviceControls": _control_request,
        f"{{{controls}}}CancelEndDeviceControls": _cancel_request,
        f"{{{events}}}GetEndDeviceEvents": _read_request,
    }
    if read := readers.get(str(message.tag)):
        return read(message, edition)
    name = etree.QName(message)
    if name.namespace in {controls, events}:
        raise Unreadable("2.9", f"{name.localname} is not supported")
    raise Unreadable("2.5", f"{name.localname} is not known here")


def soap_body(body: bytes) -> etree._Element:
    """The body of an envelope, read as if a stranger had written it.

    :raises Unreadable: not XML, with a DOCTYPE, or not SOAP 1.1.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("1.1", f"Not well-formed: {error}") from error
    dtd = cast("etree.DTD | None", root.getroottree().docinfo.internalDTD)
    if dtd is not None:
        raise Unreadable("1.1", "A DOCTYPE is not allowed")
    if root.tag != f"{{{wire.SOAP}}}Envelope":
        raise Unreadable("1.1", "Not a SOAP 1.1 envelope")
    soap_body = root.find(f"{{{wire.SOAP}}}Body")
    if soap_body is None:
        raise Unreadable("1.1", "The envelope has no Body")
    return soap_body


def _control_request(message: etree._Element, edition: str) -> ControlRequest:
    envelope = _envelope(message, edition, "create", "EndDeviceControls")
    path = (
        f"{{{wire.controls_message(edition)}}}Payload/{{{wire.CONTROLS}}}EndDeviceControls"
        f"/{{{wire.CONTROLS}}}EndDeviceControl"
    )
    controls = tuple(
        control for element in message.iterfind(path) for control in _controls(element)
    )
    if not controls:
        raise Unreadable("1.4", "EndDeviceControl is missing")
    return ControlRequest(envelope=envelope, controls=controls)


def _controls(element: etree._Element) -> Iterator[Control]:
    kind = element.find(f"{{{wire.CONTROLS}}}EndDeviceControlType")
    if kind is None:
        raise Unreadable("1.4", "EndDeviceControlType is missing")
    wish = _WISHES.get(kind.get("ref") or "")
    if wish is None:
        raise Unreadable("1.2", f"EndDeviceControlType {kind.get('ref')!r} is invalid")
    names = f"{{{wire.CONTROLS}}}EndDevices/{{{wire.CONTROLS}}}Names"
    serials = [_text(entry, wire.CONTROLS, "name") for entry in element.iterfind(names)]
    if not serials:
        raise Unreadable("1.4", "EndDevices/Names is missing")
    tracking_id = element.findtext(f"{{{wire.CONTROLS}}}issuerTrackingID") or ""
    for serial in serials:
        yield Control(serial=serial, wish=wish, tracking_id=tracking_id)


def _cancel_request(message: etree._Element, edition: str) -> CancelRequest:
    envelope = _envelope(message, edition, "cancel", "EndDeviceControls")
    namespace = wire.controls_message(edition)
    named = [
        (entry.text or "").strip()
        for entry in message.iterfind(f"{{{namespace}}}Request/{{{namespace}}}ID")
        if entry.get("kind") == "transaction"
    ]
    if len(named) != 1 or not named[0]:
        raise Unreadable("1.4", "Request/ID of a transaction is missing")
    return CancelRequest(envelope=envelope, reference=named[0])


def _read_request(message: etree._Element, edition: str) -> ReadRequest:
    envelope = _envelope(message, edition, "get", "EndDeviceEvents")
    request = message.find(f"{{{wire.events_message(edition)}}}Request")
    if request is None:
        raise Unreadable("1.4", "Request is missing")
    names = [
        _text(entry, wire.EVENTS, "name")
        for entry in request.iter(f"{{{wire.EVENTS}}}Names")
    ]
    ids = [entry.text or "" for entry in request.iterfind(f"{{{wire.COMMON}}}ID")]
    serials = tuple(dict.fromkeys(serial.strip() for serial in names + ids))
    if not serials or "" in serials:
        raise Unreadable("1.4", "The meter's name is missing")
    return ReadRequest(envelope=envelope, serials=serials)


def _envelope(message: etree._Element, edition: str, verb: str, noun: str) -> Envelope:
    header = message.find(f"{{{etree.QName(message).namespace}}}Header")
    if header is None:
        raise Unreadable("1.4", "Header is missing")
    _check_order(header)
    if _text(header, wire.COMMON, "Noun") != noun:
        raise Unreadable("2.5", f"Noun must be {noun}")
    if _text(header, wire.COMMON, "Verb") != verb:
        raise Unreadable("2.9", f"Verb must be {verb}")
    _text(header, wire.COMMON, "Timestamp")
    wants_result = header.findtext(f"{{{wire.COMMON}}}AsyncReplyFlag") in {"true", "1"}
    address = header.findtext(f"{{{wire.COMMON}}}ReplyAddress") or ""
    return Envelope(
        edition=edition,
        message_id=_uuid(header, "MessageID"),
        correlation_id=_uuid(header, "CorrelationID"),
        reply_address=address.strip() if wants_result else "",
        wants_result=wants_result,
    )


def _check_order(header: etree._Element) -> None:
    names = [etree.QName(child).localname for child in header]
    if unknown := [name for name in names if name not in wire.HEADER_ORDER]:
        raise Unreadable("1.2", f"{unknown[0]} does not belong in the Header")
    places = [wire.HEADER_ORDER.index(name) for name in names]
    if places != sorted(places):
        raise Unreadable("1.2", "The Header's elements are out of order")


def _uuid(header: etree._Element, name: str) -> str:
    value = _text(header, wire.COMMON, name)
    if not _UUID.fullmatch(value):
        raise Unreadable("1.2", f"{name} is not a UUID")
    return value


def _text(parent: etree._Element, namespace: str, name: str) -> str:
    value = (parent.findtext(f"{{{namespace}}}{name}") or "").strip()
    if not value:
        raise Unreadable("1.4", f"{name} is missing")
    return value


def _only_child(parent: etree._Element, what: str) -> etree._Element:
    children = list(parent)
    if len(children) != 1:
        raise Unreadable("1.1", f"Expected one {what}, found {len(children)}")
    return children[0]
