"""An order as tracker and receipt."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Exists
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hanportal.accounts.models import Customer
from meters.models import HanPort, Holding
from meters.states import DesiredState, ReportedState
from orders.models import Case, Consent, LifeEvent, Order
from orders.states import ENDINGS, HoldReason, LifeEventKind, OrderKind, OrderStatus


class StepState(StrEnum):
    """Where an order stands with one of its steps."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    STOPPED = "stopped"


class NewMeter(StrEnum):
    """What becomes of an opened port when the meter was exchanged."""

    OPENS = "opens"
    WAITS = "waits"


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
    """The last word of the meter that sits there now is that the port is open."""
    is_followed: bool
    """The customer holds the point today: how the port is now is theirs to see."""
    new_meter: NewMeter | None
    """What becomes of the port where another meter sits there now; None elsewhere."""
    ending: LifeEvent | None
    """What the register said that ended the consent, if it did."""
    is_cancellable: bool
    has_newer_order: bool
    statements: tuple[str, ...]
    errand: Case | None
    """What somebody does about a held order; None where nobody has to."""

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
        errand = self.errand
        moments = (
            order.sent_at,
            order.confirmed_at,
            order.ended_at,
            order.resumed_at,
            errand and errand.module_sent_at,
            errand and errand.visit_asked_at,
        )
        stamps = [moment.isoformat() if moment else "-" for moment in moments]
        state = (
            f"{order.status}{order.hold_reason}:{self.is_open_now:d}:{self.is_late:d}"
        )
        return ":".join([state, *stamps])


def order_page(customer: Customer, order_id: UUID, *, today: date) -> OrderPage:
    """The customer's own order; anyone else's does not exist here.

    :raises Http404: no such order of this customer.
    """
    orders = Order.objects.visible_to(customer)
    order = (
        orders.for_pages()
        .select_related("consent__terms", "consent__restored_as")
        .filter(pk=order_id)
        .first()
    )
    if order is None:
        raise Http404
    ending = _ending_of(order.consent)
    port = _port_now(customer, order, today=today)
    newest = (
        orders.filter(metering_point=order.metering_point_id)
        .newest_first()
        .values_list("id", flat=True)
        .first()
    )
    is_open_now = port is not None and port.reported == ReportedState.OPEN
    return OrderPage(
        order=order,
        steps=_steps(order, ending, is_so_now=_is_so_now(order, port)),
        is_opening=order.kind == OrderKind.OPEN,
        is_late=order.is_live and today > order.due_date,
        is_open_now=is_open_now,
        is_followed=port is not None,
        new_meter=None if is_open_now else _new_meter(order, port),
        ending=ending,
        is_cancellable=order.kind == OrderKind.OPEN
        and order.status in (OrderStatus.PLACED, OrderStatus.ON_HOLD)
        and order.sent_at is None,
        has_newer_order=newest != order.id,
        statements=_statements(order.consent),
        errand=_errand_of(order),
    )


def placed_together(order: Order) -> tuple[Order, ...]:
    """The other orders under the same reference."""
    others = Order.objects.filter(placement=order.placement_id).exclude(pk=order.pk)
    return tuple(others.select_related("metering_point").order_by("id"))


def _port_now(customer: Customer, order: Order, *, today: date) -> HanPort | None:
    """The port of the meter at the order's point today, for who holds it; else None.

    Who has left must not see what the next holder does with it.
    """
    held = Holding.objects.on(today).filter(
        metering_point=order.metering_point_id, customer=customer
    )
    ports = HanPort.objects.at_point(order.metering_point, on=today)
    return ports.filter(Exists(held)).first()


def _errand_of(order: Order) -> Case | None:
    if order.status != OrderStatus.ON_HOLD:
        return None
    return Case.objects.for_held(order).first()


def _is_so_now(order: Order, port: HanPort | None) -> bool:
    """The port is still, as far as the customer may know, as the order made it."""
    is_opening = order.kind == OrderKind.OPEN
    return port is not None and (port.reported == ReportedState.OPEN) == is_opening


def _new_meter(order: Order, port: HanPort | None) -> NewMeter | None:
    if port is None or port.id == order.port_id:
        return None
    if order.consent is None or not order.consent.is_active:
        return None
    return NewMeter.OPENS if port.desired == DesiredState.OPEN else NewMeter.WAITS


def _ending_of(consent: Consent | None) -> LifeEvent | None:
    if consent is None or consent.end_reason not in ENDINGS.values():
        return None
    return LifeEvent.objects.ending(consent)


def _statements(consent: Consent | None) -> tuple[str, ...]:
    if consent is None or consent.terms is None:
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


_ENDED = {
    LifeEventKind.MOVED_OUT: _("Avsluttet, fordi du har flyttet"),
    LifeEventKind.POINT_DEACTIVATED: _("Avsluttet, fordi målepunktet ikke er i bruk"),
    LifeEventKind.HOLDER_DIED: _("Avsluttet ved dødsfall"),
}


_IN_PLACE = {
    HoldReason.NEEDS_MODULE: _("HAN-modulen er på plass"),
    HoldReason.NEEDS_VISIT: _("Montøren har vært ved måleren"),
    HoldReason.NEEDS_EXCHANGE: _("Måleren er byttet"),
}


Milestone = tuple[str | Promise, datetime | None, bool]
"""A step's name, when it was reached, and whether it was."""


def _what_was_lacking(order: Order) -> tuple[Milestone, ...]:
    """What must be in place before anything is sent; nothing for most orders."""
    if order.status == OrderStatus.ON_HOLD:
        reason = order.hold_reason
        name = _IN_PLACE[HoldReason(reason)] if reason else _("Alt er på plass")
        return ((name, None, False),)
    if order.resumed_at is None:
        return ()
    return ((_("Det som manglet, er på plass"), order.resumed_at, True),)


def _last_step(order: Order, *, is_over: bool) -> Promise:
    if order.kind == OrderKind.OPEN:
        return _("Porten ble åpnet") if is_over else _("Porten er åpen")
    return _("Porten ble stengt") if is_over else _("Porten er stengt")


def _steps(
    order: Order, ending: LifeEvent | None, *, is_so_now: bool
) -> tuple[Step, ...]:
    status = OrderStatus(order.status)
    is_completed = status == OrderStatus.COMPLETED
    last = _last_step(order, is_over=is_completed and not is_so_now)
    reached: tuple[Milestone, ...] = (
        (_("Bestilt"), order.placed_at, True),
        *_what_was_lacking(order),
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
        name = _STOPPED[status]
        if ending is not None and ending.order_id == order.pk:
            name = _ENDED[LifeEventKind(ending.kind)]
        stop = Step(name=name, state=StepState.STOPPED, at=order.ended_at)
        return (*done, stop)
    ahead = tuple(
        Step(name=name, state=StepState.NOW if number == 0 else StepState.AHEAD)
        for number, (name, _at, is_done) in enumerate(reached[len(done) :])
        if not is_done
    )
    return (*done, *ahead)
