"""Taking an order back while nothing has been sent."""

import pytest

from meters.states import DesiredState
from notifications.models import Message, MessageKind
from orders import actions, fulfilment
from orders.models import Consent, Order
from orders.states import CommandStatus, ConsentEnd, OrderStatus
from tests.orders.world import World, a_customer


def cancel(world: World, order: Order) -> Order:
    return actions.cancel_order(
        customer=world.customer, order=order, by=world.by, now=world.now
    )


def test_nothing_is_sent_and_the_consent_ends(world: World) -> None:
    cancelled = cancel(world, world.order_opening())

    assert cancelled.status == OrderStatus.CANCELLED
    assert Consent.objects.get().end_reason == ConsentEnd.ORDER_CANCELLED
    assert world.newest_command().status == CommandStatus.CANCELLED
    assert world.fresh_port().desired == DesiredState.CLOSED
    sent = fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )
    assert sent == 0
    assert [m.kind for m in Message.objects.order_by("id")] == [
        MessageKind.ORDER_RECEIVED,
        MessageKind.ORDER_CANCELLED,
    ]


def test_what_has_been_sent_must_be_closed_instead(world: World) -> None:
    order = world.order_opening()
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )

    with pytest.raises(actions.AlreadySent):
        cancel(world, order)


def test_a_cancelled_order_cannot_be_cancelled_again(world: World) -> None:
    order = cancel(world, world.order_opening())

    with pytest.raises(actions.NotCancellable):
        cancel(world, order)


def test_another_customers_order_is_not_there(world: World) -> None:
    order = world.order_opening()
    stranger = a_customer("K2", national_id="01908000230")

    with pytest.raises(actions.NotHolder):
        actions.cancel_order(customer=stranger, order=order, by=world.by, now=world.now)
