"""A customer's points with their ports, and what one meter can do."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q
from django.http import Http404

from hanportal.accounts.models import Customer
from hanportal.minside.meter_facts import MeterFacts, facts_of
from meters.models import HanPort, Holding, Installation, Meter, MeteringPoint
from meters.states import DesiredState, HanCapability, ReportedState, ReportSource
from orders.models import Consent, LifeEvent, Order
from orders.states import OrderKind, OrderStatus

LATEST_ORDERS = 10


class PortView(StrEnum):
    """What a customer is told about a port. Open only when the meter says so."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    NEVER_ORDERED = "never_ordered"
    OPENING = "opening"
    HELD = "held"
    CLOSING = "closing"
    REOPENING = "reopening"
    NEW_METER_WAITS = "new_meter_waits"
    NO_METER = "no_meter"


_ICONS = {
    PortView.OPEN: ("open", "success"),
    PortView.CLOSED: ("closed", "neutral"),
    PortView.UNKNOWN: ("unknown", "warning"),
    PortView.NEVER_ORDERED: ("closed", "neutral"),
    PortView.OPENING: ("waiting", "info"),
    PortView.HELD: ("waiting", "warning"),
    PortView.CLOSING: ("waiting", "info"),
    PortView.REOPENING: ("waiting", "info"),
    PortView.NEW_METER_WAITS: ("waiting", "warning"),
    PortView.NO_METER: ("unknown", "warning"),
}


@dataclass(frozen=True, kw_only=True)
class PointCard:
    """One metering point on the customer's first page."""

    point: MeteringPoint
    meter: Meter | None
    view: PortView
    since: datetime | None
    """When the port came to be what it is, by the meter's own word."""
    last_seen_at: datetime | None
    is_seen: bool
    """True when that is the meter's own word, and not only the register's."""
    live_order: Order | None
    consent: Consent | None
    leaves_on: date | None = None
    """The day on which the customer's stay ends, where that is known already."""
    is_being_closed: bool = False
    """It is open and must not be: we are closing it without anybody's order."""

    @property
    def has_consent(self) -> bool:
        """True while the customer's consent for this point holds."""
        return self.consent is not None

    @property
    def can_be_reported_silent(self) -> bool:
        """True where it is open on the customer's consent, so that data should come."""
        is_open = self.view == PortView.OPEN and not self.is_being_closed
        return is_open and self.has_consent

    @property
    def icon(self) -> str:
        """Name of the icon beside the words."""
        return _ICONS[self.view][0]

    @property
    def colour(self) -> str:
        """Colour of the card in the theme; never the only sign."""
        if self.view == PortView.OPEN and not (self.has_consent and self.is_seen):
            return "warning"
        return _ICONS[self.view][1]

    @property
    def can_be_ordered(self) -> bool:
        """True when the meter's port can be opened, if need be with somebody's help."""
        return _can_be_ordered(self.meter)

    @property
    def can_be_renewed(self) -> bool:
        """True when a consent from before the portal can be replaced; what somebody
        opened at the meter is left as it is."""
        is_remote = self.meter is not None and (
            self.meter.han_capability == HanCapability.REMOTE
        )
        return is_remote or (self.can_be_ordered and self.view != PortView.OPEN)


@dataclass(frozen=True, kw_only=True)
class PointsPage:
    """Everything that one customer holds today."""

    cards: tuple[PointCard, ...]
    orders: tuple[Order, ...]


def points_page(customer: Customer, *, today: date) -> PointsPage:
    """The customer's points with their ports, and what was ordered lately."""
    points = list(MeteringPoint.objects.held_by(customer, on=today).by_address())
    ports = _ports_at(points, today=today)
    orders = list(
        Order.objects.visible_to(customer).for_pages().newest_first()[:LATEST_ORDERS]
    )
    live = {
        order.metering_point_id: order
        for order in Order.objects.visible_to(customer).live().for_pages()
    }
    settled = _settled_at(customer)
    blocked = LifeEvent.objects.unsettled().exclude(obstacle="")
    active = Consent.objects.visible_to(customer).active()
    leaving = _known_leavings(customer, points, today=today)
    consents = {
        consent.metering_point_id: consent
        for consent in active.annotate(
            waits=Exists(blocked.filter(consent=OuterRef("pk")))
        )
    }
    return PointsPage(
        cards=tuple(
            _card(
                point,
                port=ports.get(point.id),
                live=live.get(point.id),
                settled=settled,
                consent=consents.get(point.id),
                leaves_on=leaving.get(point.id),
            )
            for point in points
        ),
        orders=tuple(orders),
    )


def held_point(customer: Customer, point_id: UUID, *, today: date) -> MeteringPoint:
    """The customer's own point; anyone else's does not exist here.

    :raises Http404: the customer does not hold such a point today.
    """
    point = (
        MeteringPoint.objects.held_by(customer, on=today).filter(pk=point_id).first()
    )
    if point is None:
        raise Http404
    return point


def live_opening(customer: Customer, point: MeteringPoint) -> UUID | None:
    """The customer's order to open here that is still under way."""
    return (
        Order.objects.visible_to(customer)
        .live()
        .filter(metering_point=point, kind=OrderKind.OPEN)
        .values_list("id", flat=True)
        .first()
    )


def openable_beside(
    customer: Customer, point: MeteringPoint, *, today: date
) -> tuple[MeteringPoint, ...]:
    """The customer's other points whose ports could be ordered opened now."""
    cards = points_page(customer, today=today).cards
    return tuple(
        card.point
        for card in cards
        if card.point.id != point.id
        and card.can_be_ordered
        and not card.has_consent
        and card.live_order is None
    )


@dataclass(frozen=True, kw_only=True)
class MeterPage:
    """What this very meter can do, told before anyone orders."""

    point: MeteringPoint
    meter: Meter | None
    facts: MeterFacts | None
    can_be_ordered: bool
    obstacle: str
    """The capability that stands in the way; empty where nothing does. A module or a
    visit only holds the order until it is in place."""


def meter_page(point: MeteringPoint, *, today: date) -> MeterPage:
    """The meter that is installed at the point on this date, and what it takes."""
    return meter_pages([point], today=today)[0]


def meter_pages(
    points: Collection[MeteringPoint], *, today: date
) -> tuple[MeterPage, ...]:
    """What the meter at each of these points takes, in one query."""
    ports = _ports_at(points, today=today)
    return tuple(_meter_page(point, ports.get(point.id)) for point in points)


def _meter_page(point: MeteringPoint, port: HanPort | None) -> MeterPage:
    meter = None if port is None else port.meter
    capability = "no_meter" if meter is None else meter.han_capability
    return MeterPage(
        point=point,
        meter=meter,
        facts=None if meter is None else facts_of(meter.manufacturer),
        can_be_ordered=_can_be_ordered(meter),
        obstacle="" if capability == HanCapability.REMOTE else capability,
    )


def _can_be_ordered(meter: Meter | None) -> bool:
    return meter is not None and meter.han_capability != HanCapability.UNSUPPORTED


def _ports_at(points: Collection[MeteringPoint], *, today: date) -> dict[UUID, HanPort]:
    """The port of the meter at each point today, in one query."""
    installations = Installation.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=today),
        metering_point__in=points,
        starts_on__lte=today,
    ).select_related("meter__han_port")
    ports: dict[UUID, HanPort] = {}
    for installation in installations:
        port = installation.meter.han_port
        port.meter = installation.meter
        ports[installation.metering_point_id] = port
    return ports


def _known_leavings(
    customer: Customer, points: list[MeteringPoint], *, today: date
) -> dict[UUID, date]:
    """When the stay at each point ends, where the register knows; adjacent is one."""
    periods = Holding.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=today),
        customer=customer,
        metering_point__in=points,
    ).order_by("starts_on", "id")
    ends: dict[UUID, date | None] = {}
    for period in periods:
        point_id = period.metering_point_id
        if period.starts_on <= today or ends.get(point_id) == period.starts_on:
            ends[point_id] = period.ends_on
    return {point_id: end for point_id, end in ends.items() if end is not None}


def _settled_at(customer: Customer) -> dict[tuple[UUID, str], datetime]:
    """When the meter last confirmed each kind of order, by port and kind."""
    completed = (
        Order.objects.visible_to(customer)
        .filter(status=OrderStatus.COMPLETED)
        .values_list("port_id", "kind")
        .annotate(last=Max("confirmed_at"))
        .order_by("port_id", "kind")
    )
    return {(port_id, kind): last for port_id, kind, last in completed}


def _card(
    point: MeteringPoint,
    *,
    port: HanPort | None,
    live: Order | None,
    settled: dict[tuple[UUID, str], datetime],
    consent: Consent | None,
    leaves_on: date | None,
) -> PointCard:
    # One from before the portal asks for nothing: a port that was closed stays so.
    asks_for_it = consent is not None and (
        not consent.is_legacy
        or getattr(consent, "waits", False)
        or (port is not None and port.desired == DesiredState.OPEN)
    )
    view = _view_of(port, live=live, is_asked_for=asks_for_it)
    since = None
    if port is not None and view in (PortView.OPEN, PortView.CLOSED):
        kind = OrderKind.OPEN if view == PortView.OPEN else OrderKind.CLOSE
        since = settled.get((port.id, kind))
    return PointCard(
        point=point,
        meter=None if port is None else port.meter,
        view=view,
        since=since,
        last_seen_at=None if port is None else port.reported_at,
        is_seen=port is not None and port.reported_source != ReportSource.REGISTER,
        live_order=live,
        consent=consent,
        leaves_on=leaves_on,
        is_being_closed=port is not None
        and view == PortView.OPEN
        and port.generation > 0
        and port.desired == DesiredState.CLOSED,
    )


def _view_of(
    port: HanPort | None, *, live: Order | None, is_asked_for: bool
) -> PortView:
    if port is None:
        return PortView.NO_METER
    if live is not None:
        return _ordered_view_of(live)
    if port.reported == ReportedState.OPEN:
        return PortView.OPEN
    if is_asked_for and port.desired == DesiredState.CLOSED:
        return PortView.NEW_METER_WAITS
    has_fallen_silent = (
        port.reported == ReportedState.UNKNOWN and port.reported_at is not None
    )
    if is_asked_for and not has_fallen_silent:
        return PortView.REOPENING
    return _closed_view_of(port)


def _ordered_view_of(live: Order) -> PortView:
    """What is under way."""
    if live.kind == OrderKind.CLOSE:
        return PortView.CLOSING
    is_held = live.status == OrderStatus.ON_HOLD
    return PortView.HELD if is_held else PortView.OPENING


def _closed_view_of(port: HanPort) -> PortView:
    """What is not seen open, and that nobody wants open."""
    if port.reported == ReportedState.CLOSED:
        return PortView.CLOSED
    return PortView.NEVER_ORDERED if port.generation == 0 else PortView.UNKNOWN
