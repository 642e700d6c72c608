"""What happens between a request and its result: queues, meters, results."""

import asyncio
import math
import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hanportal.demo.headend import wire, writing
from hanportal.demo.headend.courier import Courier, Parcel
from hanportal.demo.headend.fleet import Fleet, HeadEnd
from hanportal.demo.headend.plans import AnswerPlan, CommandPlan, ReadingPlan
from hanportal.demo.headend.ports import Ports
from hanportal.demo.headend.reading import (
    Control,
    ControlRequest,
    Envelope,
    ReadRequest,
)
from hanportal.demo.headend.switchboard import Switchboard
from hanportal.demo.headend.traffic import Traffic
from hanportal.demo.headend.writing import Event, Heading, Remark

_PATIENCE = 10.0


@dataclass(frozen=True)
class Answer:
    """The HTTP answer to a request, and what is to happen to it on the way."""

    body: bytes
    plan: AnswerPlan


@dataclass(kw_only=True)
class World:
    """All head-ends and their meters."""

    fleet: Fleet
    ports: Ports
    switchboard: Switchboard
    courier: Courier
    traffic: Traffic
    clock: Callable[[], datetime]
    seed: int
    speed: float
    _commands: Counter[str] = field(default_factory=Counter)
    """How many commands each meter has been given."""
    _busy_until: dict[str, float] = field(default_factory=dict)
    """When the last command queued for a meter is done, by the loop's clock."""

    async def take_controls(self, head_end: HeadEnd, request: ControlRequest) -> Answer:
        """Queue or refuse each control, and acknowledge."""
        plans = [self._plan(head_end, control) for control in request.controls]
        queued = [plan for plan in plans if plan.is_queued and not plan.refusal]
        groups = [queued] if head_end.preset.batch_every else [[it] for it in queued]
        for group in filter(None, groups):
            work = self._carry_out(head_end, request.envelope, group)
            if group[0].before_answer:
                task = self.courier.errand(work)
                await asyncio.wait({task}, timeout=_PATIENCE)
            else:
                self.courier.errand(work)
        body = self._acknowledge(head_end, request.envelope, plans)
        return Answer(body, _chosen([plan.answer for plan in plans]))

    def take_reading(self, head_end: HeadEnd, request: ReadRequest) -> Answer:
        """Read each meter now."""
        plans = [ReadingPlan(serial=serial) for serial in request.serials]
        events, remarks = [], []
        for plan in plans:
            struck = self.switchboard.strike_read(head_end.code, plan)
            meter = self.fleet.meters.get(plan.serial)
            if meter is None or meter.head_end != head_end.code:
                plan.error = "2.4"
            if plan.error:
                remarks.append(Remark(code=plan.error, serial=plan.serial))
            elif not plan.is_missing:
                events.append(self._read(head_end, plan))
            said = plan.error or (events[-1].status if events else "nothing")
            self._note(head_end, plan.serial, f"read ⇒ {said}", struck)
        heading = self._heading(head_end, request.envelope.correlation_id)
        body = writing.readings(heading, events=events, remarks=remarks)
        return Answer(body, _chosen([plan.answer for plan in plans]))

    def _plan(self, head_end: HeadEnd, control: Control) -> CommandPlan:
        now = _loop_time()
        plan = CommandPlan(
            queued_at=now,
            serial=control.serial,
            state=control.state,
            tracking_id=control.tracking_id,
            delay=self._queueing_time(head_end, control.serial, now),
        )
        meter = self.fleet.meters.get(control.serial)
        if meter is None or meter.head_end != head_end.code:
            plan.refusal = "2.4"
        elif control.state == "open" and not head_end.opens(meter):
            plan.refusal = "2.12"
        usual_delay = plan.delay
        struck = self.switchboard.strike_control(head_end.code, plan)
        if plan.delay == usual_delay and plan.is_queued and not plan.refusal:
            self._busy_until[plan.serial] = now + plan.delay
        said = plan.refusal or ("queued" if plan.is_queued else "dropped")
        self._note(head_end, plan.serial, f"set {plan.state} ⇒ {said}", struck)
        return plan

    def _queueing_time(self, head_end: HeadEnd, serial: str, now: float) -> float:
        """Seconds until the meter gets to it; never before what it got earlier."""
        preset = head_end.preset
        self._commands[serial] += 1
        throw = f"{self.seed}/{serial}/{self._commands[serial]}"
        dice = random.Random(throw)  # noqa: S311 -- figures, not secrets
        delay = dice.uniform(preset.delay_from, preset.delay_to) / self.speed
        if preset.batch_every:
            beat = preset.batch_every / self.speed
            delay = math.ceil((now + delay) / beat) * beat - now
        return max(delay, self._busy_until.get(serial, now) - now + 0.001)

    def _acknowledge(
        self, head_end: HeadEnd, envelope: Envelope, plans: Sequence[CommandPlan]
    ) -> bytes:
        refused = [plan for plan in plans if plan.refusal]
        remarks = [Remark(code=plan.refusal, serial=plan.serial) for plan in refused]
        code = plans[0].acknowledges_with
        code = head_end.preset.acknowledges_with if code is None else code
        result = "PARTIAL" if len(refused) < len(plans) else "FAILED"
        if not refused:
            result = "OK"
            remarks = [Remark(code=code)] if code else []
        reference = f"{head_end.code}-{uuid.uuid4().hex[:12]}"
        return writing.acknowledgement(
            self._heading(head_end, envelope.correlation_id),
            result=result,
            remarks=remarks,
            reference="" if result == "FAILED" else reference,
        )

    async def _carry_out(
        self, head_end: HeadEnd, envelope: Envelope, plans: Sequence[CommandPlan]
    ) -> None:
        """Wait for the slowest meter of the group, set all ports, tell the result."""
        due = max(plan.queued_at + plan.delay for plan in plans)
        await asyncio.sleep(due - _loop_time())
        for plan in plans:
            if plan.moves:
                self.ports.set(
                    plan.serial,
                    plan.state,
                    correlation_id=envelope.correlation_id,
                    message_id=envelope.message_id,
                )
            did = f"port set {plan.state}" if plan.moves else "port left as it was"
            self._note(head_end, plan.serial, did, [], arrow="•")
        told = [plan for plan in plans if plan.copies > 0]
        if told and envelope.reply_address:
            await self._tell(head_end, envelope, told)

    async def _tell(
        self, head_end: HeadEnd, envelope: Envelope, plans: Sequence[CommandPlan]
    ) -> None:
        correlation_id = plans[0].correlation_id or envelope.correlation_id
        events = [self._result(head_end, plan) for plan in plans]
        parcel = Parcel(
            head_end=head_end.code,
            serial=plans[0].serial,
            address=envelope.reply_address,
            body=writing.created_events(
                self._heading(head_end, correlation_id), events
            ),
            what=" ".join(event.type_ref for event in events),
        )
        for _ in range(plans[0].forgeries):
            await self.courier.attempt_forgery(parcel)
        for _ in range(plans[0].copies):
            await self.courier.deliver(parcel)

    def _result(self, head_end: HeadEnd, plan: CommandPlan) -> Event:
        is_open = plan.state == "open"
        failed = wire.EVENT_OPEN_FAILED if is_open else wire.EVENT_CLOSE_FAILED
        done = wire.EVENT_OPEN if is_open else wire.EVENT_CLOSED
        status = wire.STATUS_WORDS[plan.state]
        if plan.failure:
            status = wire.STATUS_WORDS[self.ports.read(plan.serial).state]
        reason = wire.REASONS.get(plan.failure, f"HAN port {status.lower()}")
        return Event(
            mrid=str(uuid.uuid4()),
            serial=plan.serial,
            type_ref=plan.event_ref or (failed if plan.failure else done),
            at=self.clock(),
            issuer=head_end.code,
            tracking_id=plan.tracking_id,
            reason="" if plan.event_ref else reason,
            status="" if plan.event_ref else status,
            error_code=plan.failure,
            with_zone=plan.with_zone,
        )

    def _read(self, head_end: HeadEnd, plan: ReadingPlan) -> Event:
        read = self.ports.read_stale if plan.is_stale else self.ports.read
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
            at=self.clock(),
        )

    def _note(
        self,
        head_end: HeadEnd,
        serial: str,
        text: str,
        struck: Sequence[str],
        arrow: str = "←",
    ) -> None:
        faults = f" [{', '.join(struck)}]" if struck else ""
        self.traffic.note(arrow, head_end.code, serial, text + faults)


def _chosen(plans: Sequence[AnswerPlan]) -> AnswerPlan:
    """A message has one answer: the first that something was done to."""
    return next((plan for plan in plans if plan != AnswerPlan()), AnswerPlan())


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
