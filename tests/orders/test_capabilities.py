"""What each meter type can do drives the order: it is sent, held, or refused."""

from datetime import timedelta

import pytest

from meters.models import HeadEnd, Meter
from meters.states import DesiredState, HanCapability
from notifications.models import Message, MessageKind
from orders import actions, reconciliation
from orders.models import Case, Command, Consent, Order
from orders.states import (
    CaseKind,
    ConsentEnd,
    HoldReason,
    OrderStatus,
)
from tests.orders.life import (
    assert_everything_is_at_rest,
    exchange,
    follow_register,
    meters_answer,
    move_in,
    move_out,
    said_to,
    somebody_else,
    today,
)
from tests.orders.world import World

HELD = [
    (HanCapability.NEEDS_MODULE, CaseKind.ORDER_NEEDS_MODULE),
    (HanCapability.NEEDS_VISIT, CaseKind.ORDER_NEEDS_VISIT),
]


def the_meter_is(world: World, capability: HanCapability) -> None:
    """The register says what it takes."""
    Meter.objects.filter(pk=world.port.meter_id).update(han_capability=capability)
    world.port.meter.refresh_from_db()


def held(world: World, capability: HanCapability = HanCapability.NEEDS_MODULE) -> Order:
    the_meter_is(world, capability)
    return world.order_opening()


def fresh(order: Order) -> Order:
    return Order.objects.select_related("consent", "port").get(pk=order.pk)


def settle_cases(world: World) -> None:
    reconciliation.close_what_is_over(clock=world.clock)


@pytest.mark.parametrize(("capability", "kind"), HELD)
def test_what_takes_a_human_is_accepted_and_held(
    world: World, capability: HanCapability, kind: CaseKind
) -> None:
    order = fresh(held(world, capability))

    assert (order.status, order.hold_reason) == (OrderStatus.ON_HOLD, capability)
    assert order.consent is not None
    assert order.consent.is_active
    case = Case.objects.get()
    assert (case.kind, case.order, case.port) == (kind, order, world.port)
    port = world.fresh_port()
    assert (port.desired, port.generation) == (DesiredState.CLOSED, 0)
    assert said_to(world.customer) == [MessageKind.ORDER_RECEIVED]
    assert_everything_is_at_rest(world)
    assert not Command.objects.exists()
    assert world.fake.sent == []
    assert fresh(order).status == OrderStatus.ON_HOLD


@pytest.mark.parametrize(
    ("capability", "sentence"),
    [
        (HanCapability.NEEDS_MODULE, "Vi sender den til deg i posten"),
        (HanCapability.NEEDS_VISIT, "En montør kommer til måleren"),
    ],
)
def test_the_receipt_says_what_is_sent_or_who_comes_and_that_the_date_stands(
    world: World, capability: HanCapability, sentence: str
) -> None:
    held(world, capability)

    text = " ".join(Message.objects.get().body_text.split())
    assert sentence in text
    assert "senest torsdag 8. oktober" in text


def test_a_meter_without_a_port_is_refused(world: World) -> None:
    the_meter_is(world, HanCapability.UNSUPPORTED)

    with pytest.raises(actions.MeterCannotOpen):
        world.order_opening()

    assert not Order.objects.exists()
    assert not Consent.objects.exists()


@pytest.mark.parametrize(("capability", "_kind"), HELD)
def test_it_goes_on_by_itself_when_the_register_says_remote(
    world: World, capability: HanCapability, _kind: CaseKind
) -> None:
    order = held(world, capability)
    the_meter_is(world, HanCapability.REMOTE)

    assert follow_register(world) == 1

    order = fresh(order)
    assert (order.status, order.hold_reason) == (OrderStatus.IN_PROGRESS, "")
    assert not Case.objects.unsettled().exists()
    assert world.fresh_port().desired == DesiredState.OPEN
    assert Command.objects.get().consent == order.consent
    meters_answer(world)
    assert fresh(order).status == OrderStatus.COMPLETED
    assert said_to(world.customer) == [
        MessageKind.ORDER_RECEIVED,
        MessageKind.PORT_OPEN,
    ]
    assert_everything_is_at_rest(world)


def test_what_was_held_beyond_its_date_is_late_and_not_given_up(world: World) -> None:
    order = held(world)
    world.now += timedelta(days=20)
    assert list(Order.objects.late(on=today(world))) == [order]
    the_meter_is(world, HanCapability.REMOTE)

    follow_register(world)
    meters_answer(world)

    assert fresh(order).status == OrderStatus.COMPLETED
    assert fresh(order).due_date == order.due_date
    assert_everything_is_at_rest(world)


def test_a_visit_at_a_head_end_that_is_a_fitters_list_is_the_command(
    world: World,
) -> None:
    HeadEnd.objects.update(profile=HeadEnd.Profile.MANUAL)
    order = held(world, HanCapability.NEEDS_VISIT)

    assert fresh(order).status == OrderStatus.PLACED
    assert world.newest_command().desired == DesiredState.OPEN
    assert not Case.objects.exists()


def test_a_customer_cancels_what_waits(world: World) -> None:
    order = held(world)

    actions.cancel_order(
        customer=world.customer, order=order, by=world.by, now=world.now
    )

    order = fresh(order)
    assert order.status == OrderStatus.CANCELLED
    assert order.consent is not None
    assert order.consent.end_reason == ConsentEnd.ORDER_CANCELLED
    assert not Case.objects.unsettled().exists()
    assert said_to(world.customer)[-1] == MessageKind.ORDER_CANCELLED
    assert_everything_is_at_rest(world)
    assert world.fake.sent == []


def test_withdrawing_what_waits_takes_it_back_and_asks_nothing_of_the_meter(
    world: World,
) -> None:
    order = held(world)

    answer = world.order_closing()

    assert answer == order
    assert fresh(order).status == OrderStatus.CANCELLED
    assert not Consent.objects.active().exists()
    assert not Case.objects.unsettled().exists()
    assert not Command.objects.exists()
    assert_everything_is_at_rest(world)


def test_ordering_again_after_a_cancellation_has_a_case_of_its_own(
    world: World,
) -> None:
    held(world)
    world.order_closing()

    again = world.order_opening()

    assert Case.objects.unsettled().get().order == again
    assert_everything_is_at_rest(world)


@pytest.mark.parametrize("leave", ["moved", "dead", "out of use"])
def test_who_leaves_ends_what_waits(world: World, leave: str) -> None:
    order = held(world)
    if leave == "moved":
        move_out(world)
    elif leave == "dead":
        type(world.customer).objects.filter(pk=world.customer.pk).update(
            died_on=today(world)
        )
    else:
        type(world.point).objects.update(is_active=False)

    follow_register(world)
    settle_cases(world)

    assert fresh(order).status == OrderStatus.SUPERSEDED
    assert not Consent.objects.active().exists()
    assert not Case.objects.unsettled().exists()
    assert_everything_is_at_rest(world)
    assert world.fake.sent == []


def test_the_next_holders_order_waits_with_a_case_of_its_own(world: World) -> None:
    held(world)
    move_out(world)
    other = somebody_else()
    move_in(other, world.point, on=today(world))

    order = world.order_opening(customer=other)
    settle_cases(world)

    assert Case.objects.unsettled().get().order == order
    assert Order.objects.live().get() == order
    assert_everything_is_at_rest(world)


@pytest.mark.parametrize(("capability", "_kind"), HELD)
def test_another_meter_that_can_be_opened_ends_the_waiting(
    world: World, capability: HanCapability, _kind: CaseKind
) -> None:
    order = held(world, capability)
    new = exchange(world, number=1)

    follow_register(world)

    assert fresh(order).status == OrderStatus.IN_PROGRESS
    settle_cases(world)
    assert not Case.objects.unsettled().exists()
    meters_answer(world)
    assert (fresh(order).status, fresh(order).port) == (OrderStatus.COMPLETED, new)
    assert_everything_is_at_rest(world)


def test_another_meter_that_takes_a_visit_lets_it_wait_for_that(world: World) -> None:
    order = held(world)
    new = exchange(world, number=1, capability=HanCapability.NEEDS_VISIT)

    follow_register(world)
    settle_cases(world)

    order = fresh(order)
    assert (order.status, order.port) == (OrderStatus.ON_HOLD, new)
    assert order.hold_reason == HoldReason.NEEDS_VISIT
    assert Case.objects.unsettled().get().port == new
    assert said_to(world.customer)[-1] == MessageKind.EXCHANGE_ON_HOLD
    assert_everything_is_at_rest(world)


@pytest.mark.parametrize(
    ("capability", "kind"),
    [
        (HanCapability.NEEDS_VISIT, CaseKind.ORDER_NEEDS_VISIT),
        (HanCapability.UNSUPPORTED, CaseKind.ORDER_NEEDS_EXCHANGE),
    ],
)
def test_what_it_waits_for_may_become_something_else_and_that_is_told(
    world: World, capability: HanCapability, kind: CaseKind
) -> None:
    order = held(world)
    the_meter_is(world, capability)

    assert follow_register(world) == 1
    assert follow_register(world) == 0

    assert fresh(order).status == OrderStatus.ON_HOLD
    assert Case.objects.unsettled().get().kind == kind
    assert said_to(world.customer)[-1] == MessageKind.ORDER_ON_HOLD
    assert_everything_is_at_rest(world)
