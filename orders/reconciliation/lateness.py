"""Ports that should be open again by now, without any order that could be late."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from hanportal.audit import log
from meters.headend import Clock
from meters.models import HanPort
from meters.states import DesiredState
from orders.deadlines import WORKING_DAYS_TO_COMPLETE, due_date, late_from
from orders.models import Case, LifeEvent
from orders.reconciliation.point import REGISTER
from orders.states import CaseKind


def alarm_what_is_not_open_yet(*, clock: Clock, batch: int) -> int:
    """Open a Case where a new meter has not confirmed in time; says how many.

    The opening itself is tried on: the consent stands, so nothing is given up.
    """
    now = clock()
    found = _waiting_long(now).values_list("id", "port_id", "found_at")
    return sum(
        _alarm(event_id, port_id=port_id, now=now)
        for event_id, port_id, found_at in list(found[:batch])
        if late_from(due_date(found_at)) <= now
    )


def _waiting_long(now: datetime) -> QuerySet[LifeEvent]:
    alarmed = Case.objects.filter(
        kind=CaseKind.OPENING_OVERDUE,
        port=OuterRef("port"),
        opened_at__gte=OuterRef("found_at"),
    )
    return (
        LifeEvent.objects.unsettled()
        .filter(
            awaits=DesiredState.OPEN,
            obstacle="",
            order__isnull=True,
            found_at__lte=now - timedelta(days=WORKING_DAYS_TO_COMPLETE),
        )
        .exclude(Exists(alarmed))
        .order_by("found_at", "id")
    )


def _alarm(event_id: UUID, *, port_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        ports = HanPort.objects.select_related("meter__head_end")
        port = ports.locked().get(pk=port_id)
        event = _waiting_long(now).filter(pk=event_id).first()
        if event is None:
            return False
        Case.open_at_port(
            CaseKind.OPENING_OVERDUE,
            port=port,
            order=None,
            chain=log.customer_chain(event.customer_id),
            detail="The meter has not confirmed the opening in three working days.",
            by=REGISTER,
            at=now,
        )
        return True
