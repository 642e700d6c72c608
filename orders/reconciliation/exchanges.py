"""Meters that were exchanged: the consent goes on, at the meter that sits there now.

A consent binds a person and a point, a port's state binds the meter. The old meter's
state is history; where it turns up again, it must be closed unless someone consented.
"""

from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from hanportal.audit import log
from meters.headend import Clock
from meters.models import HanPort, Installation
from meters.states import DesiredState
from notifications.models import MessageKind
from orders import holds, intents, notices
from orders.deadlines import oslo_date
from orders.models import Case, Command, Consent, LifeEvent, Order, chains_of
from orders.reconciliation.point import (
    REGISTER,
    LockedPoint,
    locked_point,
    sits_somewhere,
)
from orders.states import CaseKind, HoldReason, LifeEventKind, OrderKind, OrderStatus

# Consents that hold, whose point's present meter nobody wants open; only where another
# meter or a command served them before. A consent from an older system says nothing of
# our intents: only where the meter before this one was open on it, and was never opened
# by us. What waits for a module or a visit is left to wait. The few whose port sleeps
# are found first, or each consent would cost every other look.
UNSERVED = """
WITH asleep AS MATERIALIZED (
    SELECT consent.id, consent.restored_from_id, consent.metering_point_id,
        port.id AS port_id, consent.channel = 'legacy' AS is_legacy,
        consent.restored_from_id IS NOT NULL
            OR consent.meter_serial <> meter.serial AS was_elsewhere
    FROM orders_consent AS consent
    JOIN meters_installation AS installation
        ON installation.metering_point_id = consent.metering_point_id
        AND installation.starts_on <= %(today)s
        AND (installation.ends_on IS NULL OR installation.ends_on > %(today)s)
    JOIN meters_hanport AS port
        ON port.meter_id = installation.meter_id AND port.desired = 'closed'
    JOIN meters_meter AS meter ON meter.id = installation.meter_id
    WHERE consent.ended_at IS NULL
)
SELECT asleep.metering_point_id FROM asleep
WHERE (
    (was_elsewhere AND NOT is_legacy)
    OR EXISTS (
        SELECT FROM orders_command AS served
        WHERE served.consent_id IN (asleep.id, asleep.restored_from_id)
    )
    OR (is_legacy AND EXISTS (
        SELECT FROM meters_installation AS former
        JOIN meters_hanport AS left_open ON left_open.meter_id = former.meter_id
        WHERE former.metering_point_id = asleep.metering_point_id
            AND former.starts_on <= %(today)s
            AND left_open.id <> asleep.port_id
            AND (left_open.desired = 'open' OR left_open.reported = 'open')
            AND NOT EXISTS (
                SELECT FROM orders_command AS opened
                WHERE opened.port_id = left_open.id AND opened.desired = 'open'
            )
    )))
    AND NOT EXISTS (
        SELECT FROM orders_order AS held
        WHERE held.consent_id = asleep.id AND held.status = 'on_hold'
    )
    AND NOT EXISTS (
        SELECT FROM orders_lifeevent AS waiting
        WHERE waiting.consent_id = asleep.id
            AND waiting.settled_at IS NULL AND waiting.obstacle <> ''
    )
LIMIT %(batch)s
"""


def carry_over_to_new_meters(*, clock: Clock, batch: int) -> int:
    """Carry consents and orders on to the meters that sit there now; says how many."""
    today = oslo_date(clock())
    found = [
        *_unserved(today, batch=batch),
        *_left_behind(today).values_list("metering_point_id", flat=True)[:batch],
        *_unblocked(today).values_list("metering_point_id", flat=True)[:batch],
    ]
    carried = 0
    for point_id in dict.fromkeys(found[:batch]):
        with locked_point(point_id, today=today) as at:
            carried += _carry_over(at, now=clock())
    return carried


def close_what_nobody_wants(*, clock: Clock, batch: int) -> int:
    """Close ports that no consent stands behind any more, and retire those nowhere."""
    today = oslo_date(clock())
    wanted = HanPort.objects.filter(desired=DesiredState.OPEN)
    behind = Consent.objects.at_meter(OuterRef("meter_id"), on=today)
    stray = list(wanted.filter(~Exists(behind)).values_list("id", flat=True)[:batch])
    nowhere = HanPort.objects.nowhere(on=today)
    busy = nowhere.filter(pk__in=Command.objects.live().values("port_id"))
    stray += busy.values_list("id", flat=True)[:batch]
    to_be_read = nowhere.filter(read_back_due_at__isnull=False)
    stray += to_be_read.values_list("id", flat=True)[:batch]
    closed = 0
    for port_id in dict.fromkeys(stray[:batch]):
        closed += _let_go(port_id, today=today, now=clock())
    return closed


def settle_what_was_overtaken(*, clock: Clock, batch: int) -> int:
    """End the waiting of events about which something newer decides; says how many."""
    today = oslo_date(clock())
    found = list(_overtaken(today).values_list("id", "port_id")[:batch])
    for event_id, port_id in found:
        with transaction.atomic():
            HanPort.objects.locked().get(pk=port_id)
            events = _overtaken(today).filter(pk=event_id).select_related(None)
            event = events.select_for_update(of=("self",)).first()
            if event is None:
                continue
            if event.awaits == DesiredState.OPEN:
                notices.take_back_event(event, at=clock())
            event.overtake(by=REGISTER, at=clock())
    return len(found)


def _unserved(today: date, *, batch: int) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(UNSERVED, {"today": today, "batch": batch})
        return [point_id for (point_id,) in cursor.fetchall()]


def _left_behind(today: date) -> QuerySet[Order]:
    """Orders under way at a meter that is no longer the one at their point."""
    here = Installation.objects.on(today).filter(
        metering_point=OuterRef("metering_point")
    )
    return (
        Order.objects.live()
        .filter(Exists(here))
        .exclude(Exists(here.filter(meter=OuterRef("port__meter"))))
    )


def _unblocked(today: date) -> QuerySet[LifeEvent]:
    """Exchanges that had to wait, and whose meter can be opened from here by now."""
    here = Installation.objects.on(today).filter(
        metering_point=OuterRef("metering_point")
    )
    remote = here.filter(holds.takes_a_command("meter"))
    return (
        LifeEvent.objects.unsettled()
        .exclude(obstacle="")
        .filter(consent__ended_at__isnull=True)
        .filter(
            Exists(remote)
            | (Exists(here) & ~Exists(here.filter(meter=OuterRef("port__meter"))))
        )
    )


def _overtaken(today: date) -> QuerySet[LifeEvent]:
    here = Installation.objects.on(today).filter(
        metering_point=OuterRef("metering_point"), meter=OuterRef("port__meter")
    )
    closed = Q(awaits=DesiredState.CLOSED)
    opened = Q(awaits=DesiredState.OPEN, obstacle="")
    return LifeEvent.objects.unsettled().filter(
        (closed & ~Q(port__desired=DesiredState.CLOSED))
        | (opened & ~Q(port__desired=DesiredState.OPEN))
        | (Q(obstacle="") & ~Exists(here))
        | (~Q(obstacle="") & Q(consent__ended_at__isnull=False))
    )


def _carry_over(at: LockedPoint, *, now: datetime) -> bool:
    """Look again under the locks, and carry on what is not served where it should."""
    here, order, consent = at.here, at.order, at.consent
    if here is None:
        return False
    if order is not None and order.kind == OrderKind.CLOSE:
        return _close_here(at, here, order, now=now)
    held = Consent.objects.still_held(on=at.today)
    if consent is None or not held.filter(pk=consent.pk).exists():
        return False
    obstacles = _obstacles(consent)
    is_served = here.desired == DesiredState.OPEN
    waits = order is not None and order.status == OrderStatus.ON_HOLD
    is_moved = order is not None and order.port_id != here.pk
    if not is_moved and (is_served or (waits and not obstacles)):
        return False
    is_blocked_here = any(event.port_id == here.pk for event in obstacles)
    if is_blocked_here and holds.reason_at(here) is not None:
        return False
    _open_here(at, here, consent, obstacles, now=now)
    return True


def _obstacles(consent: Consent) -> list[LifeEvent]:
    waiting = LifeEvent.objects.unsettled().filter(consent=consent)
    return list(
        waiting.exclude(obstacle="").order_by("id").select_for_update(of=("self",))
    )


def _open_here(
    at: LockedPoint,
    here: HanPort,
    consent: Consent,
    obstacles: list[LifeEvent],
    *,
    now: datetime,
) -> None:
    order = at.order
    reason = holds.reason_at(here)
    obstacle = "" if reason is None else here.meter.han_capability
    _take_back_what_was_told(at, obstacles, now=now)
    at.lock_chains(*chains_of(obstacles))
    for event in obstacles:
        event.overtake(by=REGISTER, at=now)
    _let_go_elsewhere(at, now=now)
    if order is not None and order.port_id != here.pk:
        order.carry_over(here, by=REGISTER, at=now)
    if reason is not None:
        _wait_here(here, reason, order, consent, now=now)
    else:
        intents.carry_open(here, consent=consent, order=order, by=REGISTER, at=now)
    event = LifeEvent.note(
        LifeEventKind.METER_EXCHANGED,
        metering_point=at.point,
        customer=consent.customer,
        consent=consent,
        order=order,
        port=here,
        effective_date=_installed_on(here, today=at.today),
        awaits=DesiredState.OPEN,
        obstacle=obstacle,
        by=REGISTER,
        at=now,
    )
    kind = MessageKind.EXCHANGE_ON_HOLD if obstacle else MessageKind.METER_EXCHANGED
    notices.tell_event(kind, event, at=now)


def _take_back_what_was_told(
    at: LockedPoint, obstacles: list[LifeEvent], *, now: datetime
) -> None:
    """What is unsent and no longer true once the consent goes on at another meter."""
    with log.together():
        for port in at.elsewhere:
            notices.take_back(MessageKind.PORT_OPEN, port, at=now)
        for event in obstacles:
            notices.take_back_event(event, at=now)
        if at.order is not None:
            notices.take_back_hold(at.order, at=now)


def _wait_here(
    here: HanPort,
    reason: HoldReason,
    order: Order | None,
    consent: Consent,
    *,
    now: datetime,
) -> None:
    """The new meter takes a module or a visit: a human must see to it."""
    if order is not None:
        holds.hold(order, here, reason, by=REGISTER, at=now)
        return
    Case.open_at_port(
        CaseKind.NEW_METER_CANNOT_OPEN,
        port=here,
        order=order,
        chain=log.customer_chain(consent.customer_id),
        detail=f"The new meter can't be opened from here: {here.meter.han_capability}.",
        by=REGISTER,
        at=now,
    )


def _close_here(at: LockedPoint, here: HanPort, order: Order, *, now: datetime) -> bool:
    """A closing goes on at the meter that sits there now."""
    if order.port_id == here.pk:
        return False
    at.lock_chains()
    _let_go_elsewhere(at, now=now)
    order.carry_over(here, by=REGISTER, at=now)
    intents.want_closed(here, order=order, by=REGISTER, at=now)
    return True


def _let_go_elsewhere(at: LockedPoint, *, now: datetime) -> None:
    for port in at.elsewhere:
        _close_or_retire(port, today=at.today, now=now)


def _let_go(port_id: UUID, *, today: date, now: datetime) -> bool:
    with transaction.atomic():
        port = (
            HanPort.objects.select_related("meter__head_end").locked().get(pk=port_id)
        )
        is_wanted = port.desired == DesiredState.OPEN
        if sits_somewhere(port, today=today) and not is_wanted:
            return False
        live = Command.objects.live().filter(port=port)
        chains = {c.chain for c in live.select_related("order__placement")}
        log.lock_chains(log.head_end_chain(port.meter.head_end_id), *chains)
        return _close_or_retire(port, today=today, now=now)


def _close_or_retire(port: HanPort, *, today: date, now: datetime) -> bool:
    chain = log.head_end_chain(port.meter.head_end_id)
    if not sits_somewhere(port, today=today):
        intents.retire(port, chain=chain, by=REGISTER, at=now)
        return True
    if Consent.objects.behind(port, on=today) is not None:
        return False
    intents.close_after(port, consent=None, chain=chain, by=REGISTER, at=now)
    return True


def _installed_on(port: HanPort, *, today: date) -> date:
    starts_on: date = Installation.objects.on(today).get(meter=port.meter_id).starts_on
    return starts_on
