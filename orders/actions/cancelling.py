"""Taking an opening back while nothing has been sent."""

from datetime import datetime

from django.db import transaction

from hanportal.accounts.models import Customer
from hanportal.audit import log
from meters.models import HanPort
from notifications.models import MessageKind
from orders import intents, notices
from orders.actions.locking import NotHolder, wake_workers
from orders.models import Order
from orders.states import ConsentEnd, OrderKind, OrderStatus


class NotCancellable(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The order has ended, or is a closing: there is nothing to cancel."""


class AlreadySent(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The command is on its way to the meter; order the port closed instead."""


def cancel_order(
    *, customer: Customer, order: Order, by: log.Actor, now: datetime
) -> Order:
    """Cancel an opening; its consent ends with it.

    :raises NotHolder: it is not this customer's order.
    :raises NotCancellable: it has ended, or is a closing.
    :raises AlreadySent: the command has left for the meter.
    """
    with transaction.atomic():
        port = (
            HanPort.objects.select_related("meter__head_end")
            .locked()
            .get(pk=order.port_id)
        )
        fresh = (
            Order.objects.visible_to(customer)
            .select_related("placement", "consent")
            .select_for_update(of=("self",))
            .filter(pk=order.pk)
            .first()
        )
        if fresh is None:
            raise NotHolder
        if not fresh.is_live or fresh.kind != OrderKind.OPEN:
            raise NotCancellable
        if fresh.status == OrderStatus.IN_PROGRESS:
            raise AlreadySent
        fresh.transition_to(OrderStatus.CANCELLED, by=by, at=now)
        if fresh.consent is not None:
            fresh.consent.end(ConsentEnd.ORDER_CANCELLED, by=by, at=now)
        chain = log.customer_chain(customer.id)
        intents.abandon(port, chain=chain, by=by, at=now)
        notices.tell(MessageKind.ORDER_CANCELLED, fresh, at=now)
        wake_workers(port)
    return fresh
