"""What has happened with the port in the customer's own time, the newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hanportal.accounts.models import Customer
from meters.models import Holding, Installation, Meter, MeteringPoint
from meters.states import DesiredState
from orders.models import Consent, LifeEvent, Order, PortRestart
from orders.states import LifeEventKind, OrderKind, OrderStatus


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One thing that happened."""

    at: datetime
    words: str | Promise
    is_day: bool = False
    """Only the date is known, or matters."""
    order: Order | None = None
    """What it was about, if the customer can open it."""
    consent: Consent | None = None
    meter: Meter | None = None
    until: datetime | None = None
    """When it ended, where it lasted and has ended."""

    @property
    def on(self) -> date:
        """The Oslo date."""
        return timezone.localdate(self.at)


def history_of(
    point: MeteringPoint, customer: Customer, *, today: date
) -> tuple[Happened, ...]:
    """The customer's own part of what happened at a point that they hold today."""
    since = _since(point, customer, today=today)
    happened = [
        *_consents(point, customer),
        *_orders(point, customer),
        *_meters(point, since=since, today=today),
        *_life(point, customer),
        *_restarts(point, customer),
        Happened(at=_midnight(since), is_day=True, words=_("Du overtok nettavtalen")),
    ]
    happened.sort(key=lambda each: each.at, reverse=True)
    return tuple(happened)


def _since(point: MeteringPoint, customer: Customer, *, today: date) -> date:
    """The first day of the stay; adjacent periods of the same customer are one."""
    periods = Holding.objects.filter(
        metering_point=point, customer=customer, starts_on__lte=today
    ).order_by("-starts_on")
    since = today
    for number, period in enumerate(periods):
        if number and period.ends_on != since:
            break
        since = period.starts_on
    return since


def _consents(point: MeteringPoint, customer: Customer) -> Iterator[Happened]:
    given = Consent.objects.visible_to(customer).filter(metering_point=point)
    for consent in given.select_related("representation"):
        yield Happened(
            at=consent.given_at,
            is_day=consent.is_legacy,
            words=_("Samtykke gitt"),
            consent=consent,
        )
        if consent.ended_at is not None:
            yield Happened(
                at=consent.ended_at, words=_("Samtykket avsluttet"), consent=consent
            )


def _orders(point: MeteringPoint, customer: Customer) -> Iterator[Happened]:
    placed = Order.objects.visible_to(customer).for_pages()
    for order in placed.filter(metering_point=point):
        is_opening = order.kind == OrderKind.OPEN
        yield Happened(
            at=order.placed_at,
            words=_("Åpning bestilt") if is_opening else _("Stenging bestilt"),
            order=order,
        )
        if order.status == OrderStatus.COMPLETED and order.confirmed_at is not None:
            yield Happened(
                at=order.confirmed_at,
                words=_("Porten ble åpnet") if is_opening else _("Porten ble stengt"),
            )


def _meters(point: MeteringPoint, *, since: date, today: date) -> Iterator[Happened]:
    fitted = Installation.objects.filter(
        metering_point=point, starts_on__gt=since, starts_on__lte=today
    )
    for each in fitted.select_related("meter"):
        yield Happened(
            at=_midnight(each.starts_on),
            is_day=True,
            words=_("Måleren ble byttet"),
            meter=each.meter,
        )


def _life(point: MeteringPoint, customer: Customer) -> Iterator[Happened]:
    """What followed of the register: an exposure, and an opening without an order."""
    events = LifeEvent.objects.filter(metering_point=point, customer=customer)
    for event in events:
        if event.kind == LifeEventKind.STOOD_OPEN and event.exposed_from is not None:
            yield Happened(
                at=event.exposed_from,
                words=_("Porten sto åpen uten ditt samtykke"),
                until=event.exposed_until,
            )
        reopens = (LifeEventKind.METER_EXCHANGED, LifeEventKind.ROLLED_BACK)
        is_told_by_order = event.order_id is not None
        if (
            event.kind in reopens
            and event.awaits == DesiredState.OPEN
            and event.confirmed_at is not None
            and not is_told_by_order
        ):
            yield Happened(at=event.confirmed_at, words=_("Porten ble åpnet"))


def _restarts(point: MeteringPoint, customer: Customer) -> Iterator[Happened]:
    """Only what the meter confirmed."""
    confirmed = PortRestart.objects.visible_to(customer).confirmed()
    for restart in confirmed.filter(consent__metering_point=point):
        if restart.ended_at is not None:
            yield Happened(at=restart.ended_at, words=_("Porten ble startet på nytt"))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
