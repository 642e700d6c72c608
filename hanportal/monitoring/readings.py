"""What the database says of our health: one look, for metrics and watchdogs alike.

Every question is answered from an index over what is unfinished, never from a table's
whole history, so that a look costs the same after ten years.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet

from hanportal.accounts.models import ApiUse
from hanportal.audit.log import Event
from hanportal.monitoring.models import SweepRun
from meters.headend import reads_back
from meters.models import HanPort, HeadEnd, RegisterDelivery
from meters.states import DesiredState
from notifications.models import Delivery
from orders.deadlines import oslo_date
from orders.models import (
    Callback,
    Case,
    ClosingBrake,
    Command,
    Exchange,
    Gate,
    Order,
    counts_against_the_brake,
    database_now,
    waiting_closings,
)

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
    closings_held: int
    """Automatic closings that wait for two people, or for midnight."""
    deliveries_held: int
    """Deliveries of the register that wait for two people."""
    ports_overdue: int
    port_overdue_for: timedelta
    port_unread_for: timedelta
    """How long a port that should be open has waited for its turn to be read."""
    head_ends: Mapping[str, HeadEndHealth]
    breakers_open_for: Mapping[str, timedelta]
    """How long a head-end's breaker has kept commands back; zero where it does not."""
    sweep_ages: Mapping[str, timedelta]
    """Since each sweep's last success, for those that ever succeeded."""
    audit_events: int
    api_requests: Sequence[tuple[str, str, int]]
    """Of the machine interface: client, outcome, and how many there ever were."""


def read(*, now: datetime) -> Readings:
    """Look once. Leases and delays by the database's clock, the rest by `now`."""
    at = database_now()
    active = list(HeadEnd.objects.filter(is_active=True).order_by("code"))
    away = [each for each in active if each.maintenance_at(now) is not None]
    return Readings(
        **_work(at=at, now=now),
        **_people(at=at, now=now),
        **_ports(at=at, now=now, away=away),
        **_braked(at=at, now=now, away=away),
        breakers_open_for=_breakers(active, now=now),
        deliveries_held=RegisterDelivery.objects.held().count(),
        port_unread_for=_unread_for(active, now=now),
        head_ends=_health(active, now=now),
        sweep_ages={
            run.name: _age(run.last_succeeded_at, at)
            for run in SweepRun.objects.order_by("name")
        },
        audit_events=Event.objects.estimated_count(),
        api_requests=ApiUse.objects.totals(),
    )


def _work(*, at: datetime, now: datetime) -> dict[str, Any]:
    expired = Command.objects.with_expired_lease(at=at)
    closings = Command.objects.live().filter(desired=DesiredState.CLOSED)
    callbacks = Callback.objects.waiting()
    return {
        "commands": _commands(),
        "expired_leases": expired.count(),
        "lease_expired_for": _age(_oldest(expired, "lease_expires_at"), at),
        "closing_for": _age(_oldest(closings, "queued_at"), now),
        "callbacks": callbacks.count(),
        "callback_waiting_for": _age(_oldest(callbacks, "received_at"), now),
    }


def _braked(*, at: datetime, now: datetime, away: Sequence[HeadEnd]) -> dict[str, Any]:
    """What some worker should have taken, and what the brake keeps it from.

    Nobody takes what waits for a head-end that is in maintenance.
    """
    room = max(ClosingBrake.objects.room(on=oslo_date(now)), 0)
    undone = Command.objects.left_undone(at=at)
    undone = undone.exclude(port__meter__head_end__in=away)
    if not room:
        undone = undone.exclude(counts_against_the_brake(now=now))
    waiting = waiting_closings(at=at, now=now).count()
    return {
        "command_due_for": _age(_oldest(undone, "not_before"), at),
        "closings_held": max(waiting - room, 0),
    }


def _people(*, at: datetime, now: datetime) -> dict[str, Any]:
    live = Order.objects.live()
    return {
        "orders": _counted(live, "status"),
        "order_live_for": _age(_oldest(live, "placed_at"), now),
        "orders_late": Order.objects.late(on=oslo_date(now)).count(),
        "notice_due_for": _age(_oldest(Delivery.objects.due(), "not_before"), at),
        "deliveries": {
            **_counted(Delivery.objects.unsettled(), "status"),
            **_counted(Delivery.objects.given_up(), "status"),
        },
        "cases": _counted(Case.objects.unsettled(), "kind"),
    }


def _ports(*, at: datetime, now: datetime, away: Sequence[HeadEnd]) -> dict[str, Any]:
    today = oslo_date(now)
    unwanted = HanPort.objects.open_unwanted(on=today)
    being_closed = Command.objects.live().values("port_id")
    overdue = HanPort.objects.read_back_overdue(at=at, on=today)
    overdue = overdue.exclude(meter__head_end__in=away)
    return {
        "ports_open_unwanted": unwanted.count(),
        "ports_left_open": unwanted.exclude(pk__in=being_closed).count(),
        "ports_overdue": overdue.count(),
        "port_overdue_for": _age(_oldest(overdue, "read_back_due_at"), at),
    }


def _breakers(head_ends: Sequence[HeadEnd], *, now: datetime) -> dict[str, timedelta]:
    """How long each breaker has kept commands back."""
    gates = Gate.objects.not_closed().filter(head_end__in=head_ends)
    since = dict(gates.values_list("head_end_id", "opened_at"))
    return {each.code: _age(since.get(each.id), now) for each in head_ends}


def _unread_for(head_ends: Sequence[HeadEnd], *, now: datetime) -> timedelta:
    """Since the longest unread port had its turn; else since it was seen to open."""
    readable = [head_end for head_end in head_ends if reads_back(head_end)]
    ports = HanPort.objects.seen_open_as_wanted(on=oslo_date(now)).filter(
        meter__head_end__in=readable
    )
    had_a_turn = ports.filter(asked_in_turn_at__isnull=False).longest_unasked_first()
    longest = had_a_turn.values_list("asked_in_turn_at", flat=True).first()
    never = _oldest(ports.filter(asked_in_turn_at__isnull=True), "reported_at")
    return max(_age(longest, now), _age(never, now))


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


def _oldest(rows: QuerySet[Any], column: str) -> datetime | None:
    moment: datetime | None = rows.order_by().aggregate(_=Min(column))["_"]
    return moment


def _health(head_ends: Sequence[HeadEnd], *, now: datetime) -> dict[str, HeadEndHealth]:
    counted = Exchange.objects.since(now - HEAD_END_WINDOW).counted()
    successes = Exchange.objects.since(now - LAST_SUCCESS_WINDOW).newest_success()
    found = {}
    for head_end in head_ends:
        exchanges, faults = counted.get(head_end.id, (0, 0))
        last = successes.get(head_end.id)
        found[head_end.code] = HeadEndHealth(
            exchanges=exchanges,
            faults=faults,
            last_success_age=None if last is None else _age(last.answered_at, now),
        )
    return found


def _age(since: datetime | None, at: datetime) -> timedelta:
    return NOTHING if since is None else max(at - since, NOTHING)
