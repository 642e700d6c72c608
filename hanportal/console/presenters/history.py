"""What has happened at a point that the caller holds; of others no name, no number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hanportal.accounts.models import Customer
from hanportal.audit import log
from meters.models import Holding, Installation, MeteringPoint
from orders.models import Consent, LifeEvent, Order

LATEST_SEEN: Final = 50
SEEN: Final[dict[str, Promise]] = {
    "port.wanted": _("Skal endres"),
    "port.wanted_open": _("Skal være åpen"),
    "port.wanted_closed": _("Skal være stengt"),
    "port.registered_open": _("Oppgitt som åpen i registeret"),
    "port.reported_open": _("Meldt åpen av måleren"),
    "port.reported_closed": _("Meldt stengt av måleren"),
    "port.read_back_open": _("Lest av: åpen"),
    "port.read_back_closed": _("Lest av: stengt"),
    "port.read_back_unknown": _("Lest av: ikke svar"),
}
"""What was seen of a port; what is not here is no matter for a call."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One time that a port was seen, or was to be changed."""

    at: datetime
    words: Promise
    serial: str
    is_theirs: bool
    """True in the caller's own time at the point."""


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """One order; whose it was is not said where it was another's."""

    order: Order
    is_theirs: bool


@dataclass(frozen=True, kw_only=True)
class History:
    """The caller's own part, and what is technical of the rest; the newest first."""

    since: date
    """The first day of the caller's present stay."""
    until: date | None
    """The day on which it ends, where that is known."""
    installations: tuple[Installation, ...]
    orders: tuple[OrderRow, ...]
    consents: tuple[Consent, ...]
    life_events: tuple[LifeEvent, ...]
    seen: tuple[Seen, ...]

    @property
    def has_others(self) -> bool:
        """True when something here was before the caller's time."""
        theirs = [row.is_theirs for row in self.orders]
        theirs += [each.is_theirs for each in self.seen]
        return not all(theirs)


def history_of(point: MeteringPoint, customer: Customer, *, today: date) -> History:
    """The history of a point that the customer holds today."""
    since, until = _stay(point, customer, today=today)
    installations = tuple(
        Installation.objects.filter(metering_point=point)
        .select_related("meter__han_port")
        .order_by("-starts_on", "-id")
    )
    orders = Order.objects.for_pages().filter(metering_point=point).newest_first()
    consents = Consent.objects.visible_to(customer).filter(metering_point=point)
    events = LifeEvent.objects.filter(metering_point=point, customer=customer)
    return History(
        since=since,
        until=until,
        installations=installations,
        orders=tuple(
            OrderRow(order=order, is_theirs=order.placement.customer_id == customer.id)
            for order in orders
        ),
        consents=tuple(consents.select_related("representation").newest_first()),
        life_events=tuple(events.order_by("-found_at", "-id")),
        seen=_seen(installations, since=since),
    )


def _stay(
    point: MeteringPoint, customer: Customer, *, today: date
) -> tuple[date, date | None]:
    """Adjacent periods of the same customer are one stay."""
    periods = list(
        Holding.objects.filter(metering_point=point, customer=customer).order_by(
            "-starts_on"
        )
    )
    now = next(p for p in periods if p.starts_on <= today)
    since, until = now.starts_on, now.ends_on
    for earlier in periods:
        if earlier.ends_on == since:
            since = earlier.starts_on
    for later in reversed(periods):
        if later.starts_on == until:
            until = later.ends_on
    return since, until


def _seen(installations: Sequence[Installation], *, since: date) -> tuple[Seen, ...]:
    serials = {each.meter.han_port.id: each.meter.serial for each in installations}
    found = log.Event.objects.about_while(
        [
            (
                each.meter.han_port.id,
                _midnight(each.starts_on),
                None if each.ends_on is None else _midnight(each.ends_on),
            )
            for each in installations
        ]
    ).filter(what__in=SEEN)
    return tuple(
        Seen(
            at=event.at,
            words=_words(event),
            serial=serials[event.subject_id],
            is_theirs=event.at >= _midnight(since),
        )
        for event in found[:LATEST_SEEN]
    )


def _words(event: log.Event) -> Promise:
    wanted = f"{event.what}_{event.facts.get('state', '')}"
    return SEEN.get(wanted, SEEN[event.what])


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
