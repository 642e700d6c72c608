"""A silent port: asked for once, sent once, and only where the port may be open."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from hanportal.audit import log
from meters.headend import Fault, PortReset, Submission
from meters.models import HeadEnd
from meters.states import (
    DesiredState,
    HeadEndMode,
    ReportedState,
    ReportSource,
)
from notifications.models import Message, MessageKind
from orders import fulfilment, reconciliation
from orders.models import Case, Command, Consent, Exchange, Gate, PortRestart
from orders.models.gates import OPENS_AFTER
from orders.models.orders import ForbiddenTransition
from orders.states import (
    COMMAND_TRANSITIONS,
    LIVE_COMMAND_STATUSES,
    CaseKind,
    CommandCause,
    CommandStatus,
)
from tests.orders.silence import (
    RestartingHeadEnd,
    answer,
    ask,
    let_it_restart,
    look_after,
    make_due,
    open_it,
    restart,
)
from tests.orders.test_fulfilment import dispatch
from tests.orders.world import World, a_point_with_meter

pytestmark = pytest.mark.django_db

BY = log.Actor(log.ActorKind.SYSTEM, "test")
AGENT = log.Actor(log.ActorKind.STAFF, "A1")
DAY = timedelta(days=1)


@pytest.fixture
def far(world: World) -> RestartingHeadEnd:
    """The port is open; its head-end restarts ports."""
    open_it(world)
    return let_it_restart(world)


def kinds() -> set[str]:
    return set(Case.objects.unsettled().values_list("kind", flat=True))


def status_of(asked: PortRestart) -> str:
    return PortRestart.objects.values_list("status", flat=True).get(pk=asked.pk)


def test_it_goes_out_once_and_is_told_by_the_meters_word(
    world: World, far: RestartingHeadEnd
) -> None:
    before = world.fresh_port()
    asked = ask(world)

    assert [restart(world), restart(world)] == [1, 0]
    assert status_of(asked) == CommandStatus.ACCEPTED
    assert not Message.objects.filter(kind=MessageKind.PORT_RESTARTED).exists()
    assert answer(world, asked)
    assert answer(world, asked)

    assert status_of(asked) == CommandStatus.CONFIRMED
    (sent,) = far.restarted
    assert (sent.id, sent.serial) == (asked.id, world.port.meter.serial)
    after = world.fresh_port()
    assert (after.desired, after.generation) == (DesiredState.OPEN, before.generation)
    assert after.read_back_due_at is not None
    told = Message.objects.get(kind=MessageKind.PORT_RESTARTED)
    assert told.customer == world.customer
    assert "Vi kan ikke se om det kommer data" in told.body_text
    assert kinds() == set()
    assert [
        event.what for event in log.events_about(log.Subject("restart", asked.id))
    ] == [
        "restart.queued",
        "restart.sending",
        "restart.accepted",
        "restart.confirmed",
    ]
    assert Exchange.objects.filter(request=b"<reset/>").count() == 1


def test_the_port_is_read_back_after_it(world: World, far: RestartingHeadEnd) -> None:
    asked = ask(world)
    restart(world)
    answer(world, asked)

    reconciliation.reconcile_ports(
        head_end=world.head_end, clock=world.clock, connect=far.connect
    )

    assert far.reads[-1] == world.port.meter.serial
    assert world.fresh_port().read_at == world.now


def test_a_consent_withdrawn_in_between_is_not_acted_on(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)
    world.order_closing()

    assert restart(world) == 0
    assert status_of(asked) == CommandStatus.CANCELLED
    assert far.restarted == []
    assert kinds() == set()


def test_a_consent_that_the_register_ends_is_not_acted_on(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)
    world.point.holdings.update(ends_on=world.now.date())

    assert restart(world) == 0
    assert (status_of(asked), far.restarted) == (CommandStatus.CANCELLED, [])


def test_a_port_that_is_no_longer_seen_open_is_not_restarted(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)
    world.fresh_port().observe(
        ReportedState.CLOSED, at=world.now, source=ReportSource.READ_BACK
    )

    assert restart(world) == 0
    assert (status_of(asked), far.restarted) == (CommandStatus.CANCELLED, [])


def test_a_closing_goes_out_while_a_restart_is_unsettled(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)
    restart(world)
    world.order_closing()

    assert dispatch(world) == 1
    assert answer(world, asked)

    assert status_of(asked) == CommandStatus.SUPERSEDED
    assert not Message.objects.filter(kind=MessageKind.PORT_RESTARTED).exists()
    assert far.meters[world.port.meter.serial] == ReportedState.CLOSED


def test_the_sweep_sets_aside_what_a_newer_intent_beat(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)
    far.plan(Fault.NOT_DELIVERED)
    restart(world)
    world.order_closing()

    assert look_after(world) == 1
    assert status_of(asked) == CommandStatus.SUPERSEDED


def test_it_waits_for_a_command_under_way(world: World, far: RestartingHeadEnd) -> None:
    asked = ask(world)
    Command.queue(
        port=world.fresh_port(),
        cause=CommandCause.RECONCILIATION,
        order=None,
        consent=Consent.objects.get(),
        expires_at=None,
        by=BY,
        at=world.now,
    )

    assert restart(world) == 0
    assert (status_of(asked), far.restarted) == (CommandStatus.QUEUED, [])


def test_what_was_not_delivered_is_sent_again(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)
    far.plan(Fault.NOT_DELIVERED)
    restart(world)
    assert status_of(asked) == CommandStatus.QUEUED

    make_due()
    assert restart(world) == 1
    assert [each.id for each in far.restarted] == [asked.id, asked.id]


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.AUTH, Fault.UNREACHABLE])
def test_what_must_wait_waits(
    world: World, far: RestartingHeadEnd, fault: Fault
) -> None:
    asked = ask(world)
    far.plan(fault)
    restart(world)

    fresh = PortRestart.objects.get()
    assert (fresh.id, fresh.status) == (asked.id, CommandStatus.QUEUED)
    assert fresh.attempts == (1 if fault == Fault.UNREACHABLE else 0)
    assert kinds() == ({CaseKind.HEAD_END_REFUSES_US} if fault == Fault.AUTH else set())


def test_what_is_in_doubt_is_not_repeated_without_end(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)
    for _attempt in range(5):
        far.plan(Fault.AMBIGUOUS)
        restart(world)
        assert restart(world) == 0
        make_due()
        look_after(world)
        make_due()

    assert len(far.restarted) == 3
    assert status_of(asked) == CommandStatus.EXPIRED
    assert kinds() == {CaseKind.PORT_SILENT}
    assert Message.objects.filter(kind=MessageKind.RESTART_FAILED).count() == 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault.REJECTED, CommandStatus.REJECTED),
        (Fault.CONTRACT, CommandStatus.DEAD),
    ],
)
def test_a_refusal_is_a_case_with_the_customers_order(
    world: World, far: RestartingHeadEnd, fault: Fault, status: CommandStatus
) -> None:
    asked = ask(world)
    restart(world)
    answer(world, asked, fault=fault)

    assert status_of(asked) == status
    case = Case.objects.get()
    assert (case.kind, case.port) == (CaseKind.PORT_SILENT, world.port)
    assert case.order is not None
    assert case.order.placement.customer == world.customer
    told = Message.objects.get(kind=MessageKind.RESTART_FAILED)
    assert "En medarbeider ser på saken" in told.body_text
    assert world.fresh_port().desired == DesiredState.OPEN


def test_past_its_day_it_is_given_up_with_a_case(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)
    HeadEnd.objects.update(is_active=False)
    world.now += DAY

    assert look_after(world) == 1
    assert (status_of(asked), far.restarted) == (CommandStatus.EXPIRED, [])
    assert kinds() == {CaseKind.PORT_SILENT}


class WorkerLost(Exception):  # noqa: N818 -- it is what happened
    """Whoever sent was killed."""


class DyingWorkers(RestartingHeadEnd):
    """Nobody comes back from here, once it has left."""

    def reset(self, resets: Sequence[PortReset]) -> list[Submission]:
        """Lose the worker."""
        super().reset(resets)
        raise WorkerLost


def test_a_sender_that_is_lost_leaves_a_doubt_and_is_heard_no_more(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)
    dying = DyingWorkers()
    world.fake = dying
    with pytest.raises(WorkerLost):
        restart(world)
    assert status_of(asked) == CommandStatus.SENDING

    make_due()
    assert look_after(world) == 1
    assert status_of(asked) == CommandStatus.AMBIGUOUS

    assert answer(world, asked)
    assert status_of(asked) == CommandStatus.CONFIRMED
    assert len(dying.restarted) == 1


@pytest.mark.parametrize(
    "held_back",
    [
        {"is_active": False},
        {"mode": HeadEndMode.OBSERVE},
        {"maintenance": [{"day": "monday", "from": "08:00", "until": "20:00"}]},
    ],
)
def test_nothing_leaves_for_a_head_end_that_is_not_to_be_spoken_to(
    world: World, far: RestartingHeadEnd, held_back: dict[str, object]
) -> None:
    asked = ask(world)
    HeadEnd.objects.filter(pk=world.head_end.pk).update(**held_back)

    assert restart(world) == 0
    assert (status_of(asked), far.restarted) == (CommandStatus.QUEUED, [])
    assert PortRestart.objects.get().attempts == 0


def test_a_breaker_that_opened_parks_it(world: World, far: RestartingHeadEnd) -> None:
    asked = ask(world)
    gate = Gate.objects.locked(world.head_end)
    gate.failed(
        OPENS_AFTER,
        fault=Fault.NOT_DELIVERED,
        detail="gone",
        since=datetime.now(UTC),
        at=world.now,
    )

    assert restart(world) == 0
    assert (status_of(asked), far.restarted) == (CommandStatus.QUEUED, [])
    make_due()
    assert restart(world) == 1
    assert Gate.objects.get().is_closed


def test_one_that_is_switched_off_at_the_last_moment_gives_it_back(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)

    def switched_off(head_end: HeadEnd, **_facts: object) -> RestartingHeadEnd:
        HeadEnd.objects.filter(pk=head_end.pk).update(is_active=False)
        return far

    fulfilment.restart_ports(
        head_end=world.head_end, clock=world.clock, connect=switched_off
    )

    assert far.restarted == []
    fresh = PortRestart.objects.get(pk=asked.pk)
    assert (fresh.status, fresh.attempts) == (CommandStatus.QUEUED, 0)


def test_two_ports_are_two_matters(world: World, far: RestartingHeadEnd) -> None:
    point, port = a_point_with_meter(world.customer, world.head_end, number=2)
    world.order_opening(metering_point=point)
    ask(world)
    assert restart(world) == 1
    assert not PortRestart.objects.filter(port=port).exists()


@pytest.mark.parametrize(("before", "after"), list(product(CommandStatus, repeat=2)))
def test_a_restart_moves_as_the_table_of_commands_says(
    world: World, far: RestartingHeadEnd, before: CommandStatus, after: CommandStatus
) -> None:
    asked = ask(world)
    asked.status = before
    asked.lease_expires_at = world.now
    if after in COMMAND_TRANSITIONS[before]:
        asked.transition_to(after, by=BY, at=world.now)
        asked.refresh_from_db()
        assert asked.status == after
        assert (asked.ended_at is None) == (after in LIVE_COMMAND_STATUSES)
    else:
        with pytest.raises(ForbiddenTransition):
            asked.transition_to(after, by=BY, at=world.now)
