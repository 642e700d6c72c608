"""Closing again: as easy as opening, and stronger than whatever is under way."""

import pytest

from meters.headend import Fault
from meters.states import DesiredState, ReportedState, ReportSource
from notifications.models import Message, MessageKind
from orders import actions
from orders.models import Command, Consent, Order
from orders.states import CommandStatus, ConsentEnd, OrderKind, OrderStatus
from tests.orders.test_fulfilment import dispatch, reconcile, report
from tests.orders.world import World


def open_the_port(world: World) -> Order:
    order = world.order_opening()
    dispatch(world)
    report(world, world.event(world.newest_command(), ReportedState.OPEN))
    return order


def test_closing_ends_the_consent_at_once_and_the_port_when_the_meter_says_so(
    world: World,
) -> None:
    open_the_port(world)

    order = world.order_closing()

    assert Consent.objects.get().end_reason == ConsentEnd.WITHDRAWN
    assert world.fresh_port().desired == DesiredState.CLOSED
    assert world.fresh_port().reported == ReportedState.OPEN
    dispatch(world)
    report(world, world.event(world.newest_command(), ReportedState.CLOSED))
    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED
    assert world.fresh_port().reported == ReportedState.CLOSED
    newest = Message.objects.order_by("-id")[0]
    assert newest.kind == MessageKind.PORT_CLOSED


def test_a_closing_goes_out_while_the_opening_is_unsettled(world: World) -> None:
    opening = world.order_opening()
    dispatch(world)
    sent_open = world.newest_command()

    closing = world.order_closing()
    dispatch(world)

    sent_open.refresh_from_db()
    opening.refresh_from_db()
    assert sent_open.status == CommandStatus.SUPERSEDED
    assert sent_open.is_outcome_unknown
    assert opening.status == OrderStatus.SUPERSEDED
    assert closing.kind == OrderKind.CLOSE
    assert [c.desired for c in world.fake.sent] == [
        DesiredState.OPEN,
        DesiredState.CLOSED,
    ]


def test_the_late_result_of_an_older_opening_only_causes_a_read_back(
    world: World,
) -> None:
    world.order_opening()
    dispatch(world)
    sent_open = world.newest_command()
    world.order_closing()
    dispatch(world)
    report(world, world.event(world.newest_command(), ReportedState.CLOSED))

    report(world, world.event(sent_open, ReportedState.OPEN))

    assert world.fresh_port().reported == ReportedState.CLOSED
    kinds = Message.objects.values_list("kind", flat=True)
    assert MessageKind.PORT_OPEN not in set(kinds)
    reconcile(world)
    assert world.fake.reads == [world.port.meter.serial]


def test_an_open_port_notice_that_was_not_sent_is_withdrawn(world: World) -> None:
    open_the_port(world)

    world.order_closing()

    told = Message.objects.get(kind=MessageKind.PORT_OPEN)
    assert told.withdrawn_at == world.now


def test_there_must_be_something_to_close(world: World) -> None:
    world.port.observe(ReportedState.CLOSED, at=world.now, source=ReportSource.POLL)

    with pytest.raises(actions.NothingToClose):
        world.order_closing()

    assert Command.objects.count() == 0


def test_a_port_whose_state_nobody_knows_may_be_closed(world: World) -> None:
    order = world.order_closing()

    dispatch(world)
    report(world, world.event(world.newest_command(), ReportedState.CLOSED))

    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED


def test_a_second_closing_points_to_the_first(world: World) -> None:
    open_the_port(world)
    first = world.order_closing()

    with pytest.raises(actions.AlreadyOrdered) as refusal:
        world.order_closing()

    assert refusal.value.order == first


def test_a_new_opening_overtakes_a_closing_under_way(world: World) -> None:
    open_the_port(world)
    closing = world.order_closing()

    opening = world.order_opening()

    closing.refresh_from_db()
    assert closing.status == OrderStatus.SUPERSEDED
    assert opening.status == OrderStatus.PLACED
    assert world.fresh_port().desired == DesiredState.OPEN
    assert Consent.objects.active().count() == 1


def test_a_closing_is_tried_again_without_end(world: World) -> None:
    open_the_port(world)
    order = world.order_closing()
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    from_fault = world.newest_command()
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    from_fault.refresh_from_db()
    assert from_fault.status == CommandStatus.REJECTED
    world.port.refresh_from_db()
    world.port.read_back_by(world.port.reported_at)
    world.fake.read_at = world.now

    reconcile(world)
    dispatch(world)

    order.refresh_from_db()
    assert order.status == OrderStatus.IN_PROGRESS
    assert world.fake.meters[world.port.meter.serial] == ReportedState.CLOSED
