"""Closes the cases whose subject is no longer true, so that people see what is left."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from hanportal.audit import log
from meters.headend import Clock, Fault
from meters.models import HanPort
from meters.states import DesiredState, ReportedState
from orders.models import Case, Command, Exchange
from orders.states import (
    HOLD_CASES,
    LIVE_ORDER_STATUSES,
    CaseEnd,
    CaseKind,
    CommandStatus,
    OrderStatus,
)

SETTLER = log.Actor(log.ActorKind.SYSTEM, "case-sweep")
BATCH = 200
ABOUT_COMMANDS = (
    CaseKind.COMMAND_DEAD,
    CaseKind.COMMAND_REJECTED,
    CaseKind.COMMAND_EXPIRED,
)


def close_what_is_over(*, clock: Clock) -> int:
    """Close what settled itself at ports and at head-ends; says how many."""
    at_ports = Case.objects.unsettled().filter(_is_over()).order_by("opened_at", "id")
    found = list(at_ports.values_list("id", "port_id")[:BATCH])
    closed = sum(
        close_if_over(case_id, port_id=port_id, now=clock())
        for case_id, port_id in found
        if port_id is not None
    )
    refused = Case.objects.unsettled().filter(kind=CaseKind.HEAD_END_REFUSES_US)
    for case in list(refused.order_by("opened_at", "id")):
        closed += _close_at_head_end(case.id, now=clock())
    return closed


def _is_over() -> Q:
    """The meter is as it should be, in what the case was about."""
    wanted_open = Q(port__desired=DesiredState.OPEN)
    is_open = wanted_open & Q(port__reported=ReportedState.OPEN)
    is_closed = ~wanted_open & Q(port__reported=ReportedState.CLOSED)
    asked_open = Q(command__desired=DesiredState.OPEN)
    asked_closed = Q(command__desired=DesiredState.CLOSED)
    is_held_no_more = ~Q(order__status=OrderStatus.ON_HOLD) | ~Q(order__port=F("port"))
    was_taken_back = Q(order__isnull=False) & ~Q(
        order__status__in=[*LIVE_ORDER_STATUSES, OrderStatus.COMPLETED]
    )
    return (
        Q(kind=CaseKind.OPEN_WITHOUT_CONSENT) & (is_closed | wanted_open)
        | Q(kind__in=ABOUT_COMMANDS)
        & Q(port__reported_at__gt=F("opened_at"))
        & ((asked_open & is_open) | (asked_closed & is_closed))
        | Q(kind=CaseKind.NEW_METER_CANNOT_OPEN) & (is_open | was_taken_back)
        | Q(kind=CaseKind.PORT_SILENT) & ~wanted_open
        | Q(kind__in=list(HOLD_CASES.values())) & is_held_no_more
        | Q(kind=CaseKind.OPENING_OVERDUE) & (is_open | ~wanted_open)
        | Q(kind=CaseKind.CLOSING_HELD)
        & (wanted_open | (is_closed & Q(port__reported_at__gt=F("opened_at"))))
    )


def close_if_over(case_id: UUID, *, port_id: UUID, now: datetime) -> bool:
    """Close this case about a port, if the port is as it should be; says whether."""
    with transaction.atomic():
        port = HanPort.objects.locked().get(pk=port_id)
        case = (
            Case.objects.unsettled()
            .filter(_is_over(), pk=case_id)
            .select_related("order__placement")
            .select_for_update(of=("self",))
            .first()
        )
        if case is None:
            return False
        until = _closed_at(case, port) or now
        case.close(CaseEnd.OVER, by=SETTLER, at=now, exposed_until=until)
        return True


def _closed_at(case: Case, port: HanPort) -> datetime | None:
    """When the exposure ended by the meter's word; None where a consent ended it."""
    if port.reported != ReportedState.CLOSED or port.reported_at is None:
        return None
    confirmed = (
        Command.objects.filter(
            port=port,
            desired=DesiredState.CLOSED,
            status=CommandStatus.CONFIRMED,
            ended_at__gt=case.exposed_from or case.opened_at,
        )
        .order_by("ended_at", "id")
        .values_list("ended_at", flat=True)
        .first()
    )
    return min(port.reported_at, confirmed or port.reported_at)


def _close_at_head_end(case_id: UUID, *, now: datetime) -> bool:
    """It lets us in again: its newest answer is none that refuses us."""
    with transaction.atomic():
        cases = Case.objects.unsettled().select_for_update()
        case = cases.filter(pk=case_id).first()
        if case is None:
            return False
        newest = (
            Exchange.objects.filter(head_end=case.head_end_id, command__isnull=False)
            .since(case.opened_at)
            .filter(Q(fault="") | Q(fault=Fault.AUTH), answered_at__isnull=False)
            .order_by("-id")
            .first()
        )
        if newest is None or newest.fault == Fault.AUTH:
            return False
        case.close(CaseEnd.OVER, by=SETTLER, at=now)
        return True
