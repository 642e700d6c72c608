"""What the database says of our health: one look, for metrics and watchdogs alike.

Every question is answered from an index over what is unfinished, never from a table's
whole history, so that a look costs the same after ten years.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from hanportal.audit.log import Event
from hanportal.monitoring.models import SweepRun
from meters.models import HanPort, HeadEnd
from meters.states import DesiredState
from notifications.models import Delivery
from orders.deadlines import oslo_date
from orders.models import Callback, Case, Command, Exchange, Order, database_now

HEAD_END_WINDOW = timedelta(hours=1)
LAST_SUCCESS_WINDOW = timedelta(days=1)
NOTHING = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class HeadEndHealth:
    """How talking with one head-end went in the last hour."""

    exchanges: int
    faults: int
    last_success_age: timedelta | None
    """None when the last success is more than a day ago, or never was."""


@dataclass(frozen=True, kw_only=True)
class Readings:
    """One look at the database. An age of zero means that there is nothing to age."""

    commands: Mapping[tuple[str, str], int]
    """Live commands by head-end and status."""
    command_due_for: timedelta
    expired_leases: int
    lease_expired_for: timedelta
    closing_for: timedelta
    """How long the oldest unfinished closing has been under way."""
    orders: Mapping[str, int]
    """Live orders by status."""
    order_live_for: timedelta
    orders_late: int
    notice_due_for: timedelta
    deliveries: Mapping[str, int]
    """Deliveries on their way, and those that were given up, by status."""
    callbacks: int
    callback_waiting_for: timedelta
    cases: Mapping[str, int]
    """Unsettled cases by kind."""
    ports_open_unwanted: int
    ports_left_open: int
    """Those of them that no command is on its way to close."""
    ports_overdue: int
    port_overdue_for: timedelta
    head_ends: Mapping[str, HeadEndHealth]
    sweep_ages: Mapping[str, timedelta]
    """Since each sweep's last success, for those that ever succeeded."""
    audit_events: int


def read(*, now: datetime) -> Readings:
    """Look once. Leases and delays by the database's clock, the rest by `now`."""
    at = database_now()
    live = Command.objects.live()
    expired = Command.objects.with_expired_lease(at=at)
    undone = Command.objects.left_undone(at=at)
    live_orders = Order.objects.live()
    callbacks = Callback.objects.waiting()
    unwanted = HanPort.objects.open_unwanted()
    overdue = HanPort.objects.read_back_overdue(at=at)
    closings = live.filter(desired=DesiredState.CLOSED)
    return Readings(
        commands=_commands(),
        command_due_for=_age(undone.aggregate(_=Min("not_before"))["_"], at),
        expired_leases=expired.count(),
        lease_expired_for=_age(
            expired.order_by().aggregate(_=Min("lease_expires_at"))["_"], at
        ),
        closing_for=_age(closings.aggregate(_=Min("queued_at"))["_"], now),
        orders=_counted(live_orders, "status"),
        order_live_for=_age(live_orders.aggregate(_=Min("placed_at"))["_"], now),
        orders_late=Order.objects.late(on=oslo_date(now)).count(),
        notice_due_for=_notice_due_for(at),
        deliveries={
            **_counted(Delivery.objects.unsettled(), "status"),
            **_counted(Delivery.objects.given_up(), "status"),
        },
        callbacks=callbacks.count(),
        callback_waiting_for=_age(
            callbacks.order_by().aggregate(_=Min("received_at"))["_"], now
        ),
        cases=_counted(Case.objects.unsettled(), "kind"),
        ports_open_unwanted=unwanted.count(),
        ports_left_open=unwanted.exclude(pk__in=live.values("port_id")).count(),
        ports_overdue=overdue.count(),
        port_overdue_for=_age(overdue.aggregate(_=Min("read_back_due_at"))["_"], at),
        head_ends={
            head_end.code: _health(head_end, now=now)
            for head_end in HeadEnd.objects.filter(is_active=True).order_by("code")
        },
        sweep_ages={
            run.name: _age(run.last_succeeded_at, at)
            for run in SweepRun.objects.order_by("name")
        },
        audit_events=Event.objects.estimated_count(),
    )


def _commands() -> dict[tuple[str, str], int]:
    rows = (
        Command.objects.live()
        .values_list("port__meter__head_end__code", "status")
        .annotate(number=Count("id"))
        .order_by()
    )
    return {(code, status): number for code, status, number in rows}


def _counted(rows: QuerySet[Any], column: str) -> dict[str, int]:
    """How many rows there are of each value that occurs."""
    numbers = rows.order_by().values_list(column).annotate(number=Count("pk"))
    return dict(numbers)


def _notice_due_for(at: datetime) -> timedelta:
    oldest = Delivery.objects.due().values_list("not_before", flat=True).first()
    return _age(oldest, at)


def _health(head_end: HeadEnd, *, now: datetime) -> HeadEndHealth:
    theirs = Exchange.objects.filter(head_end=head_end)
    counts = theirs.since(now - HEAD_END_WINDOW).aggregate(
        exchanges=Count("id"), faults=Count("id", filter=~Q(fault=""))
    )
    last_success = (
        theirs.since(now - LAST_SUCCESS_WINDOW)
        .filter(fault="", answered_at__isnull=False)
        .order_by("-id")
        .values_list("answered_at", flat=True)
        .first()
    )
    age = None if last_success is None else _age(last_success, now)
    return HeadEndHealth(**counts, last_success_age=age)


def _age(since: datetime | None, at: datetime) -> timedelta:
    return NOTHING if since is None else max(at - since, NOTHING)
