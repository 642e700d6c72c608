"""Taking an opening back while nothing has been sent."""

from datetime import datetime

from django.db import transaction

from hanportal.accounts.models import Customer, Representation
from hanportal.audit import log
from meters.models import HanPort
from notifications.models import MessageKind
from orders import intents, notices
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
    with transaction.atomic():
        port = (
            HanPort.objects.select_related("meter__head_end")
            .locked()
            .get(pk=order.port_id)
        )
        require_right(origin, now=now)
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
        fresh.transition_to(
            OrderStatus.CANCELLED, by=by, at=now, reason=_on_behalf(representation)
        )
        if fresh.consent is not None:
            fresh.consent.end(ConsentEnd.ORDER_CANCELLED, by=by, at=now)
        chain = log.customer_chain(customer.id)
        intents.abandon(port, chain=chain, by=by, at=now)
        notices.tell(MessageKind.ORDER_CANCELLED, fresh, at=now, done_by=representation)
        wake_workers(port)
    return fresh


def _on_behalf(representation: Representation | None) -> str:
    return f"representation {representation.id}" if representation else ""
