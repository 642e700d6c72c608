"""What a head-end says, written by hand after docs/head-end-wire.md."""

from uuid import UUID

ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:cm="http://iec.ch/TC57/2011/EndDeviceControlsMessage"
    xmlns:em="http://iec.ch/TC57/2011/EndDeviceEventsMessage"
    xmlns:h="http://iec.ch/TC57/2011/schema/message"
    xmlns:e="http://iec.ch/TC57/2011/EndDeviceEvents#">
  <soap:Body>{content}</soap:Body>
</soap:Envelope>"""

MESSAGE_ID = "6f1d2a34-08f1-4a86-9a51-2f6b7a5ce001"
MORNING = "2026-03-02T08:15:09.300Z"


def envelope(content: str) -> bytes:
    """Whatever stands in the body of an envelope."""
    return ENVELOPE.format(content=content).encode()


def of_2017(body: bytes) -> bytes:
    """The same message in the later edition."""
    return body.replace(
        b"/2011/EndDeviceControlsM", b"/2017/EndDeviceControlsM"
    ).replace(b"/2011/EndDeviceEventsM", b"/2017/EndDeviceEventsM")


def header(prefix: str, verb: str, noun: str, correlation_id: UUID | str | None) -> str:
    """The Header of an answer or a callback."""
    correlation = (
        f"<h:CorrelationID>{correlation_id}</h:CorrelationID>"
        if correlation_id is not None
        else ""
    )
    return (
        f"<{prefix}:Header><h:Verb>{verb}</h:Verb><h:Noun>{noun}</h:Noun>"
        "<h:Revision>2.0</h:Revision>"
        "<h:Timestamp>2026-03-02T08:15:00.180Z</h:Timestamp><h:Source>aidon</h:Source>"
        f"<h:MessageID>{MESSAGE_ID}</h:MessageID>{correlation}</{prefix}:Header>"
    )


def error(code: str, *, meter: str = "", reason: str = "") -> str:
    """One Error of a Reply."""
    about = f'<h:ID kind="name">{meter}</h:ID>' if meter else ""
    return (
        f"<h:Error><h:code>{code}</h:code><h:reason>{reason}</h:reason>{about}"
        "</h:Error>"
    )


def acknowledgement(
    correlation_id: UUID | str | None,
    *,
    result: str = "OK",
    errors: str = "",
    reference: str = "",
) -> bytes:
    """EndDeviceControlsResponseMessage."""
    transaction = f'<h:ID kind="transaction">{reference}</h:ID>' if reference else ""
    return envelope(
        "<cm:EndDeviceControlsResponseMessage>"
        + header("cm", "reply", "EndDeviceControls", correlation_id)
        + f"<cm:Reply><h:Result>{result}</h:Result>{errors}{transaction}</cm:Reply>"
        "</cm:EndDeviceControlsResponseMessage>"
    )


def soap_fault(*, name: str = "soap:Server", errors: str = "") -> bytes:
    """A SOAP fault, with a FaultMessage in it where there are errors."""
    detail = (
        "<detail><cm:EndDeviceControlsFaultMessage><cm:Reply>"
        f"<h:Result>FAILED</h:Result>{errors}"
        "</cm:Reply></cm:EndDeviceControlsFaultMessage></detail>"
        if errors
        else ""
    )
    return envelope(
        f"<soap:Fault><faultcode>{name}</faultcode>"
        f"<faultstring>It broke</faultstring>{detail}</soap:Fault>"
    )


def event(
    serial: str,
    ref: str,
    *,
    at: str | None = MORNING,
    status: str | None = None,
    code: str | None = None,
) -> str:
    """One EndDeviceEvent."""
    created = f"<e:createdDateTime>{at}</e:createdDateTime>" if at is not None else ""
    return (
        "<e:EndDeviceEvent><e:mRID>b2a0f6c1-6d4e-4e0b-9e57-5d3fd2b1a003</e:mRID>"
        f"{created}<e:reason>As told</e:reason><e:Assets><e:Names>"
        f"<e:name>{serial}</e:name><e:NameType><e:name>EndDevice</e:name></e:NameType>"
        f"</e:Names></e:Assets>{_detail('hanPortStatus', status)}"
        f'{_detail("errorCode", code)}<e:EndDeviceEventType ref="{ref}"/>'
        "</e:EndDeviceEvent>"
    )


def callback(correlation_id: UUID | str | None, *events: str) -> bytes:
    """CreatedEndDeviceEvents."""
    return envelope(
        "<em:CreatedEndDeviceEvents>"
        + header("em", "created", "EndDeviceEvents", correlation_id)
        + _payload(events)
        + "</em:CreatedEndDeviceEvents>"
    )


def read_back(
    correlation_id: UUID | str | None,
    *events: str,
    result: str = "OK",
    errors: str = "",
) -> bytes:
    """EndDeviceEventsResponseMessage as the answer to a read-back."""
    return envelope(
        "<em:EndDeviceEventsResponseMessage>"
        + header("em", "reply", "EndDeviceEvents", correlation_id)
        + f"<em:Reply><h:Result>{result}</h:Result>{errors}</em:Reply>"
        + _payload(events)
        + "</em:EndDeviceEventsResponseMessage>"
    )


def _payload(events: tuple[str, ...]) -> str:
    inside = "".join(events)
    return (
        f"<em:Payload><e:EndDeviceEvents>{inside}</e:EndDeviceEvents></em:Payload>"
        if events
        else ""
    )


def _detail(name: str, value: str | None) -> str:
    if value is None:
        return ""
    return (
        f"<e:EndDeviceEventDetails><e:name>{name}</e:name><e:value>{value}</e:value>"
        "</e:EndDeviceEventDetails>"
    )
