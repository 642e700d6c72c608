"""Real threads on a real database: the newest committed intent decides, every time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier, Event

from django.db import connections, transaction

from hanportal.audit.verify import Tally, examine
from meters.headend import PortCommand, Submission
from meters.models import HanPort, MeteringPoint
from meters.states import DesiredState, ReportedState
from notifications.models import Message, MessageKind
from orders import actions, fulfilment
from orders.fulfilment.callbacks import apply_report
from orders.models import Command, Consent, Order, database_now
from orders.states import CommandStatus, OrderStatus
from tests.orders.world import FakeHeadEnd, World, a_point_with_meter

ROUNDS = 50


def at_once(*verbs: Callable[[], object]) -> list[object]:
    """Start every verb at the same moment, each in a thread with its own connection.

    What a verb raises is its result.
    """
    barrier = Barrier(len(verbs))

    def run(verb: Callable[[], object]) -> object:
        barrier.wait(timeout=10)
        try:
            return verb()
        except Exception as error:  # noqa: BLE001 -- the story says what it may be
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(run, verbs))


def rounds(world: World) -> list[tuple[MeteringPoint, HanPort]]:
    """A fresh point for each round."""
    return [
        a_point_with_meter(world.customer, world.head_end, number=100 + number)
        for number in range(ROUNDS)
    ]


def close(world: World, point: MeteringPoint) -> Order:
    return actions.place_closing(
        customer=world.customer,
        metering_point=point,
        by=world.by,
        now=world.now,
    )


def dispatch(world: World, fake: FakeHeadEnd) -> int:
    return fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=fake.connect
    )


def assert_the_log_is_whole() -> None:
    tally = Tally()
    assert list(examine(tally)) == []
    assert tally.events > 0


def test_of_eight_orders_at_once_one_is_placed(committed_world: World) -> None:
    world = committed_world

    results = at_once(*[world.order_opening] * 8)

    placed = [result for result in results if isinstance(result, Order)]
    refused = [r for r in results if isinstance(r, actions.AlreadyOrdered)]
    assert len(placed) == 1
    assert len(refused) == 7
    assert {refusal.order for refusal in refused} == set(placed)
    assert Order.objects.count() == Consent.objects.count() == 1
    assert Command.objects.count() == Message.objects.count() == 1
    assert_the_log_is_whole()


def test_a_withdrawal_racing_an_opening_always_ends_closed(
    committed_world: World,
) -> None:
    world = committed_world
    for point, port in rounds(world):
        world.order_opening(metering_point=point)
        fake = FakeHeadEnd()

        results = at_once(
            partial(dispatch, world, fake),
            partial(close, world, point),
        )

        assert [r for r in results if isinstance(r, Exception)] == []
        newest = Command.objects.filter(port=port).order_by("-id")[:1].get()
        port.refresh_from_db()
        assert port.desired == newest.desired == DesiredState.CLOSED
        assert newest.generation == port.generation
        assert not Consent.objects.active().filter(metering_point=point).exists()
        Command.objects.filter(port=port).update(not_before=world.now)
        dispatch(world, fake)
        assert fake.sent[-1].desired == DesiredState.CLOSED
        assert fake.meters[port.meter.serial] == ReportedState.CLOSED
    assert_the_log_is_whole()


def test_a_closing_racing_the_meters_result_tells_the_truth(
    committed_world: World,
) -> None:
    world = committed_world
    fake = FakeHeadEnd()
    for point, port in rounds(world):
        order = world.order_opening(metering_point=point)
        dispatch(world, fake)
        world.port = port
        opened = world.event(Command.objects.get(port=port), ReportedState.OPEN)

        results = at_once(
            partial(apply_report, opened, head_end=world.head_end, clock=world.clock),
            partial(close, world, point),
        )

        assert [r for r in results if isinstance(r, Exception)] == []
        order.refresh_from_db()
        told_open = Message.objects.filter(
            about=order.id, kind=MessageKind.PORT_OPEN, withdrawn_at=None
        )
        assert not told_open.exists()
        assert order.status in {OrderStatus.COMPLETED, OrderStatus.SUPERSEDED}
        port.refresh_from_db()
        assert port.desired == DesiredState.CLOSED
    assert_the_log_is_whole()


def test_a_closing_racing_an_opening_leaves_what_was_asked_last(
    committed_world: World,
) -> None:
    world = committed_world
    fake = FakeHeadEnd()
    for point, port in rounds(world):
        world.order_opening(metering_point=point)
        dispatch(world, fake)
        close(world, point)

        results = at_once(
            partial(world.order_opening, metering_point=point),
            partial(close, world, point),
        )

        unexpected = [
            result
            for result in results
            if not isinstance(result, Order | actions.AlreadyOrdered)
        ]
        assert unexpected == []
        last = Order.objects.filter(metering_point=point).live().get()
        port.refresh_from_db()
        assert port.desired == (
            DesiredState.OPEN if last.kind == "open" else DesiredState.CLOSED
        )
        has_consent = Consent.objects.active().filter(metering_point=point).exists()
        assert has_consent == (last.kind == "open")
        assert Command.objects.live().filter(port=port).count() == 1
    assert_the_log_is_whole()


def test_two_workers_never_send_the_same_command(committed_world: World) -> None:
    world = committed_world
    for point, _port in rounds(world):
        world.order_opening(metering_point=point)
    fakes = [FakeHeadEnd() for _ in range(4)]

    def work(fake: FakeHeadEnd) -> None:
        while dispatch(world, fake):
            pass

    results = at_once(*[partial(work, fake) for fake in fakes])

    assert results == [None] * 4
    sent = [command.id for fake in fakes for command in fake.sent]
    assert len(sent) == len(set(sent)) == ROUNDS
    assert set(Command.objects.values_list("status", flat=True)) == {
        CommandStatus.ACCEPTED
    }
    assert_the_log_is_whole()


class SleepyHeadEnd(FakeHeadEnd):
    """Answers so late that the worker's lease has run out and others took over."""

    def __init__(self, take_over: Callable[[], object]) -> None:
        super().__init__()
        self._take_over = take_over

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Send, then sleep past the lease."""
        answers = super().submit(commands)
        self._take_over()
        return answers


def test_a_worker_that_wakes_after_its_lease_is_not_heard(
    committed_world: World,
) -> None:
    world = committed_world
    world.order_opening()

    def take_over() -> None:
        Command.objects.update(lease_expires_at=world.now - timedelta(days=1))
        fulfilment.recover_expired_leases(clock=world.clock)

    dispatch(world, SleepyHeadEnd(take_over))

    assert Command.objects.get().status == CommandStatus.AMBIGUOUS


def test_a_worker_does_not_hold_a_command_whose_port_is_anothers(
    committed_world: World,
) -> None:
    world = committed_world
    world.order_opening()
    port_taken, claimed, looked = Event(), Event(), Event()

    def claim() -> list[Command]:
        port_taken.wait(timeout=10)
        with transaction.atomic():
            due = Command.objects.due(world.head_end, at=database_now())
            commands = list(due.claimed())
            claimed.set()
            looked.wait(timeout=10)
        return commands

    def order_something() -> Command:
        with transaction.atomic():
            HanPort.objects.locked().get(pk=world.port.pk)
            port_taken.set()
            claimed.wait(timeout=10)
            try:
                return Command.objects.select_for_update(nowait=True).get()
            finally:
                looked.set()

    results = at_once(claim, order_something)

    assert results == [[], Command.objects.get()]
