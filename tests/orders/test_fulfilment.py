"""What workers do: an order reaches its meter, through answers, faults and silence."""

from datetime import timedelta

import pytest

from meters.headend import Fault, Report
from meters.states import DesiredState, ReportedState, ReportSource
from notifications.models import Message, MessageKind
from orders import fulfilment, reconciliation
from orders.fulfilment.callbacks import apply_report
from orders.models import (
    Case,
    Command,
    Consent,
    Exchange,
    Gate,
    Order,
    database_now,
)
from orders.states import CaseKind, CommandStatus, ConsentEnd, OrderStatus
from tests.orders.world import World


def dispatch(world: World) -> int:
    return fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )


def follow_up(world: World) -> int:
    return fulfilment.follow_up(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )


def reconcile(world: World) -> int:
    return reconciliation.reconcile_ports(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )


def make_due(command: Command) -> None:
    """Let the database's clock have reached the command's next step, and a probe's."""
    Gate.objects.filter(probe_at__isnull=False).update(
        probe_at=database_now() - timedelta(seconds=1)
    )
    Command.objects.filter(pk=command.pk).update(
        not_before=database_now() - timedelta(seconds=1)
    )


def report(world: World, found: Report) -> bool:
    return apply_report(found, head_end=world.head_end, clock=world.clock)


def kinds() -> list[str]:
    return [message.kind for message in Message.objects.order_by("id")]


def test_accepted_is_sent_and_not_open(world: World) -> None:
    order = world.order_opening()

    assert dispatch(world) == 1

    order.refresh_from_db()
    assert order.status == OrderStatus.IN_PROGRESS
    assert order.sent_at == world.now
    assert order.confirmed_at is None
    assert world.newest_command().status == CommandStatus.ACCEPTED
    assert world.fresh_port().reported == ReportedState.UNKNOWN
    assert kinds() == [MessageKind.ORDER_RECEIVED]
    assert Exchange.objects.get().command == world.newest_command()


def test_the_meters_own_result_makes_it_open(world: World) -> None:
    order = world.order_opening()
    dispatch(world)

    report(world, world.event(world.newest_command(), ReportedState.OPEN))

    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED
    assert order.confirmed_at == world.now
    assert world.fresh_port().reported == ReportedState.OPEN
    assert kinds() == [MessageKind.ORDER_RECEIVED, MessageKind.PORT_OPEN]


def test_the_same_result_twice_is_the_same_as_once(world: World) -> None:
    world.order_opening()
    dispatch(world)
    result = world.event(world.newest_command(), ReportedState.OPEN)

    report(world, result)
    report(world, result)

    assert kinds() == [MessageKind.ORDER_RECEIVED, MessageKind.PORT_OPEN]


def test_a_result_may_beat_the_acknowledgement(world: World) -> None:
    order = world.order_opening()
    command = world.newest_command()
    dispatch(world)
    Command.objects.filter(pk=command.pk).update(status=CommandStatus.AMBIGUOUS)

    report(world, world.event(command, ReportedState.OPEN))

    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED


def test_a_lost_acknowledgement_is_read_back_before_anything_is_sent_again(
    world: World,
) -> None:
    order = world.order_opening()
    world.fake.plan(Fault.AMBIGUOUS, executes=True)
    dispatch(world)
    command = world.newest_command()
    assert command.status == CommandStatus.AMBIGUOUS

    make_due(command)
    world.fake.read_at = database_now()
    follow_up(world)

    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED
    assert len(world.fake.sent) == 1


def test_what_was_not_carried_out_is_sent_again_under_the_same_id(
    world: World,
) -> None:
    world.order_opening()
    world.fake.plan(Fault.AMBIGUOUS, executes=False)
    dispatch(world)
    make_due(world.newest_command())
    world.fake.read_at = database_now()
    follow_up(world)
    make_due(world.newest_command())

    dispatch(world)

    assert [sent.id for sent in world.fake.sent] == [world.newest_command().id] * 2
    assert world.newest_command().status == CommandStatus.ACCEPTED


def test_a_stale_read_back_decides_nothing(world: World) -> None:
    world.order_opening()
    world.fake.plan(Fault.AMBIGUOUS, executes=True)
    dispatch(world)
    make_due(world.newest_command())
    world.fake.read_at = database_now() - timedelta(hours=1)

    follow_up(world)

    assert world.newest_command().status == CommandStatus.AMBIGUOUS
    assert world.fresh_port().reported == ReportedState.UNKNOWN


def test_a_meter_missing_from_the_answer_is_not_a_success(world: World) -> None:
    world.order_opening()
    dispatch(world)
    make_due(world.newest_command())
    world.fake.silent_reads = True

    follow_up(world)

    assert world.newest_command().status == CommandStatus.ACCEPTED
    assert kinds() == [MessageKind.ORDER_RECEIVED]


@pytest.mark.parametrize(
    ("fault", "status", "attempts"),
    [
        (Fault.NOT_DELIVERED, CommandStatus.QUEUED, 1),
        (Fault.AMBIGUOUS, CommandStatus.AMBIGUOUS, 1),
        (Fault.THROTTLED, CommandStatus.QUEUED, 0),
        (Fault.AUTH, CommandStatus.QUEUED, 0),
        (Fault.UNREACHABLE, CommandStatus.QUEUED, 1),
        (Fault.NOT_FINAL, CommandStatus.ACCEPTED, 1),
    ],
)
def test_a_passing_fault_waits_and_keeps_the_order_alive(
    world: World, fault: Fault, status: CommandStatus, attempts: int
) -> None:
    order = world.order_opening()
    world.fake.plan(fault)

    dispatch(world)

    command = world.newest_command()
    assert command.status == status
    assert command.attempts == attempts
    assert command.not_before > database_now()
    order.refresh_from_db()
    assert order.status == OrderStatus.IN_PROGRESS
    assert dispatch(world) == 0


@pytest.mark.parametrize(
    ("fault", "status", "case"),
    [
        (Fault.REJECTED, CommandStatus.REJECTED, CaseKind.COMMAND_REJECTED),
        (Fault.CONTRACT, CommandStatus.DEAD, CaseKind.COMMAND_DEAD),
    ],
)
def test_a_permanent_fault_fails_the_order_openly(
    world: World, fault: Fault, status: CommandStatus, case: CaseKind
) -> None:
    order = world.order_opening()
    command = world.newest_command()
    world.fake.plan(fault)

    dispatch(world)

    order.refresh_from_db()
    command.refresh_from_db()
    assert command.status == status
    assert order.status == OrderStatus.FAILED
    assert Case.objects.get().kind == case
    assert Consent.objects.get().end_reason == ConsentEnd.ORDER_FAILED
    assert world.fresh_port().desired == DesiredState.CLOSED
    assert kinds() == [MessageKind.ORDER_RECEIVED, MessageKind.ORDER_FAILED]


def test_the_deadline_ends_an_opening_that_nobody_confirmed(world: World) -> None:
    order = world.order_opening()
    dispatch(world)
    make_due(world.newest_command())
    world.now += timedelta(days=4)

    follow_up(world)

    order.refresh_from_db()
    assert order.status == OrderStatus.FAILED
    assert Case.objects.get().kind == CaseKind.COMMAND_EXPIRED
    assert world.fresh_port().desired == DesiredState.CLOSED


def test_an_opening_carried_out_after_it_was_given_up_is_closed_again(
    world: World,
) -> None:
    world.order_opening()
    dispatch(world)
    make_due(world.newest_command())
    world.now += timedelta(days=4)
    follow_up(world)
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    world.fake.read_at = database_now()

    reconcile(world)
    closing = world.newest_command()
    dispatch(world)

    assert closing.desired == DesiredState.CLOSED
    assert world.fake.meters[world.port.meter.serial] == ReportedState.CLOSED
    cases = Case.objects.values_list("kind", flat=True)
    assert set(cases) == {CaseKind.COMMAND_EXPIRED, CaseKind.OPEN_WITHOUT_CONSENT}


def test_a_worker_that_was_lost_leaves_a_lease_that_runs_out(world: World) -> None:
    world.order_opening()
    command = world.newest_command()
    Command.objects.claim_together(
        [command],
        since=database_now() - timedelta(minutes=2),
        until=database_now() - timedelta(minutes=1),
        by=world.by,
        at=world.now,
    )

    assert fulfilment.recover_expired_leases(clock=world.clock) == 1

    assert world.newest_command().status == CommandStatus.AMBIGUOUS


def test_a_consent_that_ended_stops_the_sending_at_the_last_moment(
    world: World,
) -> None:
    order = world.order_opening()
    assert order.consent is not None
    order.consent.end(ConsentEnd.WITHDRAWN, by=world.by, at=world.now)

    assert dispatch(world) == 0

    order.refresh_from_db()
    assert world.fake.sent == []
    assert order.status == OrderStatus.FAILED
    assert world.fresh_port().desired == DesiredState.CLOSED


def test_an_unknown_correlation_is_nobodys(world: World) -> None:
    found = Report(
        serial=world.port.meter.serial,
        source=ReportSource.EVENT,
        state=ReportedState.OPEN,
        observed_at=world.now,
    )

    assert report(world, found) is False
    assert Order.objects.count() == 0
