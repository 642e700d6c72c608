"""Consents whose giver has left, whose point is out of use, or whose giver has died.

The consent ends, the order under way ends with it, and the port is closed.
"""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from hanportal.audit import log
from meters.headend import Clock
from meters.models import HanPort, Holding, MeteringPoint
from meters.states import DesiredState, ReportedState
from notifications.models import MessageKind
from orders import intents, notices
from orders.consequences import midnight
from orders.deadlines import oslo_date
from orders.models import Consent, LifeEvent, Order
from orders.reconciliation.point import (
    REGISTER,
    LockedPoint,
    locked_point,
    point_at,
    sits_somewhere,
)
from orders.states import ENDINGS, LifeEventKind, OrderStatus

NEWS = {
    LifeEventKind.MOVED_OUT: MessageKind.MOVED_OUT,
    LifeEventKind.POINT_DEACTIVATED: MessageKind.POINT_DEACTIVATED,
}
"""What the giver is told. Nobody is written to after a death."""


def end_what_no_longer_holds(*, clock: Clock, batch: int) -> int:
    """End the consents whose giver does not hold the point today; says how many."""
    today = oslo_date(clock())
    consents = Consent.objects
    found: list[UUID] = []
    for gone in (
        consents.no_longer_held(on=today),
        consents.held_with_a_gap(on=today),
    ):
        found += gone.values_list("metering_point_id", flat=True)[:batch]
    ended = 0
    for point_id in dict.fromkeys(found[:batch]):
        with locked_point(point_id, today=today) as at:
            ended += _end_where_it_no_longer_holds(at, now=clock())
    return ended


def end_consents_of_the_dead(*, clock: Clock, batch: int) -> int:
    """End what people who have died consented to; says how many."""
    today = oslo_date(clock())
    found = Consent.objects.of_the_dead(on=today)
    ended = 0
    for point_id in list(found.values_list("metering_point_id", flat=True)[:batch]):
        with locked_point(point_id, today=today) as at:
            ended += _end_of_the_dead(at, now=clock())
    return ended


def make_room_for_holder(
    places: Collection[tuple[HanPort, MeteringPoint]], *, also_in: str, now: datetime
) -> None:
    """End what somebody left behind at these points, before the holder's own wish.

    The caller holds the ports' locks and has written nothing to the audit yet.

    :param also_in: the chain that the caller itself will write to.
    """
    today = oslo_date(now)
    points = [point_at(port, point, today=today) for port, point in places]
    full = [at for at in points if _has_somebody_elses(at, also_in)]
    for at in full:
        _take_back_what_was_told(at, now=now)
    chains = {chain for at in full for chain in at.chains()}
    if chains:
        log.lock_chains(also_in, *chains)
    for at in full:
        consent = _no_longer_held(at)
        if consent is not None:
            _end_and_tell(at, consent, now=now)
        else:
            _end_of_the_dead(at, now=now)


def _has_somebody_elses(at: LockedPoint, chain: str) -> bool:
    is_foreign = at.order is not None and _chain_of(at.order) != chain
    return is_foreign or _no_longer_held(at) is not None or _of_the_dead(at) is not None


def _of_the_dead(at: LockedPoint) -> Consent | None:
    dead = Consent.objects.of_the_dead(on=at.today).filter(metering_point=at.point.pk)
    return dead.select_related("customer").first()


def _end_of_the_dead(at: LockedPoint, *, now: datetime) -> bool:
    consent = _of_the_dead(at)
    if consent is None or consent.customer.died_on is None:
        return False
    _take_back_what_was_told(at, now=now)
    at.lock_chains()
    died_on = consent.customer.died_on
    _end(at, consent, LifeEventKind.HOLDER_DIED, effective_date=died_on, now=now)
    return True


def _end_where_it_no_longer_holds(at: LockedPoint, *, now: datetime) -> bool:
    """Look again under the locks, and end it; False where it holds after all."""
    consent = _no_longer_held(at)
    if consent is None:
        return False
    _take_back_what_was_told(at, now=now)
    at.lock_chains()
    _end_and_tell(at, consent, now=now)
    return True


def _end_and_tell(at: LockedPoint, consent: Consent, *, now: datetime) -> None:
    kind, effective_date = _what_happened(consent, at)
    event = _end(at, consent, kind, effective_date=effective_date, now=now)
    notices.tell_event(NEWS[kind], event, at=now)


def _end(
    at: LockedPoint,
    consent: Consent,
    kind: LifeEventKind,
    *,
    effective_date: date,
    now: datetime,
) -> LifeEvent:
    order = at.order if _is_under(at.order, consent) else None
    served = _served_port(at)
    exposed_from = _exposed_from(served, consent, effective_date)
    consent.end(ENDINGS[kind], by=REGISTER, at=now)
    if order is not None:
        order.transition_to(
            OrderStatus.SUPERSEDED, by=REGISTER, at=now, reason=str(kind)
        )
    awaits = None
    for port in at.ports:
        if _close(port, consent, at, now=now) and port == served:
            awaits = DesiredState.CLOSED
    return LifeEvent.note(
        kind,
        metering_point=at.point,
        customer=consent.customer,
        consent=consent,
        order=order,
        port=served,
        effective_date=effective_date,
        awaits=awaits,
        exposed_from=exposed_from,
        exposed_until=now if exposed_from and awaits is None else None,
        by=REGISTER,
        at=now,
    )


def _close(port: HanPort, consent: Consent, at: LockedPoint, *, now: datetime) -> bool:
    """True where the meter must now confirm that it is closed."""
    chain = log.customer_chain(consent.customer_id)
    if not sits_somewhere(port, today=at.today):
        intents.retire(port, chain=chain, by=REGISTER, at=now)
        return False
    if port != at.here and Consent.objects.behind(port, on=at.today) is not None:
        return False
    command = intents.close_after(
        port, consent=consent, chain=chain, by=REGISTER, at=now
    )
    return command is not None


def _what_happened(consent: Consent, at: LockedPoint) -> tuple[LifeEventKind, date]:
    if not at.point.is_active:
        return LifeEventKind.POINT_DEACTIVATED, at.today
    given_on = oslo_date(consent.given_at)
    theirs = Holding.objects.filter(
        metering_point=at.point, customer=consent.customer_id
    )
    endings = theirs.left(on=at.today).values_list("ends_on", flat=True)
    since = endings.filter(ends_on__gt=given_on).order_by("ends_on").first()
    before = endings.filter(ends_on__lte=given_on).order_by("-ends_on").first()
    # Who never held it by what the register says now never had a ground to consent.
    return LifeEventKind.MOVED_OUT, since or before or given_on


def _no_longer_held(at: LockedPoint) -> Consent | None:
    if at.consent is None:
        return None
    held = Consent.objects.still_held(on=at.today).filter(pk=at.consent.pk)
    return None if held.exists() else at.consent


def _chain_of(order: Order) -> str:
    return log.customer_chain(order.placement.customer_id)


def _is_under(order: Order | None, consent: Consent) -> bool:
    return order is not None and order.consent_id == consent.pk


def _served_port(at: LockedPoint) -> HanPort | None:
    """The port that the consent was about: the wanted one, else the one here."""
    wanted = [port for port in at.ports if port.desired == DesiredState.OPEN]
    return next(iter((*wanted, *at.ports)), None)


def _exposed_from(
    port: HanPort | None, consent: Consent, effective_date: date
) -> datetime | None:
    """Since when it stood open on a consent that no longer held; None if it did not."""
    if port is None or port.reported != ReportedState.OPEN:
        return None
    opened_at = (
        consent.orders.filter(confirmed_at__isnull=False)
        .order_by("-confirmed_at")
        .values_list("confirmed_at", flat=True)
        .first()
    )
    begun = midnight(effective_date)
    return begun if opened_at is None else max(begun, opened_at)


def _take_back_what_was_told(at: LockedPoint, *, now: datetime) -> None:
    """Locks messages, so it comes before anything that is written to the audit."""
    for port in at.ports:
        notices.take_back(MessageKind.PORT_OPEN, port, at=now)
    if at.order is not None:
        notices.take_back_receipt(at.order, at=now)
