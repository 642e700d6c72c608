"""Stories that once came to a stop: what was asked for goes on until it is done."""

from datetime import timedelta

import pytest

from meters.headend import Fault, Report
from meters.models import HanPort, HeadEnd, Holding, Installation
from meters.states import DesiredState, ReportedState, ReportSource
from notifications.models import Message, MessageKind
from orders import actions, fulfilment, tasks
from orders.models import Case, Command, Order, database_now
from orders.states import CaseKind, CommandStatus, OrderStatus
from tests.orders.life import follow_register
from tests.orders.test_closing import open_the_port
from tests.orders.test_fulfilment import (
    dispatch,
    follow_up,
    make_due,
    reconcile,
    report,
)
from tests.orders.world import World


def read_due(world: World) -> None:
    """Let the time for a read-back have come; the meters answer with the present."""
    world.fake.read_at = database_now() + timedelta(seconds=1)
    HanPort.objects.filter(read_back_due_at__isnull=False).update(
        read_back_due_at=database_now() - timedelta(seconds=1)
    )


def bad_news(world: World, command: Command, fault: Fault) -> Report:
    return Report(
        serial=world.port.meter.serial,
        source=ReportSource.EVENT,
        correlation_id=command.id,
        fault=fault,
    )


def cancel(world: World, order: Order) -> None:
    actions.cancel_order(
        customer=world.customer, order=order, by=world.by, now=world.now
    )


@pytest.mark.parametrize("second", list(Fault))
@pytest.mark.parametrize("first", [Fault.UNREACHABLE, Fault.THROTTLED, Fault.AUTH])
def test_bad_news_of_what_waits_to_be_sent_again_is_taken_in(
    world: World, first: Fault, second: Fault
) -> None:
    world.order_opening()
    dispatch(world)
    command = world.newest_command()
    report(world, bad_news(world, command, first))

    report(world, bad_news(world, command, second))

    command.refresh_from_db()
    ends = {
        Fault.REJECTED: CommandStatus.REJECTED,
        Fault.CONTRACT: CommandStatus.DEAD,
    }
    assert command.status == ends.get(second, CommandStatus.QUEUED)


def test_a_closing_of_a_closed_port_that_the_meter_refuses_is_done(
    world: World,
) -> None:
    open_the_port(world)
    order = world.order_closing()
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED

    read_due(world)
    reconcile(world)

    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED
    assert order.confirmed_at == world.fake.read_at
    assert Message.objects.filter(kind=MessageKind.PORT_CLOSED).count() == 1


def test_an_old_reading_does_not_complete_a_closing(world: World) -> None:
    open_the_port(world)
    order = world.order_closing()
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED

    read_due(world)
    world.fake.read_at = database_now() - timedelta(hours=1)
    reconcile(world)

    order.refresh_from_db()
    assert order.status == OrderStatus.IN_PROGRESS
    assert world.fresh_port().read_back_due_at is not None


def test_an_opening_that_a_meter_refuses_is_not_sent_with_every_sweep(
    world: World,
) -> None:
    open_the_port(world)
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED
    world.port.refresh_from_db()
    world.port.read_back_by(database_now())
    read_due(world)
    reconcile(world)
    world.fake.plan(Fault.REJECTED)
    dispatch(world)

    reconcile(world)

    assert Command.objects.live().count() == 0
    due = world.fresh_port().read_back_due_at
    assert due is not None
    assert due > database_now() + timedelta(minutes=10)
    assert Case.objects.get().kind == CaseKind.COMMAND_REJECTED


def test_an_open_port_that_cannot_be_read_is_closed_all_the_same(
    world: World,
) -> None:
    open_the_port(world)
    world.order_closing()
    opening = world.order_opening()
    world.fake.silent_reads = True
    cancel(world, opening)

    reconcile(world)
    dispatch(world)

    assert world.fake.meters[world.port.meter.serial] == ReportedState.CLOSED
    assert Case.objects.get().kind == CaseKind.OPEN_WITHOUT_CONSENT


def test_a_port_that_was_never_sent_to_is_not_closed_unread(world: World) -> None:
    opening = world.order_opening()
    world.fake.silent_reads = True
    cancel(world, opening)

    reconcile(world)

    assert Command.objects.live().count() == 0
    assert world.fresh_port().read_back_due_at is not None


@pytest.mark.parametrize("answer", [None, Fault.AMBIGUOUS])
def test_a_closing_that_cannot_be_read_back_is_sent_again(
    world: World, answer: Fault | None
) -> None:
    open_the_port(world)
    world.order_closing()
    world.fake.plan(answer, executes=False)
    dispatch(world)
    world.fake.silent_reads = True

    for _ in range(4):
        make_due(world.newest_command())
        follow_up(world)
    make_due(world.newest_command())
    dispatch(world)

    assert world.fake.meters[world.port.meter.serial] == ReportedState.CLOSED


def test_a_closing_that_is_late_is_shown_to_people(world: World) -> None:
    open_the_port(world)
    world.order_closing()
    world.fake.plan(Fault.UNREACHABLE)
    dispatch(world)
    assert Case.objects.count() == 0
    make_due(world.newest_command())
    world.now += timedelta(days=4)

    dispatch(world)

    assert Case.objects.get().kind == CaseKind.COMMAND_EXPIRED
    assert world.newest_command().is_live


def test_the_deadline_does_not_wait_for_the_next_attempt(world: World) -> None:
    order = world.order_opening()
    world.fake.plan(Fault.UNREACHABLE)
    dispatch(world)
    world.now += timedelta(days=4)

    assert fulfilment.give_up_overdue(clock=world.clock) == 1

    order.refresh_from_db()
    assert order.status == OrderStatus.FAILED


def test_nothing_is_sent_to_a_head_end_that_is_switched_off(world: World) -> None:
    world.order_opening()
    HeadEnd.objects.update(is_active=False)

    tasks.dispatch_commands(head_end_id=str(world.head_end.id))

    assert world.newest_command().status == CommandStatus.QUEUED


def test_a_reopening_ends_where_the_customer_has_moved_out(world: World) -> None:
    open_the_port(world)
    Holding.objects.update(ends_on=world.now.date())
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED
    world.port.refresh_from_db()
    world.port.read_back_by(database_now())
    read_due(world)
    reconcile(world)

    dispatch(world)

    assert world.fresh_port().desired == DesiredState.CLOSED
    assert [sent.desired for sent in world.fake.sent] == [DesiredState.OPEN]
    read_due(world)
    reconcile(world)
    assert Command.objects.live().count() == 0


def test_a_command_of_an_ended_order_does_not_block_the_others(world: World) -> None:
    open_the_port(world)
    closing = world.order_closing()
    closing.transition_to(OrderStatus.SUPERSEDED, by=world.by, at=world.now)

    assert dispatch(world) == 1

    closing.refresh_from_db()
    assert closing.status == OrderStatus.SUPERSEDED
    assert world.fake.meters[world.port.meter.serial] == ReportedState.CLOSED


def test_a_closing_without_a_command_gets_one(world: World) -> None:
    open_the_port(world)
    world.order_closing()
    command = world.newest_command()
    command.transition_to(CommandStatus.CANCELLED, by=world.by, at=world.now)
    world.port.refresh_from_db()
    world.port.observe(
        ReportedState.CLOSED, at=world.now, source=ReportSource.READ_BACK
    )
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED
    world.fake.read_at = database_now() + timedelta(seconds=1)

    reconcile(world)

    assert Order.objects.live().count() == 0


def test_a_port_whose_meter_was_taken_down_is_no_longer_meant_to_be_open(
    world: World,
) -> None:
    open_the_port(world)
    Installation.objects.update(ends_on=world.now.date())
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED
    world.port.refresh_from_db()
    world.port.read_back_by(database_now())

    follow_register(world)

    assert world.fresh_port().desired == DesiredState.CLOSED
    assert world.fresh_port().read_back_due_at is None
    read_due(world)
    assert reconcile(world) == 0


def test_a_port_whose_meter_will_be_taken_down_is_opened_again(world: World) -> None:
    open_the_port(world)
    Installation.objects.update(ends_on=world.now.date() + timedelta(days=9))
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED
    world.port.refresh_from_db()
    world.port.read_back_by(database_now())
    read_due(world)

    reconcile(world)

    assert world.newest_command().desired == DesiredState.OPEN
    assert world.newest_command().is_live
