"""Holds back automatic closings beyond what may leave in a day.

Only sending is held: the port's intent stays closed, and nothing is written on what is
held, so that a release or midnight is all that it takes for it to go on.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hanportal.audit import log
from meters.models import HeadEnd
from meters.states import DesiredState
from orders.deadlines import oslo_date
from orders.fulfilment.gate import Allowance
from orders.models import ClosingBrake, Command, counts_against_the_brake

BRAKE = log.Actor(log.ActorKind.SYSTEM, "closing-brake")


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What may leave, locked; and whether these are the first that the day holds."""

    commands: list[Command]
    holds_the_first: bool


def claimable(
    head_end: HeadEnd, *, allowed: Allowance, at: datetime, now: datetime
) -> Batch:
    """What is due at a head-end and may leave. The caller's transaction claims it.

    The day's row is locked as soon as an automatic closing is let through, until it is
    claimed: the next worker sees what is left. It comes before any audit chain.

    :param at: by the database's clock.
    """
    due = Command.objects.due(head_end, at=at)
    if allowed.full_segments:
        due = due.exclude(
            port__meter__segment__in=allowed.full_segments, desired=DesiredState.OPEN
        )
    counting = counts_against_the_brake(now=now)
    holds = False
    if ClosingBrake.objects.room(on=oslo_date(now)) <= 0:
        holds = due.filter(counting).exists()
        due = due.exclude(counting)
    commands = allowed.within_permits(due.claimed()[: allowed.room])
    held = _held_of(commands, now=now)
    return Batch(
        commands=[command for command in commands if command.id not in held],
        holds_the_first=(holds or bool(held)) and _engage(now=now),
    )


def record_held(head_end: HeadEnd, *, now: datetime) -> None:
    """Say in the log that it holds. The caller holds the head-end's chain."""
    today = oslo_date(now)
    log.record(
        chain=log.head_end_chain(head_end.id),
        what="closings.held",
        who=BRAKE,
        on=log.Subject("head_end", head_end.id),
        at=now,
        facts={
            "day": today.isoformat(),
            "limit": ClosingBrake.objects.limit(on=today),
        },
    )


def _held_of(commands: list[Command], *, now: datetime) -> frozenset[UUID]:
    """Count the automatic closings that there is room for; the ids of the rest."""
    unordered = [
        command
        for command in commands
        if command.desired == DesiredState.CLOSED and command.order_id is None
    ]
    if not unordered:
        return frozenset()
    today = oslo_date(now)
    brake = ClosingBrake.objects.locked(on=today)
    counted = Command.objects.filter(
        counts_against_the_brake(now=now), pk__in=[each.pk for each in unordered]
    ).values_list("pk", flat=True)
    counting = set(counted)
    closings = [command for command in unordered if command.pk in counting]
    room = max(ClosingBrake.objects.limit(on=today) - brake.passed, 0)
    for command in closings[:room]:
        command.passed_brake_on = today
    brake.let_through(len(closings[:room]))
    return frozenset(command.pk for command in closings[room:])


def _engage(*, now: datetime) -> bool:
    """True for the first that finds the day's brake holding."""
    today = oslo_date(now)
    if ClosingBrake.objects.filter(day=today, engaged_at__isnull=False).exists():
        return False
    brake = ClosingBrake.objects.locked(on=today)
    if brake.engaged_at is not None:
        return False
    brake.engage(at=now)
    return True
