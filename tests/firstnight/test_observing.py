"""A head-end that is only observed or switched off: nothing leaves or is lost."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from uuid6 import uuid7

from hanportal.audit.log import Event as LogEvent
from meters import actions
from meters.headend import Clock, HeadEndAdapter, IdSource, Recorder
from meters.models import HanPort, HeadEnd
from meters.states import DesiredState, HeadEndMode, ReportedState, ReportSource
from orders import fulfilment
from orders.models import Command, Consent, Order, database_now
from orders.states import CommandStatus, OrderStatus
from tests.firstnight.street import (
    BY,
    dispatch,
    exposed_port,
    queued,
    read_again,
    reconcile,
    sent,
)
from tests.orders.test_races import at_once
from tests.orders.world import FakeHeadEnd, World

A_WEEK = timedelta(days=7)


def observe(world: World) -> None:
    actions.observe(head_end_id=world.head_end.id, by=BY, now=world.now)
    world.head_end.refresh_from_db()


def act(world: World) -> None:
    actions.act(head_end_id=world.head_end.id, by=BY, now=world.now)
    world.head_end.refresh_from_db()


def switch_off(world: World) -> None:
    actions.switch_off(head_end_id=world.head_end.id, by=BY, now=world.now)


def switch_on(world: World) -> None:
    actions.switch_on(head_end_id=world.head_end.id, by=BY, now=world.now)


@pytest.mark.parametrize(
    ("stop", "go"), [(observe, act), (switch_off, switch_on)], ids=["mode", "switch"]
)
def test_what_is_ordered_waits_and_is_sent_afterwards(
    world: World, stop: Callable[[World], None], go: Callable[[World], None]
) -> None:
    stop(world)
    order = world.order_opening()

    assert dispatch(world) == 0
    assert world.fake.sent == []
    order.refresh_from_db()
    assert order.status == OrderStatus.PLACED
    assert queued() == 1

    go(world)

    assert dispatch(world) == 1
    assert [command.desired for command in world.fake.sent] == [DesiredState.OPEN]


def test_a_port_without_consent_is_read_and_not_closed(world: World) -> None:
    observe(world)
    port = exposed_port(world, number=7)

    reconcile(world)
    assert world.fake.reads == [port.meter.serial]
    assert Command.objects.count() == 0
    reconcile(world)
    assert world.fake.reads == [port.meter.serial], "read again without an hour's rest"
    read_again(world)
    reconcile(world)
    assert world.fake.reads == [port.meter.serial] * 2
    assert dispatch(world) == 0

    act(world)
    reconcile(world)
    dispatch(world)

    assert sent(world) == [port.meter.serial]
    assert world.fake.meters[port.meter.serial] == ReportedState.CLOSED


def test_what_it_reads_first_is_due_by_the_databases_clock(world: World) -> None:
    world.now = database_now() + A_WEEK
    observe(world)
    port = exposed_port(world, number=7)
    reconcile(world)

    act(world)
    reconcile(world)

    assert world.fake.reads == [port.meter.serial] * 2


def test_meters_that_never_answer_keep_nobody_else_from_being_read(
    world: World,
) -> None:
    HeadEnd.objects.update(max_concurrency=4)
    world.head_end.refresh_from_db()
    for number in range(100, 108):
        exposed_port(world, number=number)
    world.port.observe(
        ReportedState.CLOSED, at=world.now, source=ReportSource.READ_BACK
    )
    world.fake.silent_reads = True

    for _ in range(3):
        HanPort.objects.update(read_back_due_at=database_now())
        reconcile(world)

    assert world.port.meter.serial in world.fake.reads
    assert len(world.fake.reads) == 12


def test_nothing_at_all_is_said_to_one_that_is_switched_off(world: World) -> None:
    exposed_port(world, number=7)
    stale = world.head_end
    switch_off(world)

    reconcile(world)
    fulfilment.follow_up(head_end=stale, clock=world.clock, connect=world.fake.connect)

    assert (world.fake.reads, world.fake.sent) == ([], [])


def test_an_opening_that_waited_out_its_deadline_is_not_given_up(world: World) -> None:
    observe(world)
    order = world.order_opening()
    world.now += A_WEEK

    assert fulfilment.give_up_overdue(clock=world.clock) == 0
    act(world)
    assert fulfilment.give_up_overdue(clock=world.clock) == 0
    dispatch(world)

    order.refresh_from_db()
    assert order.status == OrderStatus.IN_PROGRESS
    assert Consent.objects.active().count() == 1


def test_the_days_begin_anew_when_it_acts_and_then_run_out(world: World) -> None:
    observe(world)
    order = world.order_opening()
    world.now += A_WEEK
    act(world)
    world.now += A_WEEK

    assert fulfilment.give_up_overdue(clock=world.clock) == 1

    order.refresh_from_db()
    assert order.status == OrderStatus.FAILED


def test_an_opening_that_nobody_held_up_is_given_up_as_before(world: World) -> None:
    observe(world)
    act(world)
    world.now += timedelta(minutes=1)
    world.order_opening()
    world.now += A_WEEK

    assert fulfilment.give_up_overdue(clock=world.clock) == 1


def test_verbs_leave_their_trace_once(world: World) -> None:
    for verb in (observe, observe, act, act, switch_off, switch_off, switch_on):
        verb(world)

    events = LogEvent.objects.filter(subject_id=world.head_end.id).order_by("sequence")
    assert [(e.what, e.actor_reference) for e in events] == [
        ("head_end.observing", "S-anna"),
        ("head_end.acting", "S-anna"),
        ("head_end.switched_off", "S-anna"),
        ("head_end.switched_on", "S-anna"),
    ]


def test_what_is_registered_begins_by_observing(db: None) -> None:
    register = [
        *("register_head_end", "--code=kaifa", "--name=Kaifa", "--profile=cim-strict"),
        "--endpoint=http://127.0.0.1:9/soap",
    ]
    call_command(*register, stdout=StringIO())

    head_end = HeadEnd.objects.get(code="kaifa")
    assert (head_end.mode, head_end.may_send) == (HeadEndMode.OBSERVE, False)

    call_command("head_end", "kaifa", "act", stdout=StringIO())
    call_command(*register, "--mode=observe", stdout=StringIO())

    head_end.refresh_from_db()
    assert head_end.mode == HeadEndMode.ACT


def test_the_command_says_how_it_is_now(world: World) -> None:
    told = StringIO()

    call_command("head_end", "aidon", "off", stdout=told)
    call_command("head_end", "aidon", "observe", stdout=told)
    call_command("head_end", "aidon", "on", stdout=told)

    assert told.getvalue().splitlines() == [
        "aidon: slått av, handle",
        "aidon: slått av, bare se",
        "aidon: slått på, bare se",
    ]
    with pytest.raises(CommandError, match="ikke registrert"):
        call_command("head_end", "nobody", "off")
    with pytest.raises(actions.NoSuchHeadEnd):
        actions.act(head_end_id=uuid7(), by=BY, now=world.now)


class SwitchedOffInBetween(FakeHeadEnd):
    """The head-end is switched off when a batch is claimed and not yet sent."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def connect(
        self, head_end: HeadEnd, *, recorder: Recorder, clock: Clock, new_id: IdSource
    ) -> HeadEndAdapter:
        """Somebody is quicker than the first message."""
        switch_off(self._world)
        return super().connect(head_end, recorder=recorder, clock=clock, new_id=new_id)


def test_a_batch_that_was_claimed_just_before_is_given_back(world: World) -> None:
    world.order_opening()
    quicker = SwitchedOffInBetween(world)

    assert dispatch(world, quicker) == 0

    assert quicker.sent == []
    command = Command.objects.get()
    assert (command.status, command.attempts) == (CommandStatus.QUEUED, 0)
    switch_on(world)
    assert dispatch(world) == 1
    assert Order.objects.get().status == OrderStatus.IN_PROGRESS


def test_switching_off_waits_for_a_batch_that_is_being_claimed(
    committed_world: World,
) -> None:
    world = committed_world
    held, refused = Event(), Event()

    def claim() -> None:
        with transaction.atomic():
            assert HeadEnd.objects.held_to_act(world.head_end) is not None
            held.set()
            assert refused.wait(timeout=10)

    def switch() -> None:
        assert held.wait(timeout=10)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
                switch_off(world)
        finally:
            refused.set()

    claimed, switched = at_once(claim, switch)

    assert claimed is None
    assert isinstance(switched, OperationalError)
    switch_off(world)
    world.order_opening()
    assert dispatch(world) == 0
