"""The register changes while something else goes on: real threads, the right end."""

from collections.abc import Callable
from functools import partial

import pytest

from meters.models import HanPort, Holding, MeteringPoint
from meters.states import DesiredState, ReportedState
from orders import actions
from orders.fulfilment.callbacks import apply_report
from orders.models import Command, Consent, LifeEvent, Order
from orders.states import OrderStatus
from tests.orders.life import (
    assert_everything_is_at_rest,
    exchange,
    follow_register,
    move_in,
    somebody_else,
    today,
)
from tests.orders.test_races import (
    ROUNDS,
    assert_the_log_is_whole,
    at_once,
    close,
    dispatch,
)
from tests.orders.world import World, a_point_with_meter

REFUSALS = (
    actions.AlreadyOrdered,
    actions.AlreadyOpen,
    actions.NotHolder,
    actions.AlreadySent,
    actions.NotCancellable,
    actions.NothingToClose,
)


FEWER_ROUNDS = 15
"""For the races whose two sides meet at the same lock as in the longer ones."""

Street = list[tuple[World, MeteringPoint, HanPort]]


@pytest.fixture
def streets(committed_world: World) -> Street:
    """A point for each round."""
    made = []
    for number in range(ROUNDS):
        point, port = a_point_with_meter(
            committed_world.customer, committed_world.head_end, number=100 + number
        )
        made.append((committed_world, point, port))
    return made


def leave(point: MeteringPoint, world: World) -> None:
    Holding.objects.filter(metering_point=point).update(ends_on=today(world))


def errors(results: list[object]) -> list[object]:
    return [
        result
        for result in results
        if isinstance(result, Exception) and not isinstance(result, REFUSALS)
    ]


def report_of(world: World, port: HanPort) -> Callable[[], object]:
    """The meter's own word on the newest command, ready to be told."""
    world.port = port
    command = Command.objects.filter(port=port).order_by("-id")[:1].get()
    told = world.event(command, ReportedState(command.desired))
    return partial(apply_report, told, head_end=world.head_end, clock=world.clock)


def test_a_move_racing_an_opening_always_ends_closed(
    streets: Street,
) -> None:
    for world, point, port in streets:
        world.order_opening(metering_point=point)
        leave(point, world)

        results = at_once(
            partial(follow_register, world), partial(dispatch, world, world.fake)
        )

        assert errors(results) == []
        port.refresh_from_db()
        assert port.desired == DesiredState.CLOSED
        assert not Consent.objects.active().filter(metering_point=point).exists()
    assert_everything_is_at_rest(world)


def test_a_move_racing_the_meters_result_always_ends_closed(
    streets: Street,
) -> None:
    for world, point, port in streets[:FEWER_ROUNDS]:
        world.order_opening(metering_point=point)
        dispatch(world, world.fake)
        tell = report_of(world, port)
        leave(point, world)

        results = at_once(partial(follow_register, world), tell)

        assert errors(results) == []
        assert not Consent.objects.active().filter(metering_point=point).exists()
        assert LifeEvent.objects.filter(metering_point=point).count() == 1
    assert_everything_is_at_rest(world)


def test_who_moves_in_and_orders_while_the_move_is_followed(
    streets: Street,
) -> None:
    newcomer = somebody_else()
    for world, point, port in streets[:FEWER_ROUNDS]:
        world.order_opening(metering_point=point)
        leave(point, world)
        move_in(newcomer, point, on=today(world))

        results = at_once(
            partial(follow_register, world),
            partial(world.order_opening, metering_point=point, customer=newcomer),
            partial(dispatch, world, world.fake),
        )

        assert errors(results) == []
        port.refresh_from_db()
        active = Consent.objects.active().get(metering_point=point)
        assert active.customer == newcomer
        assert port.desired == DesiredState.OPEN
    assert_everything_is_at_rest(world)


def test_an_exchange_racing_an_opening_always_ends_open_at_the_new_meter(
    streets: Street,
) -> None:
    for number, (world, point, old) in enumerate(streets):
        order = world.order_opening(metering_point=point)
        new = exchange(world, number=number, point=point)

        results = at_once(
            partial(follow_register, world),
            partial(dispatch, world, world.fake),
            partial(follow_register, world),
        )

        assert errors(results) == []
        follow_register(world)
        order.refresh_from_db()
        assert order.port == new
        old.refresh_from_db()
        assert old.desired == DesiredState.CLOSED
    assert_everything_is_at_rest(world)
    assert set(Order.objects.values_list("status", flat=True)) == {
        OrderStatus.COMPLETED
    }
    assert LifeEvent.objects.count() == ROUNDS


def test_an_exchange_racing_a_closing_always_ends_closed(
    streets: Street,
) -> None:
    for number, (world, point, _old) in enumerate(streets[:FEWER_ROUNDS]):
        world.order_opening(metering_point=point)
        dispatch(world, world.fake)
        new = exchange(world, number=number, point=point)

        results = at_once(partial(follow_register, world), partial(close, world, point))

        assert errors(results) == []
        assert not Consent.objects.active().filter(metering_point=point).exists()
        follow_register(world)
        new.refresh_from_db()
        assert new.desired == DesiredState.CLOSED
    assert_everything_is_at_rest(world)


def test_an_exchange_racing_a_cancellation_ends_with_nothing_open(
    streets: Street,
) -> None:
    for number, (world, point, _old) in enumerate(streets[:FEWER_ROUNDS]):
        order = world.order_opening(metering_point=point)
        exchange(world, number=number, point=point)

        results = at_once(
            partial(follow_register, world),
            partial(
                actions.cancel_order,
                customer=world.customer,
                order=order,
                by=world.by,
                now=world.now,
            ),
        )

        assert errors(results) == []
        order.refresh_from_db()
        assert order.status == OrderStatus.CANCELLED
    assert_everything_is_at_rest(world)
    assert not Consent.objects.active().exists()


def test_a_rollback_racing_the_closings_result_has_one_outcome(
    streets: Street,
) -> None:
    for world, point, port in streets[:FEWER_ROUNDS]:
        world.order_opening(metering_point=point)
        dispatch(world, world.fake)
        report_of(world, port)()
        leave(point, world)
        follow_register(world)
        dispatch(world, world.fake)
        tell = report_of(world, port)
        Holding.objects.filter(metering_point=point).update(ends_on=None)

        results = at_once(partial(follow_register, world), tell)

        assert errors(results) == []
        follow_register(world)
        event = LifeEvent.objects.get(metering_point=point, follows=None)
        is_restored = Consent.objects.active().filter(metering_point=point).exists()
        assert is_restored == (event.confirmed_at is None)
    assert_everything_is_at_rest(world)


def test_two_sweeps_at_once_do_it_once(
    streets: Street,
) -> None:
    world = streets[0][0]
    for _world, point, _port in streets:
        world.order_opening(metering_point=point)
        leave(point, world)

    results = at_once(*[partial(follow_register, world)] * 4)

    assert errors(results) == []
    assert LifeEvent.objects.count() == ROUNDS
    assert_the_log_is_whole()
