"""Taking an opening back while nothing has been sent."""

from datetime import datetime

from django.db import transaction

from hanportal.accounts.models import Customer, Representation
from hanportal.audit import log
from meters.models import HanPort
from meters.states import DesiredState
from notifications.models import MessageKind
from orders import holds, intents, notices
from orders.actions.locking import NotHolder, wake_workers
from orders.actions.origin import Origin, require_right
from orders.models import Order
from orders.states import Channel, ConsentEnd, OrderKind, OrderStatus


class NotCancellable(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The order has ended, or is a closing: there is nothing to cancel."""


class AlreadySent(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The command is on its way to the meter; order the port closed instead."""


def cancel_order(
    *,
    customer: Customer,
    order: Order,
    by: log.Actor,
    now: datetime,
    representation: Representation | None = None,
) -> Order:
    """Cancel an opening; its consent ends with it.

    :param representation: on what somebody else does it for the customer.
    :raises NotRepresented: that right was revoked, is over, or is another customer's.
    :raises NotHolder: it is not this customer's order.
    :raises NotCancellable: it has ended, or is a closing.
    :raises AlreadySent: the command has left for the meter.
    """
    origin = Origin(
        customer=customer,
        by=by,
        channel=Channel.MINSIDE,
        representation=representation,
    )
    while True:
        with transaction.atomic():
            port, fresh = _locked(customer, order)
            require_right(origin, now=now)
            if fresh.port_id == port.pk:
                _cancel(port, fresh, origin, now=now)
                return fresh
        # A meter exchange carried it over meanwhile: lock the other port first.


def _locked(customer: Customer, order: Order) -> tuple[HanPort, Order]:
    """The port where the order was a moment ago, and the order as it is now.

    :raises NotHolder: it is not this customer's order.
    """
    orders = Order.objects.visible_to(customer).filter(pk=order.pk)
    port_id = orders.values_list("port_id", flat=True).first()
    if port_id is None:
        raise NotHolder
    ports = HanPort.objects.select_related("meter__head_end")
    port = ports.locked().get(pk=port_id)
    fresh = orders.select_related("placement", "consent")
    return port, fresh.select_for_update(of=("self",)).get()


def _cancel(port: HanPort, order: Order, origin: Origin, *, now: datetime) -> None:
    if not order.is_live or order.kind != OrderKind.OPEN:
        raise NotCancellable
    if order.status == OrderStatus.IN_PROGRESS:
        raise AlreadySent
    take_back(port, order, origin, now=now)
    wake_workers(port)


def take_back(port: HanPort, order: Order, origin: Origin, *, now: datetime) -> None:
    """End an opening of which nothing was sent, its consent, and what waits for it.

    A port that was only held is asked of nothing: it was never wanted open.
    """
    right = origin.representation
    notices.take_back_hold(order, at=now)
    order.transition_to(
        OrderStatus.CANCELLED, by=origin.by, at=now, reason=_on_behalf(right)
    )
    if order.consent is not None:
        order.consent.end(ConsentEnd.ORDER_CANCELLED, by=origin.by, at=now)
    if port.desired == DesiredState.OPEN:
        chain = log.customer_chain(order.placement.customer_id)
        intents.abandon(port, chain=chain, by=origin.by, at=now)
    holds.settle_cases(order, by=origin.by, at=now)
    notices.tell(MessageKind.ORDER_CANCELLED, order, at=now, done_by=right)


def _on_behalf(representation: Representation | None) -> str:
    return f"representation {representation.id}" if representation else ""
