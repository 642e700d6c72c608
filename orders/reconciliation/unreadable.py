"""Ports that nobody can read, and openings that were given up there.

Such an opening may be carried out late, and only the head-end could tell. So the port
is closed when it is given up, and again while it may still come: closing what is
closed does no harm. The doubt ends with a closing from after it that was confirmed.
"""

from datetime import datetime, timedelta

from django.db import transaction

from meters.headend import Capabilities
from meters.models import HanPort
from meters.states import DesiredState, ReportedState
from orders.models import Command, database_now
from orders.reconciliation.mending import mend, show_held_closing
from orders.states import CommandStatus

DOUBT_ENDS_AFTER = timedelta(hours=24)
CLOSED_AFTER = (timedelta(0), timedelta(hours=1), DOUBT_ENDS_AFTER)
"""How long after an opening was given up its port is closed, each time."""


def look_after(claimed: HanPort, *, offered: Capabilities, now: datetime) -> None:
    """Close what may be open without a consent, and say when to look again."""
    with transaction.atomic():
        ports = HanPort.objects.select_related("meter__head_end").locked()
        port = ports.get(pk=claimed.pk)
        if port.desired == DesiredState.OPEN:
            return
        if Command.objects.live().filter(port=port).exists():
            if _openings(port):
                show_held_closing(port, now=now)
            return
        steps = _steps(offered)
        is_due, next_step = _look(port, steps=steps, now=now)
        if is_due or port.reported == ReportedState.OPEN:
            mend(port, last_closed_at=None, now=now)
        elif port.read_back_due_at == claimed.read_back_due_at:
            _look_again(port, next_step, now=now)


def _steps(offered: Capabilities) -> tuple[timedelta, ...]:
    """Once is enough where a result always comes, however long it takes."""
    always_tells = offered.poll and offered.poll_for is None
    return CLOSED_AFTER[:1] if always_tells else CLOSED_AFTER


def _openings(port: HanPort) -> list[Command]:
    return list(Command.objects.in_doubt(port).filter(desired=DesiredState.OPEN))


def _look(
    port: HanPort, *, steps: tuple[timedelta, ...], now: datetime
) -> tuple[bool, datetime | None]:
    """Whether a closing is due, and when the next one is; settles what is over."""
    closings = Command.objects.filter(
        port=port, desired=DesiredState.CLOSED, status=CommandStatus.CONFIRMED
    )
    newest = closings.order_by("-queued_at").values_list("queued_at", flat=True).first()
    ahead: list[datetime] = []
    is_due = False
    for opening in _openings(port):
        given_up_at = opening.ended_at or opening.queued_at
        times = [given_up_at + step for step in steps]
        passed = [time for time in times if time <= now]
        since = passed[-1] if passed else opening.queued_at
        if newest is None or newest < since:
            is_due = True
        elif len(passed) == len(times):
            opening.resolve_doubt()
        else:
            ahead.append(times[len(passed)])
    return is_due, min(ahead, default=None)


def _look_again(port: HanPort, at: datetime | None, *, now: datetime) -> None:
    """At the next step; what is as it was wished is left alone from then on."""
    if at is not None:
        port.read_back_by(database_now() + (at - now))
    elif port.reported == port.desired:
        port.read_back_by(None)
