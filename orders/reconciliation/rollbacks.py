"""The register takes back what ended a consent: its giver held the point all along.

What the meter has not confirmed closed is opened again under a consent that carries
the evidence on. What is closed stays closed, and the customer may order it again.
"""

from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from hanportal.accounts.models import Ground
from hanportal.audit import log
from meters.headend import Clock
from meters.models import Holding
from meters.states import DesiredState, ReportedState
from notifications.models import MessageKind
from orders import holds, intents, notices
from orders.deadlines import oslo_date
from orders.models import Consent, LifeEvent, chains_of
from orders.reconciliation.point import REGISTER, LockedPoint, locked_point
from orders.states import LifeEventKind, OrderKind

HORIZON = timedelta(days=365)
"""Older endings are not taken back by themselves: the customer orders again."""


def restore_what_was_rolled_back(*, clock: Clock, batch: int) -> int:
    """Take back the endings that the register has taken back; says how many."""
    now = clock()
    today = oslo_date(now)
    found = _rolled_back(now=now).values_list("id", "metering_point_id")
    undone = 0
    for event_id, point_id in list(found[:batch]):
        with locked_point(point_id, today=today) as at:
            event = (
                _rolled_back(now=now)
                .select_related("customer", "consent__terms")
                .select_for_update(of=("self",))
                .filter(pk=event_id)
                .first()
            )
            if event is not None and event.consent is not None:
                _roll_back(at, event, event.consent, now=now)
                undone += 1
    return undone


def _rolled_back(*, now: datetime) -> QuerySet[LifeEvent]:
    """Endings whose customer holds the point, without a gap over the date it ended.

    Nothing is restored to the dead but what their estate gave.
    """
    today = oslo_date(now)
    theirs = Holding.objects.filter(
        metering_point=OuterRef("metering_point"), customer=OuterRef("customer")
    )
    over_the_date = theirs.filter(starts_on__lte=OuterRef("effective_date"))
    ended = Holding.objects.filter(
        metering_point=OuterRef("metering_point"),
        customer=OuterRef("customer"),
        ends_on__gte=OuterRef("effective_date"),
    ).left(on=today)
    return (
        LifeEvent.objects.reversible()
        .filter(found_at__gt=now - HORIZON, metering_point__is_active=True)
        .filter(Exists(theirs.on(today)))
        .filter(Exists(over_the_date))
        .filter(~Exists(ended))
        .exclude(_of_the_dead(on=today))
        .order_by("-found_at", "-id")
    )


def _of_the_dead(*, on: date) -> Q:
    """Nothing is restored that a death would end; what their estate gave is."""
    died = Q(customer__died_on__lte=on)
    return died & ~Q(consent__representation__ground=Ground.ESTATE)


def _roll_back(
    at: LockedPoint, event: LifeEvent, consent: Consent, *, now: datetime
) -> None:
    """The newest truth decides: a consent given since stands, whoever gave it.

    So does a closing that somebody ordered: it is carried out, and told.
    """
    has_new_wish = at.consent is not None
    is_closed = event.confirmed_at is not None or (
        at.here is not None and at.here.reported == ReportedState.CLOSED
    )
    is_being_closed = at.order is not None and at.order.kind == OrderKind.CLOSE
    followers = _followers(event)
    for each in (event, *followers):
        notices.take_back_event(each, at=now)
    at.lock_chains(
        log.customer_chain(consent.customer_id), *chains_of((event, *followers))
    )
    restored = None
    if not (has_new_wish or is_closed or is_being_closed):
        restored = _restore(at, event, consent, now=now)
    rollback = LifeEvent.note(
        LifeEventKind.ROLLED_BACK,
        metering_point=at.point,
        customer=event.customer,
        consent=restored or consent,
        port=at.here,
        follows=event,
        effective_date=event.effective_date,
        awaits=DesiredState.OPEN if restored and _is_wanted_open(at) else None,
        by=REGISTER,
        at=now,
    )
    for each in (*followers, event):
        each.undo(rollback=rollback, by=REGISTER, at=now)
    if has_new_wish:
        return
    kind = MessageKind.CONSENT_NOT_RESTORED
    if restored is not None:
        kind = MessageKind.CONSENT_RESTORED
    notices.tell_event(kind, rollback, at=now)


def _followers(event: LifeEvent) -> list[LifeEvent]:
    """Whoever was told that the port stood open in their time, and still waits."""
    told = event.followed_by.filter(settled_at__isnull=True)
    return list(told.order_by("id").select_for_update(of=("self",)))


def _restore(
    at: LockedPoint, event: LifeEvent, consent: Consent, *, now: datetime
) -> Consent:
    """Opened again where something had to be closed; one from before the portal may
    never have been wanted open."""
    restored = consent.restore(by=REGISTER, at=now)
    was_asked_for = event.awaits == DesiredState.CLOSED or not consent.is_legacy
    if at.here is not None and was_asked_for and _can_open(at):
        intents.carry_open(at.here, consent=restored, order=None, by=REGISTER, at=now)
    return restored


def _is_wanted_open(at: LockedPoint) -> bool:
    return at.here is not None and at.here.desired == DesiredState.OPEN


def _can_open(at: LockedPoint) -> bool:
    """Otherwise the consent goes on as after an exchange: it waits for a human."""
    return at.here is not None and holds.reason_at(at.here) is None
