"""The level-triggered loop: what a port is meant to be against what it was seen to be.

Commands are only attempts; this is what notices when an attempt came to nothing, when
a closed port opens late, and when a meter says something else than we believed.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from hanportal.audit import log
from meters.headend import Clock, Report, adapter_for
from meters.models import HanPort, HeadEnd
from meters.states import DesiredState, ReportedState, ReportSource
from orders import consequences, intents
from orders.deadlines import oslo_date
from orders.fulfilment import read_back, settling
from orders.fulfilment.connection import Connect, recorded_adapter
from orders.fulfilment.follow_up import CLOCK_TOLERANCE
from orders.models import Command, LifeEvent, Order, database_now
from orders.reconciliation import unreadable
from orders.reconciliation.alone import alone
from orders.reconciliation.holds import take_back_if_opened_by_hand
from orders.reconciliation.mending import RECONCILER, mend, show_held_closing
from orders.reconciliation.unreadable import DOUBT_ENDS_AFTER
from orders.states import OrderStatus

SWEEP_LOCK = 7_046_201
LONGEST_DOUBT_INTERVAL = timedelta(hours=1)


def reconcile_ports(
    *, head_end: HeadEnd, clock: Clock, connect: Connect = adapter_for
) -> int:
    """Read back the ports that are due and mend what differs; says how many."""
    with alone(SWEEP_LOCK) as is_alone:
        now = clock()
        if not is_alone or not HeadEnd.objects.may_be_spoken_to(head_end, now=now):
            return 0
        today = oslo_date(now)
        _notice_differences(head_end, today=today)
        asked_at = database_now()
        due = _claim_due(head_end, today=today, at=asked_at)
        if not due:
            return 0
        offered = recorded_adapter(
            head_end, clock=clock, connect=connect
        ).capabilities()
        if not offered.read_back:
            for port in due:
                unreadable.look_after(port, offered=offered, now=clock())
            return len(due)
        serials = [port.meter.serial for port in due]
        reports = read_back(head_end, serials, clock=clock, connect=connect)
        for port, report in zip(due, reports, strict=True):
            settle(port, report, asked_at=asked_at, now=clock())
        return len(due)


def _notice_differences(head_end: HeadEnd, *, today: date) -> None:
    """A port with nothing under way that differs from its intent must be read.

    So must one with an order that nothing serves. A meter that sits nowhere is history.
    """
    wanted = Order.objects.live().exclude(status=OrderStatus.ON_HOLD)
    (
        HanPort.objects.installed(on=today)
        .filter(
            ~Q(reported=F("desired")) | Q(pk__in=wanted.values("port_id")),
            # Nobody asked for some that were opened before the portal came.
            Q(generation__gt=0) | Q(reported=ReportedState.OPEN),
            meter__head_end=head_end,
            read_back_due_at__isnull=True,
        )
        .exclude(pk__in=Command.objects.live().values("port_id"))
        .ask_for_read_back(at=database_now())
    )


def _claim_due(head_end: HeadEnd, *, today: date, at: datetime) -> list[HanPort]:
    """Take the ports that are due; if we are lost, they are due again on their own.

    What differs comes first, and leaves a quarter to what is only looked at once more.
    """
    with transaction.atomic():
        due = (
            HanPort.objects.installed(on=today)
            .filter(meter__head_end=head_end, read_back_due_at__lte=at)
            .select_related("meter__head_end")
            .select_for_update(of=("self",), skip_locked=True)
        )
        most = head_end.max_concurrency
        ports = list(due.differing()[:most])
        # Meters that never answer must not keep the others from being looked at.
        left = max(most - len(ports), most // 4)
        others = list(due.as_wanted()[:left])
        ports = [*ports[: most - len(others)], *others]
        for port in ports:
            port.read_back_by(at + _interval())
    return ports


def settle(
    claimed: HanPort, report: Report, *, asked_at: datetime, now: datetime
) -> None:
    """Take in what a meter answered, and mend what differs.

    :param claimed: the port as it was when the meter was asked.
    :param asked_at: when that was, by the database's clock.
    """
    with transaction.atomic():
        port = (
            HanPort.objects.select_related("meter__head_end")
            .locked()
            .get(pk=claimed.pk)
        )
        if report.state is None or report.observed_at is None:
            _mend_unread(port, now=now)
            return
        port.was_read(at=now)
        register_was_wrong = (
            port.reported_source == ReportSource.REGISTER
            and port.reported == ReportedState.OPEN
            and port.desired == DesiredState.OPEN
            and report.state == ReportedState.CLOSED
        )
        is_known_closed = port.reported == ReportedState.CLOSED
        last_closed_at = port.reported_at if is_known_closed else None
        events = _observe(port, report.state, at=report.observed_at, now=now)
        # An old reading, or one older than a newer question, calls nothing off.
        is_settled = (
            report.observed_at >= asked_at - CLOCK_TOLERANCE
            and report.state == port.reported
        )
        if is_settled and port.read_back_due_at == claimed.read_back_due_at:
            port.read_back_by(_next_read_back(port, now=now))
        if Command.objects.live().filter(port=port).exists():
            return
        if register_was_wrong and port.reported == ReportedState.CLOSED:
            # It was closed all the time: nobody asked for it to be opened now.
            intents.abandon(port, chain=intents.chain_of(port), by=RECONCILER, at=now)
        elif port.reported != port.desired:
            mend(port, last_closed_at=last_closed_at, now=now)
        elif is_settled:
            _fulfil(port, events, confirmed_at=report.observed_at, now=now)


def _observe(
    port: HanPort, state: ReportedState, *, at: datetime, now: datetime
) -> list[LifeEvent]:
    """Take the sighting in; gives what waited for it, with every chain locked."""
    before = port.reported
    port.observe(state, at=at, source=ReportSource.READ_BACK)
    # Messages are locked before audit chains.
    take_back_if_opened_by_hand(port, at=now)
    events = consequences.waiting(port, chain=intents.chain_of(port))
    if before != port.reported:
        log.record(
            chain=intents.chain_of(port),
            what=f"port.read_back_{port.reported}",
            who=RECONCILER,
            on=log.Subject("han_port", port.id),
            at=now,
            facts={"desired": str(port.desired), "before": str(before)},
        )
    if port.reported == ReportedState.OPEN and port.desired == DesiredState.CLOSED:
        consequences.seen_open(events, seen_at=at, by=RECONCILER, at=now)
    return events


def _fulfil(
    port: HanPort,
    events: Sequence[LifeEvent],
    *,
    confirmed_at: datetime,
    now: datetime,
) -> None:
    """What was wished is true, although the commands for it came to nothing."""
    order = intents.live_order_at(port)
    if order is not None and intents.serves(order, port):
        settling.fulfil(order, confirmed_at=confirmed_at, by=RECONCILER, at=now)
    consequences.confirmed(
        events,
        DesiredState(port.desired),
        confirmed_at=confirmed_at,
        by=RECONCILER,
        at=now,
    )


def _mend_unread(port: HanPort, *, now: datetime) -> None:
    """What may be open without a consent is closed without waiting for a reading."""
    if port.desired == DesiredState.OPEN:
        return
    openings = Command.objects.in_doubt(port).filter(desired=DesiredState.OPEN)
    if port.reported_at is not None:
        openings = openings.filter(claimed_at__gt=port.reported_at)
    may_be_open = port.reported == ReportedState.OPEN or openings.exists()
    if not may_be_open or show_held_closing(port, now=now):
        return
    if not Command.objects.live().filter(port=port).exists():
        mend(port, last_closed_at=None, now=now)


def _next_read_back(port: HanPort, *, now: datetime) -> datetime | None:
    """When to look again: while an older command may still be executed late."""
    doubts = list(Command.objects.in_doubt(port))
    ages = [now - (doubt.ended_at or doubt.queued_at) for doubt in doubts]
    for doubt, age in zip(doubts, ages, strict=True):
        if age > DOUBT_ENDS_AFTER:
            doubt.resolve_doubt()
    youngest = min((age for age in ages if age <= DOUBT_ENDS_AFTER), default=None)
    if youngest is None:
        return None
    wait = min(max(youngest, _interval()), LONGEST_DOUBT_INTERVAL)
    return database_now() + wait


def _interval() -> timedelta:
    return timedelta(seconds=settings.READ_BACK_INTERVAL_SECONDS)
