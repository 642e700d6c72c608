"""Held openings: what they waited for is in place, or it is something else by now.

The register says what a meter takes; a meter that is seen open says more than that.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from hanportal.audit import log
from meters.headend import Clock
from meters.models import HanPort, Installation
from meters.states import DesiredState, ReportedState, ReportSource
from notifications.models import MessageKind
from orders import consequences, holds, intents, notices
from orders.deadlines import oslo_date
from orders.fulfilment import settling
from orders.models import Command, Consent, LifeEvent, Order, chains_of
from orders.reconciliation.point import REGISTER, LockedPoint, locked_point
from orders.states import OrderKind, OrderStatus


def carry_on_what_was_held(*, clock: Clock, batch: int) -> int:
    """Carry openings on whose meter takes no more than a command; says how many.

    Where it takes something else than before, they wait for that, and it is told.
    """
    today = oslo_date(clock())
    found: list[UUID] = list(
        _waiting_for_what_is_past(today).values_list("metering_point_id", flat=True)[
            :batch
        ]
    )
    carried = 0
    for point_id in found:
        with locked_point(point_id, today=today) as at:
            carried += _carry_on(at, now=clock())
    return carried


def settle_if_opened_by_hand(port: HanPort, *, by: log.Actor, at: datetime) -> bool:
    """Whether something waits here for a human, and its meter was seen open: then
    nothing closes it. What waits, an opening or an exchange, is settled if the meter
    itself has said so since.
    """
    if port.reported != ReportedState.OPEN or port.reported_at is None:
        return False
    today = oslo_date(at)
    order = holds.held_opening(port, on=today)
    if order is not None:
        if _has_said_so(port, since=order.placed_at):
            confirmed_at = port.reported_at
            fulfil_as_opened(order, port, confirmed_at=confirmed_at, by=by, at=at)
        return True
    events = _blocked_at(port, on=today)
    if events and _has_said_so(port, since=events[-1].found_at):
        _confirm_as_opened(events, port, confirmed_at=port.reported_at, by=by, at=at)
    return bool(events)


def take_back_if_opened_by_hand(port: HanPort, *, at: datetime) -> None:
    """Withdraw what is unsent and untrue, where `settle_if_opened_by_hand` settles.

    Locks messages, so it comes before anything that is written to the audit chain.
    """
    is_new = port.reported == ReportedState.OPEN and port.desired != DesiredState.OPEN
    if not is_new or port.meter.head_end.is_observing:
        return
    if Command.objects.live().filter(port=port).exists():
        return
    today = oslo_date(at)
    order = holds.held_opening(port, on=today)
    if order is not None:
        if _has_said_so(port, since=order.placed_at):
            _take_back_of_hold(order, port, at=at)
        return
    events = _blocked_at(port, on=today)
    if events and _has_said_so(port, since=events[-1].found_at):
        _take_back_of_events(events, port, at=at)


def fulfil_as_opened(
    order: Order,
    port: HanPort,
    *,
    confirmed_at: datetime,
    by: log.Actor,
    at: datetime,
) -> None:
    """Somebody opened the port at the meter, for an opening that waited for it."""
    _take_back_of_hold(order, port, at=at)
    holds.found_open(order, port, by=by, at=at)
    settling.fulfil(order, confirmed_at=confirmed_at, by=by, at=at)


def _has_said_so(port: HanPort, *, since: datetime) -> bool:
    """True where it is the meter's word, or a fitter's, and not older than that."""
    reported_at = port.reported_at
    is_meters_word = port.reported_source != ReportSource.REGISTER
    return is_meters_word and reported_at is not None and reported_at >= since


def _blocked_at(port: HanPort, *, on: date) -> list[LifeEvent]:
    """What waits for a human at this port, with a consent that permits the opening."""
    consent = Consent.objects.behind(port, on=on)
    if consent is None:
        return []
    waiting = LifeEvent.objects.waiting_at(port).filter(consent=consent)
    events = list(waiting.exclude(obstacle=""))
    if not events:
        return []
    for event in events:
        event.port = port
    held = Consent.objects.share_locked(consent.pk)
    return events if held.permits_opening(port, on=on) else []


def _take_back_of_hold(order: Order, port: HanPort, *, at: datetime) -> None:
    waiting = LifeEvent.objects.waiting_at(port).filter(consent=order.consent_id)
    events = list(waiting.exclude(obstacle=""))
    with log.together():
        notices.take_back_hold(order, at=at)
        _take_back_of_events(events, port, at=at)


def _take_back_of_events(
    events: Sequence[LifeEvent], port: HanPort, *, at: datetime
) -> None:
    with log.together():
        for event in events:
            notices.take_back_event(event, at=at)
        notices.take_back(MessageKind.PORT_CLOSED, port, at=at)


def _confirm_as_opened(
    events: Sequence[LifeEvent],
    port: HanPort,
    *,
    confirmed_at: datetime,
    by: log.Actor,
    at: datetime,
) -> None:
    """Somebody opened the new meter's port: the consent has gone on, and that is told.

    Nothing is under way for it.
    """
    _take_back_of_events(events, port, at=at)
    chain = log.customer_chain(events[0].customer_id)
    log.lock_chains(
        chain, log.head_end_chain(port.meter.head_end_id), *chains_of(events)
    )
    intents.want_as_it_is(port, chain=chain, by=by, at=at)
    for event in events:
        consequences.confirm(event, confirmed_at=confirmed_at, by=by, at=at)


def _waiting_for_what_is_past(today: date) -> QuerySet[Order]:
    """Held openings whose meter, which sits there, takes another thing or nothing."""
    here = Installation.objects.on(today).filter(
        metering_point=OuterRef("metering_point"), meter=OuterRef("port__meter")
    )
    blocked = LifeEvent.objects.unsettled().exclude(obstacle="")
    exchanged = Exists(blocked.filter(consent=OuterRef("consent")))
    capability = "port__meter__han_capability"
    takes_a_command = holds.takes_a_command("port__meter")
    takes_another = Q()
    for needs, reason in holds.REASONS.items():
        takes_another |= Q(**{capability: needs}) & ~Q(hold_reason=reason)
    held = Order.objects.live().filter(status=OrderStatus.ON_HOLD, kind=OrderKind.OPEN)
    permitted = Consent.objects.still_held(on=today)
    return held.filter(
        Exists(here),
        Exists(permitted.filter(pk=OuterRef("consent"))),
        # What an exchange brought about goes on by that road.
        (takes_a_command & ~exchanged) | (~takes_a_command & takes_another),
    ).order_by("id")


def _carry_on(at: LockedPoint, *, now: datetime) -> bool:
    """Look again under the locks; carry it on, or let it wait for something else."""
    here, order, consent = at.here, _held_here(at), at.consent
    if here is None or order is None or consent is None:
        return False
    reason = holds.reason_at(here)
    if reason is not None and reason == order.hold_reason:
        return False
    notices.take_back_hold(order, at=now)
    at.lock_chains()
    if reason is None:
        holds.settle_cases(order, by=REGISTER, at=now)
        intents.carry_open(here, consent=consent, order=order, by=REGISTER, at=now)
        return True
    order.port = here
    holds.hold(order, here, reason, by=REGISTER, at=now)
    notices.tell_hold(order, at=now)
    return True


def _held_here(at: LockedPoint) -> Order | None:
    """The opening that waits at the meter that sits here, if its consent permits it."""
    order, consent, here = at.order, at.consent, at.here
    if order is None or consent is None or here is None:
        return None
    is_held = order.status == OrderStatus.ON_HOLD and order.kind == OrderKind.OPEN
    is_here = order.port_id == here.pk and order.consent_id == consent.pk
    permits = is_held and is_here and consent.permits_opening(here, on=at.today)
    return order if permits else None
