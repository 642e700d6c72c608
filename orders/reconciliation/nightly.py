"""Reads every port in its turn, although nothing is in doubt.

A technician's change, and a "confirmed" that was not true, are found by nothing else.
What should be open is read each night; of what should be closed a part each night, so
that all of it is read within the weeks that are set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from uuid import UUID

from django.conf import settings
from django.db import transaction

from meters.headend import Clock, Fault, Report, adapter_for
from meters.models import HanPort, HanPortQuerySet, HeadEnd
from meters.states import DesiredState
from orders.deadlines import oslo_date
from orders.fulfilment import read_back
from orders.fulfilment.connection import Connect, recorded_adapter
from orders.models import Command, database_now
from orders.reconciliation.alone import alone
from orders.reconciliation.nights import Night, night_at
from orders.reconciliation.ports import settle

SWEEP_INTERVAL = timedelta(minutes=1)
LOCKS_FROM = 7_046_300_000_000
NIGHTS_A_WEEK = 7
NEVER_ASKED = frozenset({Fault.NOT_DELIVERED, Fault.AUTH, Fault.THROTTLED})
"""The head-end did not take the question: the meter's turn is still to come."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A port whose turn it is, when it last was, and when it was asked now."""

    port: HanPort
    before: datetime | None
    asked_at: datetime
    """By the database's clock."""
    is_read: bool
    """False where it sits nowhere, or is read or sent to for another reason."""


def read_in_turn(
    *, head_end: HeadEnd, clock: Clock, connect: Connect = adapter_for
) -> int:
    """Read this minute's share of the night at one head-end; says how many answered.

    Where the head-end is only observed, too: nothing is sent by this.
    """
    now = clock()
    night = night_at(now, hours=settings.NIGHT_READING_HOURS)
    if night is None or not HeadEnd.objects.may_be_spoken_to(head_end, now=now):
        return 0
    adapter = recorded_adapter(head_end, clock=clock, connect=connect)
    if not adapter.capabilities().read_back:
        return 0
    with alone(LOCKS_FROM + head_end.id.int % 2**31) as is_alone:
        if not is_alone:
            return 0
        return sum(
            _read(head_end, desired, number, night=night, clock=clock, connect=connect)
            for desired, number in _shares(head_end, night=night, now=now).items()
        )


def _shares(
    head_end: HeadEnd, *, night: Night, now: datetime
) -> dict[DesiredState, int]:
    """How many belong to this minute; what should be open goes before the rest."""
    ports = HanPort.objects.in_turn(head_end)
    wanted = ports.filter(desired=DesiredState.OPEN)
    closed = ports.filter(desired=DesiredState.CLOSED)
    a_night = ceil(closed.count() / (settings.NIGHT_READING_WEEKS * NIGHTS_A_WEEK))
    left = {
        DesiredState.OPEN: wanted.not_asked_since(night.begins_at).count(),
        DesiredState.CLOSED: a_night - closed.asked_since(night.begins_at).count(),
    }
    room = settings.NIGHT_READING_PER_MINUTE
    shares = {}
    for desired, number in left.items():
        share = night.share_of(number, now=now, interval=SWEEP_INTERVAL)
        shares[desired] = min(share, room)
        room -= shares[desired]
    return shares


def _read(
    head_end: HeadEnd,
    desired: DesiredState,
    number: int,
    *,
    night: Night,
    clock: Clock,
    connect: Connect,
) -> int:
    """Read so many, a batch at a time; a head-end that refuses is left for now."""
    begun, answered = clock(), 0
    while number > 0 and clock() < begun + SWEEP_INTERVAL / 2:
        at_most = min(number, head_end.max_concurrency)
        taken = _claim(head_end, desired, at_most, night=night, now=clock())
        if not taken:
            break
        number -= len(taken)
        turns = [turn for turn in taken if turn.is_read]
        if not turns:
            continue
        serials = [turn.port.meter.serial for turn in turns]
        reports = read_back(head_end, serials, clock=clock, connect=connect)
        for turn, report in zip(turns, reports, strict=True):
            settle(turn.port, report, asked_at=turn.asked_at, now=clock())
        if not _keep_turns(turns, reports):
            break
        answered += sum(report.state is not None for report in reports)
    return answered


def _claim(
    head_end: HeadEnd,
    desired: DesiredState,
    at_most: int,
    *,
    night: Night,
    now: datetime,
) -> list[Turn]:
    with transaction.atomic():
        ports = list(
            HanPort.objects.in_turn(head_end)
            .filter(desired=desired)
            .not_asked_since(night.begins_at)
            .longest_unasked_first()
            .select_related("meter__head_end")
            .select_for_update(of=("self",), skip_locked=True)[:at_most]
        )
        asked_at = database_now()
        claimed = HanPort.objects.filter(pk__in=[port.pk for port in ports])
        free = _free_among(claimed, today=oslo_date(now))
        claimed.ask_in_turn(at=now)
    return [
        Turn(
            port=port,
            before=port.asked_in_turn_at,
            asked_at=asked_at,
            is_read=port.pk in free,
        )
        for port in ports
    ]


def _free_among(claimed: HanPortQuerySet, *, today: date) -> set[UUID]:
    """Those that are installed, and that nothing is under way for."""
    free = (
        claimed.filter(read_back_due_at__isnull=True)
        .installed(on=today)
        .exclude(pk__in=Command.objects.live().values("port_id"))
    )
    return set(free.values_list("pk", flat=True))


def _keep_turns(turns: Sequence[Turn], reports: Sequence[Report]) -> bool:
    """Give the turns back that the head-end did not take; whether it took any."""
    refused = [
        turn.port
        for turn, report in zip(turns, reports, strict=True)
        if report.fault in NEVER_ASKED
    ]
    before = {turn.port.pk: turn.before for turn in turns}
    for port in refused:
        port.give_turn_back(before[port.pk])
    return len(refused) < len(turns)
