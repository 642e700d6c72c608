"""What happens between a request and its result: queues, meters, concentrators.

What is said about it, and in which words, is up to the desks (cim_desk, poll_desk).
"""

import asyncio
import math
import random
import zlib
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hanportal.demo.headend.courier import Courier
from hanportal.demo.headend.fleet import Fleet, HeadEnd, Meter, PortState
from hanportal.demo.headend.plans import AnswerPlan, CommandPlan
from hanportal.demo.headend.ports import Ports
from hanportal.demo.headend.presets import Preset
from hanportal.demo.headend.switchboard import Switchboard
from hanportal.demo.headend.traffic import Traffic


@dataclass(frozen=True)
class Answer:
    """The HTTP answer to a request, and what is to happen to it on the way."""

    body: bytes
    plan: AnswerPlan


@dataclass(frozen=True, kw_only=True)
class Order:
    """Whose command it is: what the ledger keeps of it."""

    correlation_id: str
    message_id: str = ""


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
    """When the last command queued for a meter, or for a concentrator that one of its
    meters blocks, is done; by the loop's clock."""
    _queues: dict[str, set[asyncio.Task[None]]] = field(default_factory=dict)

    def plan(
        self, head_end: HeadEnd, serial: str, *, wish: str, tracking_id: str = ""
    ) -> CommandPlan:
        """What is about to be done with one command, faults and all."""
        now = loop_time()
        meter = self.fleet.meters.get(serial)
        dice = self._dice(serial)
        plan = CommandPlan(
            queued_at=now,
            serial=serial,
            state=self._aim(meter, wish),
            restarts=wish == "restart",
            tracking_id=tracking_id,
            delay=self._queueing_time(head_end, serial, now, dice),
        )
        if meter is None or meter.head_end != head_end.code:
            plan.refusal = "2.4"
        elif wish == "open":
            self._may_not_open(head_end, meter, plan, dice)
        usual_delay = plan.delay
        struck = self.switchboard.strike_control(head_end.code, plan)
        is_in_turn = plan.delay == usual_delay
        if is_in_turn and plan.is_queued and not plan.refusal:
            self._busy_until[serial] = now + plan.delay
        if plan.blocks:
            self._block(head_end, plan, now)
        said = plan.refusal or ("queued" if plan.is_queued else "dropped")
        self.note(head_end, serial, f"{_verb(plan)} ⇒ {said}", struck)
        return plan

    def queue(
        self, head_end: HeadEnd, work: Coroutine[Any, Any, None]
    ) -> asyncio.Task[None]:
        """Put work in the head-end's queue, where a restart finds it."""
        task = self.courier.errand(work)
        queue = self._queues.setdefault(head_end.code, set())
        queue.add(task)
        task.add_done_callback(queue.discard)
        return task

    def queued(self, head_end: HeadEnd) -> int:
        """How much is under way there, results that nobody has taken included."""
        return len(self._queues.get(head_end.code, ()))

    def restart(self, head_end: HeadEnd) -> int:
        """Lose what is queued, as a head-end that is restarted does; says how much."""
        lost = list(self._queues.get(head_end.code, ()))
        for task in lost:
            task.cancel()
        self.note(head_end, "", f"restarted, {len(lost)} lost", [], arrow="•")
        return len(lost)

    async def carry_out(
        self, head_end: HeadEnd, plans: Sequence[CommandPlan], order: Order
    ) -> None:
        """Wait for the slowest meter of the group, then do what is to be done."""
        due = max(plan.queued_at + plan.delay for plan in plans)
        await asyncio.sleep(due - loop_time())
        for plan in plans:
            if not plan.expires_first:
                self._do(head_end, plan, order)

    async def carry_out_late(
        self, head_end: HeadEnd, plan: CommandPlan, order: Order
    ) -> None:
        """Do what was reported as expired after all."""
        await asyncio.sleep(plan.expires_first)
        self._do(head_end, plan, order)

    def note(
        self,
        head_end: HeadEnd,
        serial: str,
        text: str,
        struck: Sequence[str],
        arrow: str = "←",
    ) -> None:
        """Tell those who watch."""
        faults = f" [{', '.join(struck)}]" if struck else ""
        self.traffic.note(arrow, head_end.code, serial, text + faults)

    def _do(self, head_end: HeadEnd, plan: CommandPlan, order: Order) -> None:
        if plan.restarts and plan.moves:
            self.ports.restart(plan.serial)
        elif plan.moves:
            for _ in range(plan.executions):
                self.ports.set(
                    plan.serial,
                    plan.state,
                    correlation_id=order.correlation_id,
                    message_id=order.message_id,
                )
        if plan.is_silent:
            self.ports.hush(plan.serial)
        did = _done(plan) if plan.moves else "port left as it was"
        self.note(head_end, plan.serial, did, [], arrow="•")
        if plan.drifts_after is not None:
            self.queue(head_end, self._drift(head_end, plan, plan.drifts_after))

    async def _drift(
        self, head_end: HeadEnd, plan: CommandPlan, seconds: float
    ) -> None:
        await asyncio.sleep(seconds)
        other: PortState = "closed" if plan.state == "open" else "open"
        self.ports.set(plan.serial, other)
        did = f"port set {other} by a technician"
        self.note(head_end, plan.serial, did, [], arrow="•")

    def _aim(self, meter: Meter | None, wish: str) -> PortState:
        """The state to set; a restart leaves what is there."""
        if wish == "restart" and meter is not None:
            return self.ports.read(meter.serial).state
        return "open" if wish == "open" else "closed"

    def _may_not_open(
        self, head_end: HeadEnd, meter: Meter, plan: CommandPlan, dice: random.Random
    ) -> None:
        """Meters that can't, and ports that stick."""
        preset = head_end.preset
        if not head_end.opens(meter):
            plan.refusal = "2.12"
        elif meter.han_capability:
            return
        elif _lacks_module(meter, preset, self.seed):
            plan.refusal = "2.12"
        elif dice.random() < preset.sticks:
            plan.failure = "5.3"
            plan.moves = False

    def _dice(self, serial: str) -> random.Random:
        """The same for the n-th command of a meter, with the same seed."""
        self._commands[serial] += 1
        throw = f"{self.seed}/{serial}/{self._commands[serial]}"
        return random.Random(throw)  # noqa: S311 -- figures, not secrets

    def _queueing_time(
        self, head_end: HeadEnd, serial: str, now: float, dice: random.Random
    ) -> float:
        """Seconds until the meter gets to it; never before what it got earlier."""
        preset = head_end.preset
        delay = dice.uniform(preset.delay_from, preset.delay_to) / self.speed
        free = max(
            self._busy_until.get(serial, now),
            self._busy_until.get(_concentrator(head_end, serial), now),
        )
        if preset.batch_every:
            beat = preset.batch_every / self.speed
            start = max(now, free)
            delay = math.ceil((start + delay) / beat) * beat - now
        return max(delay, free - now + 0.001)

    def _block(self, head_end: HeadEnd, plan: CommandPlan, now: float) -> None:
        """The slow meter holds up itself and whatever comes to its concentrator."""
        plan.delay = max(plan.delay, plan.blocks)
        until = now + plan.delay
        self._busy_until[plan.serial] = until
        self._busy_until[_concentrator(head_end, plan.serial)] = until


def loop_time() -> float:
    """The event loop's clock."""
    return asyncio.get_running_loop().time()


def chosen(plans: Sequence[AnswerPlan]) -> AnswerPlan:
    """A message has one answer: the first that something was done to."""
    return next((plan for plan in plans if plan != AnswerPlan()), AnswerPlan())


def _concentrator(head_end: HeadEnd, serial: str) -> str:
    """Which one the meter hangs on; without any, the head-end itself is the one."""
    count = head_end.preset.concentrators or 1
    return f"concentrator {head_end.code}/{zlib.crc32(serial.encode()) % count}"


def _lacks_module(meter: Meter, preset: Preset, seed: int) -> bool:
    dice = random.Random(f"{seed}/module/{meter.serial}")  # noqa: S311 -- figures
    return dice.random() < preset.lacks_module


def _verb(plan: CommandPlan) -> str:
    return "restart" if plan.restarts else f"set {plan.state}"


def _done(plan: CommandPlan) -> str:
    return "port restarted" if plan.restarts else f"port set {plan.state}"
