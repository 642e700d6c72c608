"""One order as an agent follows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Prefetch
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.models import Delivery, Message
from orders.models import Case, Command, Order
from orders.states import HoldReason, OrderStatus

_WAITS_FOR: Mapping[str, Promise] = {
    HoldReason.NEEDS_MODULE: _("Venter på at HAN-modulen er sendt og satt inn"),
    HoldReason.NEEDS_VISIT: _("Venter på at en montør har vært ved måleren"),
    HoldReason.NEEDS_EXCHANGE: _("Venter på at måleren blir byttet"),
}


@dataclass(frozen=True, kw_only=True)
class Passed:
    """Something that has happened with the order."""

    name: str | Promise
    at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """The order, how far it has come, what was sent and what was told."""

    order: Order
    passed: tuple[Passed, ...]
    commands: tuple[Command, ...]
    cases: tuple[Case, ...]
    messages: tuple[Message, ...]
    is_late: bool

    @property
    def waits_for(self) -> str | Promise:
        """What must happen next; empty when the order has ended."""
        if not self.order.is_live:
            return ""
        if self.order.status == OrderStatus.ON_HOLD:
            return _WAITS_FOR.get(
                self.order.hold_reason, _("Noe må på plass før den kan sendes")
            )
        if self.order.sent_at is None:
            return _("Skal sendes til måleren")
        return _("Venter på at måleren bekrefter")

    @property
    def colour(self) -> str:
        """Colour of the panel; never the only sign."""
        if self.order.status == OrderStatus.FAILED:
            return "danger"
        if self.is_late or self.order.status == OrderStatus.ON_HOLD:
            return "warning"
        return "success" if self.order.status == OrderStatus.COMPLETED else "info"


def order_page(order_id: UUID, *, today: date) -> OrderPage:
    """Any customer's order: the customer centre serves them all.

    :raises Http404: there is no such order.
    """
    orders = Order.objects.for_pages().select_related("placement__customer")
    order = orders.filter(pk=order_id).first()
    if order is None:
        raise Http404
    deliveries = Prefetch("deliveries", Delivery.objects.order_by("id"))
    told = Message.objects.visible_to(order.placement.customer).filter(about=order.id)
    return OrderPage(
        order=order,
        passed=_passed(order),
        commands=tuple(Command.objects.filter(order=order).order_by("id")),
        cases=tuple(Case.objects.filter(order=order).order_by("opened_at", "id")),
        messages=tuple(told.newest_first().prefetch_related(deliveries)),
        is_late=order.is_live and today > order.due_date,
    )


def _passed(order: Order) -> tuple[Passed, ...]:
    ended = OrderStatus(order.status).label.capitalize()
    moments: tuple[tuple[str | Promise, datetime | None], ...] = (
        (_("Bestilt"), order.placed_at),
        (_("Det som manglet, er på plass"), order.resumed_at),
        (_("Sendt til måleren"), order.sent_at),
        (_("Måleren har bekreftet"), order.confirmed_at),
        (ended, order.ended_at),
    )
    return tuple(Passed(name=name, at=at) for name, at in moments if at is not None)
