"""What stands before a head-end: breaker, rate, permits and maintenance."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from hanportal.audit.log import Event
from meters.headend import Fault, HeadEndError, PortCommand, Submission
from meters.models import HeadEnd, Meter
from meters.states import ReportedState
from orders import fulfilment
from orders.models import Case, Command, Gate, Order, database_now
from orders.models.gates import FIRST_WAIT, LONGEST_WAIT, OPENS_AFTER
from orders.states import BreakerState, CaseKind, CommandStatus, OrderStatus
from tests.orders.test_fulfilment import dispatch, follow_up, reconcile, report
from tests.orders.world import NOW, FakeHeadEnd, World, a_point_with_meter

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


class DeadHeadEnd(FakeHeadEnd):
    """Nobody is there."""

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Count who tried."""
        self.sent += commands
        raise HeadEndError(Fault.NOT_DELIVERED, "Connection refused.")


class WorkerLost(Exception):  # noqa: N818 -- it is what happened
    """Whoever sent was killed."""


class DyingWorkers(FakeHeadEnd):
    """Nobody comes back from here."""

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Lose the worker."""
        raise WorkerLost


def limits(world: World, **facts: object) -> None:
    HeadEnd.objects.filter(pk=world.head_end.pk).update(**facts)


def neighbours(world: World, number: int, *, segment: str = "") -> list[Order]:
    """So many more points of the same customer, each ordered open."""
    orders = []
    for index in range(2, number + 2):
        point, port = a_point_with_meter(world.customer, world.head_end, number=index)
        Meter.objects.filter(pk=port.meter_id).update(segment=segment)
        orders.append(world.order_opening(metering_point=point))
    return orders


def everything_is_due() -> None:
    Command.objects.update(not_before=database_now() - MINUTE)


def the_wait_is_over() -> None:
    Gate.objects.filter(probe_at__isnull=False).update(probe_at=database_now() - MINUTE)


def told(what: str) -> int:
    return Event.objects.filter(what=what).count()


def test_a_head_end_that_is_gone_is_tried_by_one_and_spends_no_attempts(
    world: World,
) -> None:
    world.fake = dead = DeadHeadEnd()
    neighbours(world, OPENS_AFTER + 2)

    assert dispatch(world) == OPENS_AFTER + 2
    everything_is_due()
    attempts = list(Command.objects.order_by("id").values_list("attempts", flat=True))
    assert dispatch(world) == 0

    gate = Gate.objects.get()
    assert gate.breaker == BreakerState.OPEN
    assert gate.opened_at == world.now
    assert (gate.last_fault, gate.last_detail) == (
        Fault.NOT_DELIVERED,
        "Connection refused.",
    )
    assert told("head_end.breaker_opened") == 1
    assert attempts == list(
        Command.objects.order_by("id").values_list("attempts", flat=True)
    )

    the_wait_is_over()
    assert [dispatch(world), dispatch(world)] == [1, 0]
    assert len(dead.sent) == OPENS_AFTER + 3

    world.fake = FakeHeadEnd()
    everything_is_due()
    the_wait_is_over()
    assert dispatch(world) == 1
    assert Gate.objects.get().breaker == BreakerState.CLOSED
    assert told("head_end.breaker_closed") == 1
    assert dispatch(world) == OPENS_AFTER + 1


def test_it_waits_longer_each_time_and_is_written_down_once(world: World) -> None:
    world.fake = DeadHeadEnd()
    neighbours(world, OPENS_AFTER)
    waits = []
    for _attempt in range(6):
        everything_is_due()
        the_wait_is_over()
        before = database_now()
        dispatch(world)
        probe_at = Gate.objects.values_list("probe_at", flat=True).get()
        assert probe_at is not None
        waits.append(round((probe_at - before) / FIRST_WAIT))

    assert waits == [1, 2, 4, 8, 10, 10]
    assert told("head_end.breaker_opened") == 1


@pytest.mark.parametrize("fault", [Fault.UNREACHABLE, Fault.REJECTED, Fault.CONTRACT])
def test_what_one_meter_can_not_do_opens_no_breaker(world: World, fault: Fault) -> None:
    neighbours(world, OPENS_AFTER + 1)
    for _each in range(OPENS_AFTER + 1):
        world.fake.plan(fault)

    dispatch(world)

    assert not Gate.objects.not_closed().exists()


def test_one_answer_in_a_batch_shows_that_somebody_is_there(world: World) -> None:
    neighbours(world, OPENS_AFTER + 1)
    for _each in range(OPENS_AFTER):
        world.fake.plan(Fault.AMBIGUOUS)

    dispatch(world)

    assert not Gate.objects.exists()


def test_who_refuses_us_is_asked_no_more_for_five_minutes_and_people_are_told(
    world: World,
) -> None:
    order = world.order_opening()
    world.fake.plan(Fault.AUTH)

    before = database_now()
    dispatch(world)

    gate = Gate.objects.get()
    assert gate.breaker == BreakerState.OPEN
    assert gate.probe_at is not None
    assert gate.probe_at >= before + LONGEST_WAIT
    assert Case.objects.get().kind == CaseKind.HEAD_END_REFUSES_US
    assert world.newest_command().attempts == 0
    order.refresh_from_db()
    assert order.status == OrderStatus.IN_PROGRESS


def test_a_probe_that_never_comes_back_is_followed_by_another(world: World) -> None:
    world.fake = DeadHeadEnd()
    neighbours(world, OPENS_AFTER)
    dispatch(world)
    everything_is_due()
    the_wait_is_over()
    world.fake = DyingWorkers()
    with pytest.raises(WorkerLost):
        dispatch(world)
    assert Gate.objects.get().breaker == BreakerState.HALF_OPEN
    assert dispatch(world) == 0

    world.fake = FakeHeadEnd()
    the_wait_is_over()
    assert dispatch(world) == 1
    assert Gate.objects.get().breaker == BreakerState.CLOSED


def test_an_opening_that_a_breaker_holds_still_expires(world: World) -> None:
    world.fake = DeadHeadEnd()
    orders = neighbours(world, OPENS_AFTER)
    dispatch(world)
    world.now += timedelta(days=9)
    fulfilment.give_up_overdue(clock=world.clock)

    assert set(
        Order.objects.filter(pk__in=[order.pk for order in orders]).values_list(
            "status", flat=True
        )
    ) == {OrderStatus.FAILED}


def test_all_workers_together_keep_to_the_rate(world: World) -> None:
    limits(world, commands_per_minute=24)
    neighbours(world, 12)

    # Ten seconds of the rate may be saved up, and no more.
    assert [dispatch(world), dispatch(world)] == [4, 0]

    Gate.objects.update(counted_at=database_now() - timedelta(seconds=5))
    assert [dispatch(world), dispatch(world)] == [2, 0]
    Gate.objects.update(counted_at=database_now() - timedelta(hours=1))
    assert [dispatch(world), dispatch(world)] == [4, 0]


def test_a_segment_has_no_more_openings_under_way_than_its_permits(
    world: World,
) -> None:
    limits(world, segment_permits=2)
    neighbours(world, 4, segment="K-17")
    world.order_opening()

    # Two of the segment's four, and the one that hangs on no known concentrator.
    assert [dispatch(world), dispatch(world)] == [3, 0]

    sent = Command.objects.filter(
        port__meter__segment="K-17", status=CommandStatus.ACCEPTED
    )
    sent.update(claimed_at=database_now() - timedelta(hours=2))
    assert dispatch(world) == 2


def test_a_closing_waits_for_no_permit(world: World) -> None:
    limits(world, segment_permits=1)
    Meter.objects.update(segment="K-17")
    world.order_opening()
    dispatch(world)
    report(world, world.event(world.newest_command(), ReportedState.OPEN))
    neighbours(world, 2, segment="K-17")
    assert [dispatch(world), dispatch(world)] == [1, 0]

    world.order_closing()

    assert dispatch(world) == 1
    assert world.newest_command().status == CommandStatus.ACCEPTED


def test_nothing_is_said_in_maintenance_and_all_of_it_after(world: World) -> None:
    limits(
        world,
        maintenance=[{"day": "2026-10-05", "from": "11:00", "until": "13:00"}],
    )
    assert NOW.isoformat() == "2026-10-05T10:00:00+00:00"
    order = world.order_opening()
    world.port.read_back_by(database_now() - MINUTE)

    assert [dispatch(world), follow_up(world), reconcile(world)] == [0, 0, 0]
    assert (world.fake.sent, world.fake.reads) == ([], [])
    order.refresh_from_db()
    assert order.status == OrderStatus.PLACED

    world.now += timedelta(hours=1)
    assert dispatch(world) == 1
