"""Every state against every other: the tables, and the methods that obey them."""

from itertools import product

import pytest

from hanportal.audit import log
from meters.headend import Fault
from orders.models import Gate
from orders.models.orders import ForbiddenTransition
from orders.states import (
    BREAKER_TRANSITIONS,
    COMMAND_TRANSITIONS,
    LIVE_COMMAND_STATUSES,
    LIVE_ORDER_STATUSES,
    ORDER_TRANSITIONS,
    BreakerState,
    CommandStatus,
    OrderStatus,
)
from tests.orders.world import NOW, World

BY = log.Actor(log.ActorKind.SYSTEM, "test")


def test_what_has_ended_stays_ended() -> None:
    ended_orders = set(OrderStatus) - set(LIVE_ORDER_STATUSES)
    ended_commands = set(CommandStatus) - set(LIVE_COMMAND_STATUSES)

    assert {ORDER_TRANSITIONS[status] for status in ended_orders} == {frozenset()}
    assert {COMMAND_TRANSITIONS[status] for status in ended_commands} == {frozenset()}


@pytest.mark.parametrize(("before", "after"), list(product(OrderStatus, repeat=2)))
def test_an_order_moves_as_its_table_says(
    world: World, before: OrderStatus, after: OrderStatus
) -> None:
    order = world.order_opening()
    order.status = before
    order.confirmed_at = NOW
    order.failure_reason = "technical"
    if after in ORDER_TRANSITIONS[before]:
        order.transition_to(after, by=BY, at=NOW)
        order.refresh_from_db()
        assert order.status == after
        assert (order.ended_at is None) == (after in LIVE_ORDER_STATUSES)
    else:
        with pytest.raises(ForbiddenTransition):
            order.transition_to(after, by=BY, at=NOW)


@pytest.mark.parametrize(("before", "after"), list(product(CommandStatus, repeat=2)))
def test_a_command_moves_as_its_table_says(
    world: World, before: CommandStatus, after: CommandStatus
) -> None:
    world.order_opening()
    command = world.newest_command()
    command.status = before
    command.lease_expires_at = NOW
    if after in COMMAND_TRANSITIONS[before]:
        command.transition_to(after, by=BY, at=NOW)
        command.refresh_from_db()
        assert command.status == after
        assert (command.ended_at is None) == (after in LIVE_COMMAND_STATUSES)
    else:
        with pytest.raises(ForbiddenTransition):
            command.transition_to(after, by=BY, at=NOW)


@pytest.mark.parametrize("before", list(BreakerState))
@pytest.mark.parametrize("answers", [True, False])
def test_a_breaker_moves_as_its_table_says(
    world: World, before: BreakerState, *, answers: bool
) -> None:
    gate = Gate.objects.locked(world.head_end)
    gate.breaker = before
    if before != BreakerState.CLOSED:
        gate.opened_at = gate.probe_at = NOW
    if answers:
        gate.answered(at=NOW)
    else:
        gate.failed(1, fault=Fault.AUTH, detail="", since=NOW, at=NOW)
    gate.refresh_from_db()

    assert gate.breaker == (BreakerState.CLOSED if answers else BreakerState.OPEN)
    moved = gate.breaker != before
    assert not moved or BreakerState(gate.breaker) in BREAKER_TRANSITIONS[before]
