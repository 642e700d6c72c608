"""Writing what a head-end says: answers, faults and events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from hanportal.demo.headend import wire

_NSMAP = {"soap": wire.SOAP, "h": wire.COMMON, "e": wire.EVENTS}


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What the header of a message from here says."""

    message_id: str
    correlation_id: str
    source: str
    at: datetime
    edition: str = wire.EDITIONS[0]


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One Error element; despite its name it may say that all is well."""

    code: str
    serial: str = ""
    """The meter that it is about; empty for the whole message."""

    @property
    def level(self) -> str:
        """INFORM for the codes that refuse nothing."""
        return "INFORM" if self.code.startswith("0.") else "FATAL"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One EndDeviceEvent."""

    mrid: str
    serial: str
    type_ref: str
    at: datetime
    issuer: str
    tracking_id: str = ""
    reason: str = ""
    status: str = ""
    error_code: str = ""
    with_zone: bool = True


def acknowledgement(
    heading: Heading, *, result: str, remarks: Sequence[Remark], reference: str
) -> bytes:
    """EndDeviceControlsResponseMessage: what became of a request at once."""
    namespace = wire.controls_message(heading.edition)
    root, message = _soap(namespace, "EndDeviceControlsResponseMessage")
    _header(message, heading, verb="reply", noun="EndDeviceControls")
    _reply(message, result=result, remarks=remarks, reference=reference)
    return _bytes(root)


def readings(
    heading: Heading, *, events: Sequence[Event], remarks: Sequence[Remark]
) -> bytes:
    """EndDeviceEventsResponseMessage: what meters were read to be."""
    namespace = wire.events_message(heading.edition)
    root, message = _soap(namespace, "EndDeviceEventsResponseMessage")
    _header(message, heading, verb="reply", noun="EndDeviceEvents")
    failed = "PARTIAL" if events else "FAILED"
    _reply(message, result=failed if remarks else "OK", remarks=remarks, reference="")
    if events:
        _payload(message, events)
    return _bytes(root)


def created_events(heading: Heading, events: Sequence[Event]) -> bytes:
    """CreatedEndDeviceEvents: the final result of a command."""
    namespace = wire.events_message(heading.edition)
    root, message = _soap(namespace, "CreatedEndDeviceEvents")
    _header(message, heading, verb="created", noun="EndDeviceEvents")
    _payload(message, events)
    return _bytes(root)


def soap_fault(code: str, reason: str, *, edition: str = wire.EDITIONS[0]) -> bytes:
    """A SOAP fault that carries an EndDeviceControlsFaultMessage."""
    namespace = wire.controls_message(edition)
    root = etree.Element(f"{{{wire.SOAP}}}Envelope", nsmap={**_NSMAP, "cm": namespace})
    body = etree.SubElement(root, f"{{{wire.SOAP}}}Body")
    fault = etree.SubElement(body, f"{{{wire.SOAP}}}Fault")
    etree.SubElement(fault, "faultcode").text = "soap:Client"
    reason = "".join(sign for sign in reason if sign.isprintable())
    etree.SubElement(fault, "faultstring").text = reason
    detail = etree.SubElement(fault, "detail")
    message = etree.SubElement(detail, f"{{{namespace}}}EndDeviceControlsFaultMessage")
    reply = etree.SubElement(message, f"{{{namespace}}}Reply")
    _add(reply, wire.COMMON, "Result", "FAILED")
    error = etree.SubElement(reply, f"{{{wire.COMMON}}}Error")
    _add(error, wire.COMMON, "code", code)
    _add(error, wire.COMMON, "level", "FATAL")
    _add(error, wire.COMMON, "reason", reason)
    return _bytes(root)


def _soap(namespace: str, name: str) -> tuple[etree._Element, etree._Element]:
    prefix = "cm" if name.startswith("EndDeviceControls") else "em"
    prefixes = {**_NSMAP, prefix: namespace}
    root = etree.Element(f"{{{wire.SOAP}}}Envelope", nsmap=prefixes)
    body = etree.SubElement(root, f"{{{wire.SOAP}}}Body")
    return root, etree.SubElement(body, f"{{{namespace}}}{name}")


def _header(message: etree._Element, heading: Heading, *, verb: str, noun: str) -> None:
    namespace = etree.QName(message).namespace
    header = etree.SubElement(message, f"{{{namespace}}}Header")
    _add(header, wire.COMMON, "Verb", verb)
    _add(header, wire.COMMON, "Noun", noun)
    _add(header, wire.COMMON, "Revision", "2.0")
    _add(header, wire.COMMON, "Timestamp", _time(heading.at))
    _add(header, wire.COMMON, "Source", heading.source)
    _add(header, wire.COMMON, "MessageID", heading.message_id)
    _add(header, wire.COMMON, "CorrelationID", heading.correlation_id)


def _reply(
    message: etree._Element, *, result: str, remarks: Sequence[Remark], reference: str
) -> None:
    namespace = etree.QName(message).namespace
    reply = etree.SubElement(message, f"{{{namespace}}}Reply")
    _add(reply, wire.COMMON, "Result", result)
    for remark in remarks:
        error = etree.SubElement(reply, f"{{{wire.COMMON}}}Error")
        _add(error, wire.COMMON, "code", remark.code)
        _add(error, wire.COMMON, "level", remark.level)
        if reason := wire.REASONS.get(remark.code):
            _add(error, wire.COMMON, "reason", reason)
        if remark.serial:
            about = _add(error, wire.COMMON, "ID", remark.serial)
            about.set("kind", "name")
            about.set("objectType", "EndDevice")
    if reference:
        _add(reply, wire.COMMON, "ID", reference).set("kind", "transaction")


def _payload(message: etree._Element, events: Sequence[Event]) -> None:
    namespace = etree.QName(message).namespace
    payload = etree.SubElement(message, f"{{{namespace}}}Payload")
    parent = etree.SubElement(payload, f"{{{wire.EVENTS}}}EndDeviceEvents")
    for event in events:
        _event(etree.SubElement(parent, f"{{{wire.EVENTS}}}EndDeviceEvent"), event)


def _event(element: etree._Element, event: Event) -> None:
    _add(element, wire.EVENTS, "mRID", event.mrid)
    moment = _time(event.at)
    _add(
        element,
        wire.EVENTS,
        "createdDateTime",
        moment if event.with_zone else moment.removesuffix("Z"),
    )
    _add(element, wire.EVENTS, "issuerID", event.issuer)
    if event.tracking_id:
        _add(element, wire.EVENTS, "issuerTrackingID", event.tracking_id)
    if event.reason:
        _add(element, wire.EVENTS, "reason", event.reason)
        severity = "FATAL" if event.error_code else "INFORM"
        _add(element, wire.EVENTS, "severity", severity)
    assets = etree.SubElement(element, f"{{{wire.EVENTS}}}Assets")
    names = etree.SubElement(assets, f"{{{wire.EVENTS}}}Names")
    _add(names, wire.EVENTS, "name", event.serial)
    kind = etree.SubElement(names, f"{{{wire.EVENTS}}}NameType")
    _add(kind, wire.EVENTS, "name", "EndDevice")
    _detail(element, wire.STATUS_DETAIL, event.status)
    _detail(element, wire.ERROR_DETAIL, event.error_code)
    event_type = etree.SubElement(element, f"{{{wire.EVENTS}}}EndDeviceEventType")
    event_type.set("ref", event.type_ref)


def _detail(element: etree._Element, name: str, value: str) -> None:
    if value:
        detail = etree.SubElement(element, f"{{{wire.EVENTS}}}EndDeviceEventDetails")
        _add(detail, wire.EVENTS, "name", name)
        _add(detail, wire.EVENTS, "value", value)


def _add(
    parent: etree._Element, namespace: str, name: str, text: str
) -> etree._Element:
    child = etree.SubElement(parent, f"{{{namespace}}}{name}")
    child.text = text
    return child


def _time(moment: datetime) -> str:
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
