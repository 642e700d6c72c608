"""Where CIM messages are taken: controls, cancellations and readings."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from hanportal.demo.headend import wire, writing
from hanportal.demo.headend.courier import Parcel
from hanportal.demo.headend.fleet import HeadEnd
from hanportal.demo.headend.plans import CancelPlan, CommandPlan, ReadingPlan
from hanportal.demo.headend.reading import (
    CancelRequest,
    ControlRequest,
    Envelope,
    ReadRequest,
    Request,
)
from hanportal.demo.headend.world import Answer, Order, World, chosen
from hanportal.demo.headend.writing import Event, Heading, Remark

_PATIENCE = 10.0
_REPLIES = {wire.EVENT_EXPIRED: "4.1", wire.EVENT_IN_PROGRESS: "6.2"}
"""What is said at once instead of these results, where the answer is the result."""


@dataclass(kw_only=True)
class CimDesk:
    """Queues, answers, and sends the results."""

    world: World
    _transactions: dict[str, list[asyncio.Task[None]]] = field(default_factory=dict)
    _serials: dict[str, str] = field(default_factory=dict)
    """A meter of each transaction, by its reference."""

    async def take(self, head_end: HeadEnd, request: Request) -> Answer:
        """Answer one request."""
        if isinstance(request, ControlRequest):
            return await self._take_controls(head_end, request)
        if isinstance(request, CancelRequest):
            return self._cancel(head_end, request)
        return self._take_reading(head_end, request)

    async def _take_controls(
        self, head_end: HeadEnd, request: ControlRequest
    ) -> Answer:
        """Queue or refuse each control, and acknowledge; or do it and tell."""
        plans = [
            self.world.plan(
                head_end,
                control.serial,
                wish=control.wish,
                tracking_id=control.tracking_id,
            )
            for control in request.controls
        ]
        queued = [plan for plan in plans if plan.is_queued and not plan.refusal]
        live = [plan for plan in queued if not plan.is_forgotten]
        if head_end.protocol == "cim-synchronous":
            for plan in queued:
                # Who is restarted while somebody waits for the answer gives none.
                plan.answer.is_lost = plan.answer.is_lost or plan.is_forgotten
        groups = [live] if head_end.preset.batch_every else [[it] for it in live]
        reference = f"{head_end.code}-{uuid.uuid4().hex[:12]}"
        tasks = []
        for group in filter(None, groups):
            work = self._carry_out(head_end, request.envelope, group)
            task = self.world.queue(head_end, work)
            tasks.append(task)
            if group[0].before_answer or head_end.protocol == "cim-synchronous":
                patience = _PATIENCE if group[0].before_answer else None
                await asyncio.wait({task}, timeout=patience)
        self._remember(reference, plans[0].serial, tasks)
        body = self._acknowledge(head_end, request.envelope, plans, reference)
        return Answer(body, chosen([plan.answer for plan in plans]))

    def _remember(
        self, reference: str, serial: str, tasks: list[asyncio.Task[None]]
    ) -> None:
        """What can be cancelled, for as long as it can."""
        if not tasks:
            return
        self._transactions[reference] = tasks
        self._serials[reference] = serial

        def forget(_task: asyncio.Task[None]) -> None:
            if all(task.done() for task in tasks):
                self._transactions.pop(reference, None)
                self._serials.pop(reference, None)

        for task in tasks:
            task.add_done_callback(forget)

    def _cancel(self, head_end: HeadEnd, request: CancelRequest) -> Answer:
        """Drop what is still queued."""
        plan = CancelPlan()
        serial = self._serials.get(request.reference, "")
        struck = self.world.switchboard.strike_cancel(head_end.code, serial, plan)
        tasks = self._transactions.get(request.reference, [])
        is_dropped = bool(tasks) and not plan.is_too_late
        for task in tasks if is_dropped else ():
            task.cancel()
        said = "dropped" if is_dropped else "too late"
        self.world.note(head_end, serial, f"cancel ⇒ {said}", struck)
        body = writing.acknowledgement(
            self._heading(head_end, request.envelope.correlation_id),
            result="OK" if is_dropped else "FAILED",
            remarks=[Remark(code="0.0" if is_dropped else "5.2")],
            reference="",
        )
        return Answer(body, plan.answer)

    def _take_reading(self, head_end: HeadEnd, request: ReadRequest) -> Answer:
        """Read each meter now."""
        plans = [ReadingPlan(serial=serial) for serial in request.serials]
        events, remarks = [], []
        for plan in plans:
            struck = self.world.switchboard.strike_read(head_end.code, plan)
            meter = self.world.fleet.meters.get(plan.serial)
            if meter is None or meter.head_end != head_end.code:
                plan.error = "2.4"
            if plan.error:
                remarks.append(Remark(code=plan.error, serial=plan.serial))
            elif not plan.is_missing:
                events.append(self._read(head_end, plan))
            said = plan.error or (events[-1].status if events else "nothing")
            self.world.note(head_end, plan.serial, f"read ⇒ {said}", struck)
        heading = self._heading(head_end, request.envelope.correlation_id)
        body = writing.readings(heading, events=events, remarks=remarks)
        return Answer(body, chosen([plan.answer for plan in plans]))

    def _acknowledge(
        self,
        head_end: HeadEnd,
        envelope: Envelope,
        plans: Sequence[CommandPlan],
        reference: str,
    ) -> bytes:
        refusals = {plan.serial: _refusal(head_end, plan) for plan in plans}
        refused = {serial: code for serial, code in refusals.items() if code}
        remarks = [Remark(code=code, serial=it) for it, code in refused.items()]
        code = plans[0].acknowledges_with
        usual = head_end.preset.acknowledges_with
        if head_end.protocol == "cim-synchronous":
            usual = "0.0"
        code = usual if code is None else code
        result = "PARTIAL" if len(refused) < len(plans) else "FAILED"
        if not refused:
            result = "OK"
            remarks = [Remark(code=code)] if code else []
        return writing.acknowledgement(
            self._heading(head_end, envelope.correlation_id),
            result=result,
            remarks=remarks,
            reference="" if result == "FAILED" else reference,
        )

    async def _carry_out(
        self, head_end: HeadEnd, envelope: Envelope, plans: Sequence[CommandPlan]
    ) -> None:
        order = Order(
            correlation_id=envelope.correlation_id, message_id=envelope.message_id
        )
        await self.world.carry_out(head_end, plans, order)
        await self._tell(head_end, envelope, plans)
        for plan in plans:
            if plan.expires_first:
                await self.world.carry_out_late(head_end, plan, order)
                plan.expires_first = 0.0
                await self._tell(head_end, envelope, [plan])

    async def _tell(
        self, head_end: HeadEnd, envelope: Envelope, plans: Sequence[CommandPlan]
    ) -> None:
        told = [plan for plan in plans if plan.copies > 0]
        address = envelope.reply_address or head_end.callback
        if not told or not envelope.wants_result or not address:
            return
        correlation_id = told[0].correlation_id or envelope.correlation_id
        events = [self._result(head_end, plan) for plan in told]
        parcel = Parcel(
            head_end=head_end.code,
            serial=told[0].serial,
            address=address,
            body=writing.created_events(
                self._heading(head_end, correlation_id), events
            ),
            what=" ".join(event.type_ref for event in events),
        )
        for _ in range(told[0].forgeries):
            await self.world.courier.attempt_forgery(parcel)
        for _ in range(told[0].copies):
            await self.world.courier.deliver(parcel)

    def _result(self, head_end: HeadEnd, plan: CommandPlan) -> Event:
        is_open = plan.state == "open"
        failed = wire.EVENT_OPEN_FAILED if is_open else wire.EVENT_CLOSE_FAILED
        done = wire.EVENT_OPEN if is_open else wire.EVENT_CLOSED
        status = wire.STATUS_WORDS[plan.state]
        if plan.failure:
            status = wire.STATUS_WORDS[self.world.ports.read(plan.serial).state]
        reason = wire.REASONS.get(plan.failure, f"HAN port {status.lower()}")
        ref = plan.event_ref or (wire.EVENT_PROCESSED if plan.restarts else "")
        ref = wire.EVENT_EXPIRED if plan.expires_first else ref
        return Event(
            mrid=str(uuid.uuid4()),
            serial=plan.serial,
            type_ref=ref or (failed if plan.failure else done),
            at=self.world.clock(),
            issuer=head_end.code,
            tracking_id=plan.tracking_id,
            reason="" if ref else reason,
            status="" if ref else status,
            error_code=plan.failure,
            with_zone=plan.with_zone,
        )

    def _read(self, head_end: HeadEnd, plan: ReadingPlan) -> Event:
        ports = self.world.ports
        read = ports.read_stale if plan.is_stale else ports.read
        reading = read(plan.serial)
        is_open = reading.state == "open"
        return Event(
            mrid=str(uuid.uuid4()),
            serial=plan.serial,
            type_ref=wire.EVENT_OPEN if is_open else wire.EVENT_CLOSED,
            at=reading.at,
            issuer=head_end.code,
            status=wire.STATUS_WORDS[reading.state],
            with_zone=plan.with_zone,
        )

    def _heading(self, head_end: HeadEnd, correlation_id: str) -> Heading:
        return Heading(
            message_id=str(uuid.uuid4()),
            correlation_id=correlation_id,
            source=head_end.code,
            at=self.world.clock(),
            edition=head_end.edition,
        )


def _refusal(head_end: HeadEnd, plan: CommandPlan) -> str:
    """The reply code of a refusal; one that answers when it is done also fails here."""
    if plan.refusal or head_end.protocol != "cim-synchronous":
        return plan.refusal
    return plan.failure or _REPLIES.get(plan.event_ref, "")
