"""What the pages show, read in a fixed number of queries and then frozen."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Max, Q
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hanportal.accounts.models import Customer
from hanportal.minside.meter_facts import MeterFacts, facts_of
from meters.models import HanPort, Installation, Meter, MeteringPoint
from meters.states import HanCapability, ReportedState
from orders.models import Consent, Order
from orders.states import OrderKind, OrderStatus

LATEST_ORDERS = 10


class PortView(StrEnum):
    """What a customer is told about a port. Open only when the meter says so."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    NEVER_ORDERED = "never_ordered"
    OPENING = "opening"
    CLOSING = "closing"
    NO_METER = "no_meter"


_ICONS = {
    PortView.OPEN: ("open", "success"),
    PortView.CLOSED: ("closed", "neutral"),
    PortView.UNKNOWN: ("unknown", "warning"),
    PortView.NEVER_ORDERED: ("closed", "neutral"),
    PortView.OPENING: ("waiting", "info"),
    PortView.CLOSING: ("waiting", "info"),
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
    live_order: Order | None
    has_consent: bool

    @property
    def icon(self) -> str:
        """Name of the icon beside the words."""
        return _ICONS[self.view][0]

    @property
    def colour(self) -> str:
        """Colour of the card in the theme; never the only sign."""
        return _ICONS[self.view][1]

    @property
    def can_be_ordered(self) -> bool:
        """True when the meter's port can be opened from here."""
        return (
            self.meter is not None and self.meter.han_capability == HanCapability.REMOTE
        )


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
    consented = set(
        Consent.objects.visible_to(customer)
        .active()
        .values_list("metering_point_id", flat=True)
    )
    return PointsPage(
        cards=tuple(
            _card(
                point,
                port=ports.get(point.id),
                live=live.get(point.id),
                settled=settled,
                has_consent=point.id in consented,
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


@dataclass(frozen=True, kw_only=True)
class MeterPage:
    """What this very meter can do, told before anyone orders."""

    point: MeteringPoint
    meter: Meter | None
    facts: MeterFacts | None
    can_be_opened: bool
    obstacle: str
    """The capability that stands in the way; empty where nothing does."""


def meter_page(point: MeteringPoint, *, today: date) -> MeterPage:
    """The meter that is installed at the point on this date, and what it takes."""
    port = _ports_at([point], today=today).get(point.id)
    meter = None if port is None else port.meter
    capability = "" if meter is None else meter.han_capability
    can_be_opened = capability == HanCapability.REMOTE
    return MeterPage(
        point=point,
        meter=meter,
        facts=None if meter is None else facts_of(meter.manufacturer),
        can_be_opened=can_be_opened,
        obstacle="" if can_be_opened else capability or "no_meter",
    )


class StepState(StrEnum):
    """Where an order stands with one of its steps."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of an order as the customer follows it."""

    name: str | Promise
    state: StepState
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """An order as tracker and receipt."""

    order: Order
    steps: tuple[Step, ...]
    is_opening: bool
    is_late: bool
    is_open_now: bool
    """The meter's last word is that the port is open."""
    is_cancellable: bool
    has_newer_order: bool
    statements: tuple[str, ...]

    @property
    def latest_step(self) -> Step:
        """The last step that was reached; what a change is announced as."""
        reached = (StepState.DONE, StepState.STOPPED)
        return [step for step in self.steps if step.state in reached][-1]

    @property
    def icon(self) -> str:
        """Name of the icon beside the words."""
        return self._look[0]

    @property
    def colour(self) -> str:
        """Colour of the first panel in the theme; never the only sign."""
        return self._look[1]

    @property
    def _look(self) -> tuple[str, str]:
        status = OrderStatus(self.order.status)
        if self.order.is_live:
            troubled = self.is_late or status == OrderStatus.ON_HOLD
            return ("waiting", "warning" if troubled else "info")
        if status == OrderStatus.FAILED:
            return ("stopped", "danger")
        if status == OrderStatus.COMPLETED and self.is_opening and self.is_open_now:
            return ("open", "success")
        return ("closed", "neutral")

    @property
    def fingerprint(self) -> str:
        """Changes when anything on the page does; polling compares it."""
        order = self.order
        moments = (order.sent_at, order.confirmed_at, order.ended_at)
        stamps = [moment.isoformat() if moment else "-" for moment in moments]
        state = f"{order.status}:{self.is_open_now:d}:{self.is_late:d}"
        return ":".join([state, *stamps])


def order_page(customer: Customer, order_id: UUID, *, today: date) -> OrderPage:
    """The customer's own order; anyone else's does not exist here.

    :raises Http404: no such order of this customer.
    """
    orders = Order.objects.visible_to(customer)
    order = (
        orders.for_pages().select_related("consent__terms").filter(pk=order_id).first()
    )
    if order is None:
        raise Http404
    newest = (
        orders.filter(metering_point=order.metering_point_id)
        .newest_first()
        .values_list("id", flat=True)
        .first()
    )
    return OrderPage(
        order=order,
        steps=_steps(order),
        is_opening=order.kind == OrderKind.OPEN,
        is_late=order.is_live and today > order.due_date,
        is_open_now=order.port.reported == ReportedState.OPEN,
        is_cancellable=order.kind == OrderKind.OPEN
        and order.status in (OrderStatus.PLACED, OrderStatus.ON_HOLD)
        and order.sent_at is None,
        has_newer_order=newest != order.id,
        statements=_statements(order.consent),
    )


def _statements(consent: Consent | None) -> tuple[str, ...]:
    if consent is None:
        return ()
    return tuple(
        statement["text"]
        for statement in consent.terms.statements
        if statement["key"] in consent.confirmed
    )


_STOPPED = {
    OrderStatus.CANCELLED: _("Avbestilt"),
    OrderStatus.SUPERSEDED: _("Erstattet av en nyere bestilling"),
    OrderStatus.FAILED: _("Kunne ikke utføres"),
}


def _steps(order: Order) -> tuple[Step, ...]:
    status = OrderStatus(order.status)
    is_completed = status == OrderStatus.COMPLETED
    last = (
        _("Porten er åpen") if order.kind == OrderKind.OPEN else _("Porten er stengt")
    )
    reached: tuple[tuple[str | Promise, datetime | None, bool], ...] = (
        (_("Bestilt"), order.placed_at, True),
        (
            _("Sendt til måleren"),
            order.sent_at,
            order.sent_at is not None or is_completed,
        ),
        (_("Måleren har bekreftet"), order.confirmed_at, is_completed),
        (last, order.ended_at if is_completed else None, is_completed),
    )
    done = tuple(
        Step(name=name, state=StepState.DONE, at=at)
        for name, at, is_done in reached
        if is_done
    )
    if status in _STOPPED:
        stop = Step(name=_STOPPED[status], state=StepState.STOPPED, at=order.ended_at)
        return (*done, stop)
    ahead = tuple(
        Step(name=name, state=StepState.NOW if number == 0 else StepState.AHEAD)
        for number, (name, _at, is_done) in enumerate(reached[len(done) :])
        if not is_done
    )
    return (*done, *ahead)


def _ports_at(points: list[MeteringPoint], *, today: date) -> dict[UUID, HanPort]:
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
    has_consent: bool,
) -> PointCard:
    view = _view_of(port, live=live)
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
        live_order=live,
        has_consent=has_consent,
    )


def _view_of(port: HanPort | None, *, live: Order | None) -> PortView:
    if port is None:
        return PortView.NO_METER
    if live is not None:
        return PortView.OPENING if live.kind == OrderKind.OPEN else PortView.CLOSING
    if port.reported == ReportedState.OPEN:
        return PortView.OPEN
    if port.reported == ReportedState.CLOSED:
        return PortView.CLOSED
    return PortView.NEVER_ORDERED if port.generation == 0 else PortView.UNKNOWN
