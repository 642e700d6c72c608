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
    life_events = tuple(
        LifeEvent.objects.filter(metering_point=point)
        .select_related("customer", "consent", "metering_point", "port__meter")
        .order_by("-found_at", "-id")
    )
    exposures = LifeEvent.objects.exposures().filter(metering_point=point)
    holders = [
        *(holding.customer for holding in holdings),
        *(consent.customer for consent in consents),
    ]
    return PointHistory(
        point=point,
        address=shown_address(point, holders),
        holdings=holdings,
        consents=consents,
        orders=tuple(
            Order.objects.for_pages()
            .select_related("placement__customer")
            .filter(metering_point=point)
            .newest_first()
        ),
        life_events=life_events,
        windows=windows_of(
            list(exposures.select_related("customer", "metering_point")), now=now
        ),
        register_events=tuple(
            RegisterEvent.objects.with_standing()
            .filter(metering_point=point)
            .select_related("customer", "meter")
            .order_by("-received_at", "-id")
        ),
        installations=installations,
        port_events=_port_events(installations),
    )


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
            words=event_in_words(event.what),
            who=ACTORS.get(event.actor_kind, event.actor_kind),
        )
        for event in found[:LATEST_PORT_EVENTS]
    )
