"""One metering point's history: who held it, what they agreed to, what sat there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import Http404

from hanportal.audit import log
from hanportal.oversight.exposures import Window, shown_address, windows_of
from hanportal.oversight.filters import midnight
from hanportal.oversight.wording import ACTORS, event_in_words
from meters.models import Holding, Installation, MeteringPoint, RegisterEvent
from meters.states import DesiredState
from orders.models import Consent, LifeEvent, Order

LATEST_PORT_EVENTS: Final = 100


@dataclass(frozen=True, kw_only=True)
class PortEvent:
    """One thing that was seen of a port, or wanted of it."""

    at: datetime
    serial: str
    words: str
    who: str


@dataclass(frozen=True, kw_only=True)
class PointHistory:
    """Everything about one point that an auditor may see."""

    point: MeteringPoint
    address: str
    holdings: tuple[Holding, ...]
    consents: tuple[Consent, ...]
    orders: tuple[Order, ...]
    life_events: tuple[LifeEvent, ...]
    windows: tuple[Window, ...]
    """Where its port stood open without a consent."""
    register_events: tuple[RegisterEvent, ...]
    """What the customer system told as events; deliveries are told by what they did."""
    installations: tuple[Installation, ...]
    port_events: tuple[PortEvent, ...]


def found_point(point_id: UUID) -> MeteringPoint:
    """The point.

    :raises Http404: there is none.
    """
    point = MeteringPoint.objects.filter(pk=point_id).first()
    if point is None:
        raise Http404
    return point


def history_of(point: MeteringPoint, *, now: datetime) -> PointHistory:
    """The history, in one query for each kind of thing in it; the newest first."""
    holdings = tuple(
        Holding.objects.filter(metering_point=point)
        .select_related("customer")
        .order_by("-starts_on", "-id")
    )
    installations = tuple(
        Installation.objects.filter(metering_point=point)
        .select_related("meter__han_port", "meter__head_end")
        .order_by("-starts_on", "-id")
    )
    consents = tuple(Consent.objects.for_the_register().filter(metering_point=point))
    events = list(
        LifeEvent.objects.filter(metering_point=point)
        .select_related("customer", "metering_point")
        .order_by("-found_at", "-id")
    )
    holders = [
        *(holding.customer for holding in holdings),
        *(consent.customer for consent in consents),
    ]
    return PointHistory(
        point=point,
        address=shown_address(point, holders),
        holdings=holdings,
        consents=consents,
        orders=_orders(point),
        life_events=tuple(events),
        windows=windows_of([e for e in events if e.is_exposure], now=now),
        register_events=_register_events(point),
        installations=installations,
        port_events=_port_events(installations),
    )


def _orders(point: MeteringPoint) -> tuple[Order, ...]:
    orders = Order.objects.for_pages().select_related("placement__customer")
    return tuple(orders.filter(metering_point=point).newest_first())


def _register_events(point: MeteringPoint) -> tuple[RegisterEvent, ...]:
    events = RegisterEvent.objects.with_standing().filter(metering_point=point)
    events = events.select_related("customer", "meter")
    return tuple(events.order_by("-received_at", "-id"))


def _port_events(installations: tuple[Installation, ...]) -> tuple[PortEvent, ...]:
    """What was seen and wanted of the ports while their meters sat here."""
    serials = {each.meter.han_port.id: each.meter.serial for each in installations}
    found = log.Event.objects.about_while(
        [
            (
                each.meter.han_port.id,
                midnight(each.starts_on),
                None if each.ends_on is None else midnight(each.ends_on),
            )
            for each in installations
        ]
    ).filter(what__startswith="port.")
    return tuple(
        PortEvent(
            at=event.at,
            serial=serials[event.subject_id],
            words=_words(event),
            who=str(ACTORS.get(event.actor_kind, event.actor_kind)),
        )
        for event in found[:LATEST_PORT_EVENTS]
    )


def _words(event: log.Event) -> str:
    """With what the port was to be, where that is what the event tells."""
    words, state = event_in_words(event.what), str(event.facts.get("state", ""))
    if state not in DesiredState.values:
        return words
    return f"{words}: {DesiredState(state).label}"
