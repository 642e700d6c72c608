"""What is said of many commands at once is settled together where it is plain."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from hanportal.audit.verify import Tally, examine
from meters.headend import Fault, PortCommand, Report, Submission
from meters.models import HanPort
from meters.states import DesiredState, ReportedState, ReportSource
from notifications.models import Message, MessageKind
from orders import actions
from orders.fulfilment.callbacks import apply_report
from orders.fulfilment.plain import Word, settle_plain
from orders.models import Command, Exchange, Order, database_now
from orders.states import CommandCause, CommandStatus, OrderStatus
from tests.orders.test_fulfilment import dispatch
from tests.orders.test_races import assert_the_log_is_whole
from tests.orders.world import FakeHeadEnd, World, a_point_with_meter


class PromptHeadEnd(FakeHeadEnd):
    """Gives the meter's own result with its answer."""

    def _submit_one(self, command: PortCommand) -> Submission:
        answer = super()._submit_one(command)
        if answer.fault is not None:
            return answer
        result = Report(
            serial=command.serial,
            source=ReportSource.EVENT,
            correlation_id=command.id,
            state=ReportedState(command.desired),
        )
        return Submission(command_id=command.id, report=result)


def openings(world: World, number: int) -> list[Order]:
    """So many points of the same customer, each ordered open."""
    placed = []
    for index in range(2, number + 2):
        point, _port = a_point_with_meter(world.customer, world.head_end, number=index)
        placed.append(world.order_opening(metering_point=point))
    return placed


def closings(world: World, numbers: range) -> None:
    """A closing at each of so many ports, which nobody ordered."""
    due = database_now() - timedelta(seconds=1)
    for number in numbers:
        _point, port = a_point_with_meter(world.customer, world.head_end, number=number)
        port.want(DesiredState.CLOSED)
        Command.objects.create(
            port=port,
            generation=port.generation,
            desired=DesiredState.CLOSED,
            cause=CommandCause.RECONCILIATION,
            not_before=due,
            queued_at=world.now,
        )


def statements(world: World, expected: int) -> int:
    """How many statements one batch of so many took."""
    with CaptureQueriesContext(connection) as captured:
        assert dispatch(world) == expected
    return len(captured)


@pytest.mark.django_db
def test_ten_cost_as_many_statements_as_two(world: World) -> None:
    world.fake = PromptHeadEnd()
    closings(world, range(10, 12))
    of_two = statements(world, 2)

    closings(world, range(20, 30))
    of_ten = statements(world, 10)

    assert of_ten == of_two
    confirmed = Command.objects.filter(status=CommandStatus.CONFIRMED)
    assert (confirmed.count(), Exchange.objects.count()) == (12, 12)
    assert_the_log_is_whole()


@pytest.mark.django_db
def test_each_of_a_batch_ends_as_its_own_answer_says(world: World) -> None:
    orders = openings(world, 5)
    for fault in (None, Fault.THROTTLED, Fault.REJECTED, None, Fault.AMBIGUOUS):
        world.fake.plan(fault)

    assert dispatch(world) == 5

    ends = [Command.objects.get(order=order).status for order in orders]
    assert ends == [
        CommandStatus.ACCEPTED,
        CommandStatus.QUEUED,
        CommandStatus.REJECTED,
        CommandStatus.ACCEPTED,
        CommandStatus.AMBIGUOUS,
    ]
    for order in orders:
        order.refresh_from_db()
    assert [order.status for order in orders] == [
        OrderStatus.IN_PROGRESS,
        OrderStatus.IN_PROGRESS,
        OrderStatus.FAILED,
        OrderStatus.IN_PROGRESS,
        OrderStatus.IN_PROGRESS,
    ]
    assert [order.sent_at is not None for order in orders] == [
        *(True, False, False),
        *(True, False),
    ]
    assert_the_log_is_whole()


@pytest.mark.django_db
def test_each_customer_of_a_batch_is_told_what_the_meter_confirmed(
    world: World,
) -> None:
    world.fake = PromptHeadEnd()
    orders = openings(world, 3)
    dispatch(world)
    for order in orders:
        world.now += timedelta(minutes=1)
        fulfilled = Order.objects.get(pk=order.pk)
        assert fulfilled.status == OrderStatus.COMPLETED
        assert fulfilled.confirmed_at is not None
        told = Message.objects.get(about=order.pk, kind=MessageKind.PORT_OPEN)
        assert told.withdrawn_at is None
        assert order.port.meter.serial in told.body_text
        _close(world, fulfilled)

    assert dispatch(world) == 3

    # Nobody had read that they were open, and it is no longer true.
    for order in orders:
        told = Message.objects.get(about=order.pk, kind=MessageKind.PORT_OPEN)
        assert told.withdrawn_at is not None
    closed = Message.objects.filter(kind=MessageKind.PORT_CLOSED)
    assert closed.filter(withdrawn_at=None).count() == 3
    assert_the_log_is_whole()


def test_what_somebody_holds_is_left_and_settled_by_itself(
    committed_world: World,
) -> None:
    world = committed_world
    orders = openings(world, 3)
    dispatch(world)
    commands = {order.id: Command.objects.get(order=order) for order in orders}
    words = {
        command.id: Word(report=_seen_open(command, world))
        for command in commands.values()
    }

    with transaction.atomic(), ThreadPoolExecutor(1) as thread:
        HanPort.objects.locked().get(pk=orders[1].port_id)
        settled = thread.submit(_settle, world, words).result(timeout=30)

    left = commands[orders[1].id]
    assert settled == words.keys() - {left.id}
    assert Command.objects.get(pk=left.id).status == CommandStatus.ACCEPTED
    assert apply_report(
        _seen_open(left, world), head_end=world.head_end, clock=world.clock
    )
    ended = Command.objects.filter(status=CommandStatus.CONFIRMED)
    assert ended.count() == 3
    assert_the_log_is_whole()


@pytest.mark.django_db
def test_a_lost_senders_answer_is_not_heard(world: World) -> None:
    [order] = openings(world, 1)
    dispatch(world)
    command = Command.objects.get(order=order)
    Command.objects.filter(pk=command.pk).update(
        status=CommandStatus.SENDING,
        lease_expires_at=database_now(),
        fence=command.fence + 1,
    )
    late = Word(report=_seen_open(command, world), fence=command.fence)

    assert _settle(world, {command.id: late}) == set()
    assert _settle(world, {command.id: Word(report=None, fence=command.fence)}) == set()

    command.refresh_from_db()
    assert command.status == CommandStatus.SENDING


@pytest.mark.django_db
def test_a_word_about_another_meter_settles_nothing(world: World) -> None:
    [order] = openings(world, 1)
    dispatch(world)
    command = Command.objects.get(order=order)
    strange = Report(
        serial="7359990000099999",
        source=ReportSource.EVENT,
        correlation_id=command.id,
        state=ReportedState.OPEN,
    )

    assert _settle(world, {command.id: Word(report=strange)}) == set()

    tally = Tally()
    assert list(examine(tally)) == []
    command.refresh_from_db()
    assert command.status == CommandStatus.ACCEPTED


def _seen_open(command: Command, world: World) -> Report:
    return Report(
        serial=command.port.meter.serial,
        source=ReportSource.EVENT,
        correlation_id=command.id,
        state=ReportedState.OPEN,
        observed_at=world.now,
    )


def _settle(world: World, words: dict[UUID, Word]) -> set[UUID]:
    try:
        return settle_plain(
            words,
            head_end=world.head_end,
            reads_back=True,
            by=world.by,
            clock=world.clock,
        )
    finally:
        if not connection.in_atomic_block:
            connections.close_all()


def _close(world: World, order: Order) -> Order:
    return actions.place_closing(
        customer=world.customer,
        metering_point=order.metering_point,
        by=world.by,
        now=world.now,
    )
