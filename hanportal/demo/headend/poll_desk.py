"""Where a head-end of the poll shape takes requests and gives out results.

A result lies there until it is asked for. Asked too early, or about what is lost, the
answer is the same.
"""

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from hanportal.demo.headend import wire
from hanportal.demo.headend.courier import Parcel
from hanportal.demo.headend.fleet import HeadEnd
from hanportal.demo.headend.plans import AnswerPlan, CommandPlan, ReadingPlan
from hanportal.demo.headend.reading import Unreadable, soap_body
from hanportal.demo.headend.world import Answer, Order, World

_SCHEMAS: Final = "http://www.opensmartgridplatform.org/schemas"
CONFIGURATION: Final = f"{_SCHEMAS}/smartmetering/sm-configuration/2014/10"
COMMON: Final = f"{_SCHEMAS}/common/2014/10"
NOTIFICATION: Final = f"{_SCHEMAS}/smartmetering/sm-notification/2014/10"

_NSMAP = {"soap": wire.SOAP, "c": CONFIGURATION, "o": COMMON, "n": NOTIFICATION}
_REFUSALS = {
    "2.4": ("UNKNOWN_DEVICE", "201"),
    "2.12": ("UNSUPPORTED_DEVICE_ACTION", "207"),
}
_WISHES = {"ON": "open", "OFF": "closed"}


@dataclass(kw_only=True)
class PollDesk:
    """All head-ends of the poll shape."""

    world: World
    _results: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Result and its description by CorrelationUid, once there is one."""

    async def take(self, head_end: HeadEnd, body: bytes) -> Answer:
        """Answer one request.

        :raises Unreadable: not SOAP, or not one of the two operations.
        """
        content = list(soap_body(body))
        if len(content) != 1:
            raise Unreadable("1.1", f"Expected one operation, found {len(content)}")
        name = etree.QName(content[0])
        if name.namespace != CONFIGURATION:
            raise Unreadable("2.5", f"{name.localname} is not known here")
        serial = _text(content[0], "DeviceIdentification")
        if name.localname == "SetAdministrativeStatusRequest":
            return await self._set(head_end, serial, _text(content[0], "Enabled"))
        if name.localname == "SetAdministrativeStatusAsyncRequest":
            return self._poll(head_end, serial, _text(content[0], "CorrelationUid"))
        raise Unreadable("2.9", f"{name.localname} is not supported")

    async def _set(self, head_end: HeadEnd, serial: str, word: str) -> Answer:
        if word not in _WISHES:
            raise Unreadable("1.2", f"Enabled is {word!r}")
        plan = self.world.plan(head_end, serial, wish=_WISHES[word])
        if plan.refusal:
            message, code = _REFUSALS.get(plan.refusal, (plan.refusal, plan.refusal))
            return _fault(message, code, plan.answer)
        uid = f"{head_end.code}|||{uuid.uuid4().hex}"
        if plan.is_queued and not plan.is_forgotten:
            task = self.world.queue(head_end, self._carry_out(head_end, plan, uid))
            if plan.before_answer:
                await asyncio.wait({task}, timeout=10)
        root, message_element = _soap("SetAdministrativeStatusAsyncResponse")
        _add(message_element, "CorrelationUid", uid)
        _add(message_element, "DeviceIdentification", serial)
        return Answer(_bytes(root), plan.answer)

    def _poll(self, head_end: HeadEnd, serial: str, uid: str) -> Answer:
        plan = ReadingPlan(serial=serial)
        struck = self.world.switchboard.strike_read(head_end.code, plan)
        found = None if plan.is_missing or plan.error else self._results.get(uid)
        said = found[0] if found else "nothing"
        self.world.note(head_end, serial, f"poll ⇒ {said}", struck)
        if found is None:
            return _fault("UNKNOWN_CORRELATION_UID", "405", plan.answer)
        root, message = _soap("SetAdministrativeStatusResponse")
        _add(message, "Result", found[0])
        if found[1]:
            _add(message, "Description", found[1])
        return Answer(_bytes(root), plan.answer)

    async def _carry_out(self, head_end: HeadEnd, plan: CommandPlan, uid: str) -> None:
        order = Order(correlation_id=uid)
        await self.world.carry_out(head_end, [plan], order)
        if plan.copies < 1 or plan.event_ref == wire.EVENT_IN_PROGRESS:
            return
        code = plan.failure
        if plan.expires_first or plan.event_ref == wire.EVENT_EXPIRED:
            code = "4.1"
        self._results[uid] = (
            ("NOT_OK", wire.REASONS.get(code, code))
            if code
            else (
                "OK",
                "",
            )
        )
        await self._ring(head_end, plan, uid)
        if plan.expires_first:
            await self.world.carry_out_late(head_end, plan, order)

    async def _ring(self, head_end: HeadEnd, plan: CommandPlan, uid: str) -> None:
        """Tell that something can be asked for, where somebody wants to hear it."""
        if not head_end.callback:
            return
        root = etree.Element(f"{{{wire.SOAP}}}Envelope", nsmap=_NSMAP)
        body = etree.SubElement(root, f"{{{wire.SOAP}}}Body")
        bell = etree.SubElement(body, f"{{{NOTIFICATION}}}SendNotificationRequest")
        for name, text in (
            ("DeviceIdentification", plan.serial),
            ("Result", self._results[uid][0]),
            ("CorrelationUid", uid),
        ):
            etree.SubElement(bell, f"{{{NOTIFICATION}}}{name}").text = text
        parcel = Parcel(
            head_end=head_end.code,
            serial=plan.serial,
            address=head_end.callback,
            body=_bytes(root),
            what="notification",
        )
        for _ in range(plan.forgeries):
            await self.world.courier.attempt_forgery(parcel)
        for _ in range(plan.copies):
            await self.world.courier.deliver(parcel)


def _fault(message: str, code: str, plan: AnswerPlan) -> Answer:
    root = etree.Element(f"{{{wire.SOAP}}}Envelope", nsmap=_NSMAP)
    body = etree.SubElement(root, f"{{{wire.SOAP}}}Body")
    fault = etree.SubElement(body, f"{{{wire.SOAP}}}Fault")
    etree.SubElement(fault, "faultcode").text = "soap:Server"
    etree.SubElement(fault, "faultstring").text = message
    detail = etree.SubElement(fault, "detail")
    functional = etree.SubElement(detail, f"{{{COMMON}}}FunctionalFault")
    etree.SubElement(functional, f"{{{COMMON}}}Code").text = code
    etree.SubElement(functional, f"{{{COMMON}}}Message").text = message
    if plan.status == AnswerPlan().status:
        plan.status = 500
    return Answer(_bytes(root), plan)


def _soap(name: str) -> tuple[etree._Element, etree._Element]:
    root = etree.Element(f"{{{wire.SOAP}}}Envelope", nsmap=_NSMAP)
    body = etree.SubElement(root, f"{{{wire.SOAP}}}Body")
    return root, etree.SubElement(body, f"{{{CONFIGURATION}}}{name}")


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{CONFIGURATION}}}{name}").text = text


def _text(parent: etree._Element, name: str) -> str:
    value = (parent.findtext(f"{{{CONFIGURATION}}}{name}") or "").strip()
    if not value:
        raise Unreadable("1.4", f"{name} is missing")
    return value


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
