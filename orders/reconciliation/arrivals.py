"""Who came to hold a point while its port stood open on somebody else's consent.

They are told from when, that it is being closed, and when it is closed: nothing about
who was there before.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from meters.headend import Clock
from meters.models import HanPort, Holding
from meters.states import DesiredState
from notifications.models import MessageKind
from orders import notices
from orders.consequences import midnight
from orders.deadlines import oslo_date
from orders.models import LifeEvent
from orders.reconciliation.point import REGISTER
from orders.states import ENDINGS, LifeEventKind

HORIZON = timedelta(days=365)
"""How long after an exposure was found the register may still say whose time it was."""

# Half-open Oslo days of somebody else's holding against the window of the exposure.
UNTOLD = """
SELECT event.id, event.port_id, holding.id
FROM orders_lifeevent AS event
JOIN meters_holding AS holding
    ON holding.metering_point_id = event.metering_point_id
    AND holding.customer_id <> event.customer_id
    AND holding.starts_on <= %(today)s
    AND holding.starts_on::timestamp AT TIME ZONE 'Europe/Oslo'
        < coalesce(event.exposed_until, 'infinity')
    AND coalesce(
        holding.ends_on::timestamp AT TIME ZONE 'Europe/Oslo', 'infinity'
    ) > event.exposed_from
WHERE event.exposed_from IS NOT NULL
    AND event.found_at > %(since)s
    AND event.kind = ANY(%(endings)s)
    AND event.undone_by_id IS NULL
    AND NOT EXISTS (
        SELECT FROM orders_lifeevent AS told
        WHERE told.follows_id = event.id
            AND told.customer_id = holding.customer_id
            AND told.kind = 'stood_open'
    )
ORDER BY event.found_at, event.id, holding.starts_on
LIMIT %(batch)s
"""


def tell_who_came(*, clock: Clock, batch: int) -> int:
    """Tell each holder in whose time a port stood open; says how many."""
    now = clock()
    facts: dict[str, Any] = {
        "today": oslo_date(now),
        "since": now - HORIZON,
        "endings": [str(kind) for kind in ENDINGS],
        "batch": batch,
    }
    with connection.cursor() as cursor:
        cursor.execute(UNTOLD, facts)
        found = cursor.fetchall()
    for event_id, port_id, holding_id in found:
        _tell(event_id, port_id=port_id, holding_id=holding_id, now=now)
    return len(found)


def _tell(event_id: UUID, *, port_id: UUID, holding_id: UUID, now: datetime) -> None:
    with transaction.atomic():
        port = HanPort.objects.select_related("meter").locked().get(pk=port_id)
        left_open = LifeEvent.objects.select_related("metering_point").get(pk=event_id)
        holding = Holding.objects.select_related("customer").get(pk=holding_id)
        told = left_open.followed_by.filter(
            kind=LifeEventKind.STOOD_OPEN, customer=holding.customer
        )
        if left_open.exposed_from is None or told.exists():
            return
        is_settled = left_open.settled_at is not None
        event = LifeEvent.note(
            LifeEventKind.STOOD_OPEN,
            metering_point=left_open.metering_point,
            customer=holding.customer,
            port=port,
            follows=left_open,
            effective_date=holding.starts_on,
            awaits=None if is_settled else DesiredState.CLOSED,
            exposed_from=max(left_open.exposed_from, midnight(holding.starts_on)),
            exposed_until=_end_of(left_open, holding),
            by=REGISTER,
            at=now,
        )
        kind = MessageKind.STOOD_OPEN
        if is_settled:
            kind = MessageKind.STOOD_OPEN_CLOSED
        notices.tell_event(kind, event, at=now)


def _end_of(left_open: LifeEvent, holding: Holding) -> datetime | None:
    """The end of the exposure in this holder's own time, where it has ended."""
    if left_open.exposed_until is None:
        return None
    if holding.ends_on is None:
        return left_open.exposed_until
    return min(left_open.exposed_until, midnight(holding.ends_on))
