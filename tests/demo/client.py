"""A client of the head-end's, written from docs/head-end-wire.md and nothing else."""

import hashlib
import hmac
import http.client
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from tests.demo.waiting import PATIENCE

NS = {
    "soap": "http://schemas.xmlsoap.org/soap/envelope/",
    "h": "http://iec.ch/TC57/2011/schema/message",
    "cm": "http://iec.ch/TC57/2011/EndDeviceControlsMessage",
    "c": "http://iec.ch/TC57/2011/EndDeviceControls#",
    "em": "http://iec.ch/TC57/2011/EndDeviceEventsMessage",
    "e": "http://iec.ch/TC57/2011/EndDeviceEvents#",
}
SECRETS = {
    "aidon": "secret of aidon",
    "kaifa": "secret of kaifa",
    "landisgyr": "secret of landisgyr",
}
_CODES = {"open": "3.23.0.26", "closed": "3.23.0.22", "restart": "3.23.0.214"}
_NAMESPACES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())


def new_id() -> str:
    """A fresh UUID."""
    return str(uuid.uuid4())


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of X-HES-Signature."""
    message = timestamp.encode() + b"." + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def signed(head_end: str, body: bytes, *, age: int = 0) -> dict[str, str]:
    """Headers of a request that was signed `age` seconds ago."""
    timestamp = str(int(time.time()) - age)
    return {
        "Content-Type": "text/xml; charset=utf-8",
        "X-HES-Timestamp": timestamp,
        "X-HES-Signature": signature(SECRETS[head_end], timestamp, body),
    }


@dataclass(frozen=True, kw_only=True)
class Command:
    """One CreateEndDeviceControls."""

    serials: tuple[str, ...]
    state: str = "open"
    reply_to: str = "http://127.0.0.1:9/"
    message_id: str = field(default_factory=new_id)
    correlation_id: str = field(default_factory=new_id)

    def xml(self) -> bytes:
        """The SOAP message."""
        controls = "".join(
            f"""<c:EndDeviceControl><c:mRID>{new_id()}</c:mRID>
            <c:issuerID>tests</c:issuerID>
            <c:issuerTrackingID>HAN-1</c:issuerTrackingID>
            <c:reason>test</c:reason>
            <c:EndDeviceControlType ref="{_CODES[self.state]}"/>
            <c:EndDevices><c:Names><c:name>{serial}</c:name>
            <c:NameType><c:name>EndDevice</c:name></c:NameType></c:Names>
            </c:EndDevices></c:EndDeviceControl>"""
            for serial in self.serials
        )
        header = f"""<h:Verb>create</h:Verb><h:Noun>EndDeviceControls</h:Noun>
        <h:Timestamp>2026-03-02T08:15:00Z</h:Timestamp>
        <h:AsyncReplyFlag>true</h:AsyncReplyFlag>
        <h:ReplyAddress>{self.reply_to}</h:ReplyAddress>
        <h:MessageID>{self.message_id}</h:MessageID>
        <h:CorrelationID>{self.correlation_id}</h:CorrelationID>"""
        return f"""<soap:Envelope {_NAMESPACES}><soap:Body>
        <cm:CreateEndDeviceControls><cm:Header>{header}</cm:Header>
        <cm:Payload><c:EndDeviceControls>{controls}</c:EndDeviceControls></cm:Payload>
        </cm:CreateEndDeviceControls></soap:Body></soap:Envelope>""".encode()


def reading_request(*serials: str) -> bytes:
    """One GetEndDeviceEvents."""
    events = "".join(
        f"""<e:EndDeviceEvent><e:Assets><e:Names><e:name>{serial}</e:name>
        </e:Names></e:Assets></e:EndDeviceEvent>"""
        for serial in serials
    )
    return f"""<soap:Envelope {_NAMESPACES}><soap:Body><em:GetEndDeviceEvents>
    <em:Header><h:Verb>get</h:Verb><h:Noun>EndDeviceEvents</h:Noun>
    <h:Timestamp>2026-03-02T08:20:00Z</h:Timestamp>
    <h:MessageID>{new_id()}</h:MessageID><h:CorrelationID>{new_id()}</h:CorrelationID>
    </em:Header><em:Request><e:EndDeviceEvents>{events}</e:EndDeviceEvents>
    </em:Request></em:GetEndDeviceEvents></soap:Body></soap:Envelope>""".encode()


@dataclass(frozen=True)
class Response:
    """An HTTP response, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    def values(self, path: str) -> list[str]:
        """Texts at an XPath in the XML body."""
        return texts(self.body, path)

    def json(self) -> Any:
        """The JSON body."""
        return json.loads(self.body)


def texts(body: bytes, path: str) -> list[str]:
    """Texts or attribute values at an XPath."""
    found = select(etree.fromstring(body), path, namespaces=NS)
    return [it if isinstance(it, str) else it.text or "" for it in found]


def select(tree: etree._Element, path: str, **more: Any) -> list[Any]:
    """What an XPath that names nodes finds in a tree."""
    found: Any = tree.xpath(path, **more)
    return list(found)


@dataclass(frozen=True)
class Client:
    """Talks to the simulator on a port of loopback, one connection per request."""

    port: int

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """One request, one response."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            line.request(method, path, body=body, headers=headers or {})
            answer = line.getresponse()
            names = {name.lower(): text for name, text in answer.getheaders()}
            return Response(answer.status, names, answer.read())
        finally:
            line.close()

    def get(self, path: str) -> Any:
        """JSON from the admin interface."""
        return self.request("GET", path).json()

    def post(self, path: str, document: object) -> Response:
        """JSON to the admin interface."""
        headers = {"Content-Type": "application/json"}
        return self.request("POST", path, json.dumps(document).encode(), headers)

    def soap(self, body: bytes, *, head_end: str = "aidon") -> Response:
        """A signed SOAP message to a head-end."""
        return self.request("POST", f"/{head_end}/soap", body, signed(head_end, body))

    def command(self, command: Command, *, head_end: str = "aidon") -> Response:
        """Send a command to a head-end."""
        return self.soap(command.xml(), head_end=head_end)

    def set_fault(self, fault: str, serial: str, **more: object) -> Response:
        """Set a fault for one meter."""
        return self.post("/admin/faults", {"fault": fault, "key": serial, **more})

    def states(self, serial: str) -> list[str]:
        """What the meter's port was set to, oldest first, by the ledger."""
        effects = self.get(f"/admin/ledger?serial={serial}")
        return [effect["state"] for effect in effects]
