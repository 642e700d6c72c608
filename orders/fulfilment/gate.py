"""How much may leave for a head-end now: maintenance, breaker, rate and permits.

What may not leave stays queued as it is, with no attempt spent; the customer's clock
runs on. The state is in the database, so that all workers share it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from meters.headend import Clock, Fault, Submission
from meters.models import HeadEnd
from meters.states import DesiredState
from orders.models import Command, Gate, database_now

ENDPOINT_FAULTS = frozenset(
    {Fault.NOT_DELIVERED, Fault.AMBIGUOUS, Fault.THROTTLED, Fault.AUTH}
)
"""The head-end's own trouble. A meter that is silent or refuses says nothing of it."""
PERMIT_LASTS = timedelta(hours=1)
"""A command that has been under way for longer holds up its segment no more."""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What may be claimed in one batch. The caller's transaction holds `gate`."""

    room: int
    gate: Gate | None = None
    """None where nothing has to be counted."""
    permits: int = 0
    """Openings that one segment may have under way; 0: any number."""
    under_way: Mapping[str, int] = field(default_factory=dict)
    """How many each segment has."""

    @property
    def full_segments(self) -> list[str]:
        """Those that take no further opening now."""
        if not self.permits:
            return []
        return [name for name, busy in self.under_way.items() if busy >= self.permits]

    def within_permits(self, commands: Collection[Command]) -> list[Command]:
        """Without the openings that are one too many for their segment.

        A closing waits for no permit.
        """
        if not self.permits:
            return list(commands)
        busy = Counter(self.under_way)
        taken = []
        for command in commands:
            segment = command.port.meter.segment
            if segment and command.desired == DesiredState.OPEN:
                if busy[segment] >= self.permits:
                    continue
                busy[segment] += 1
            taken.append(command)
        return taken

    def spend(self, number: int, *, at: datetime, until: datetime) -> None:
        """Count what was claimed."""
        if self.gate is not None:
            self.gate.let_through(number, at=at, until=until)


def allowance(head_end: HeadEnd, *, at: datetime, now: datetime) -> Allowance:
    """What may leave now. Inside the transaction that claims it.

    :param at: by the database's clock.
    """
    if head_end.maintenance_at(now) is not None:
        return Allowance(room=0)
    gate = Gate.objects.of(head_end)
    is_limited = head_end.commands_per_minute or head_end.segment_permits
    if not is_limited and (gate is None or gate.is_closed):
        return Allowance(room=head_end.max_concurrency)
    gate = Gate.objects.locked(head_end)
    # The limits as they were read with the head-end, under its lock.
    gate.head_end = head_end
    room = gate.room(at=at)
    under_way: dict[str, int] = {}
    if head_end.segment_permits:
        under_way = Command.objects.under_way_by_segment(
            head_end, since=at - PERMIT_LASTS
        )
    most = head_end.max_concurrency
    return Allowance(
        room=most if room is None else min(room, most),
        gate=gate,
        permits=head_end.segment_permits,
        under_way=under_way,
    )


def note_answers(
    head_end: HeadEnd, submissions: Sequence[Submission], *, clock: Clock
) -> None:
    """Let the breaker know how a batch went; one that was answered at all went well."""
    failed = [each for each in submissions if each.fault in ENDPOINT_FAULTS]
    if len(failed) < len(submissions):
        gate = Gate.objects.of(head_end)
        if gate is None or (gate.is_closed and not gate.failures):
            return
        with transaction.atomic():
            Gate.objects.locked(head_end).answered(at=clock())
        return
    worst = next((each for each in failed if each.fault == Fault.AUTH), failed[0])
    with transaction.atomic():
        Gate.objects.locked(head_end).failed(
            len(failed),
            fault=Fault(worst.fault or Fault.AMBIGUOUS),
            detail=f"{worst.code} {worst.detail}".strip(),
            since=database_now(),
            at=clock(),
        )
