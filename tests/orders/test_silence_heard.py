"""What head-ends say of restarts, and what it says of nothing else."""

from datetime import UTC, datetime

import pytest

from meters.headend import Fault
from meters.states import ReportedState
from orders.models import Gate, PortRestart
from orders.models.gates import OPENS_AFTER
from orders.states import CommandStatus
from tests.orders.silence import (
    RestartingHeadEnd,
    answer,
    ask,
    let_it_restart,
    make_due,
    open_it,
    restart,
)
from tests.orders.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def far(world: World) -> RestartingHeadEnd:
    """The port is open; its head-end restarts ports."""
    open_it(world)
    return let_it_restart(world)


def status_of(asked: PortRestart) -> str:
    return PortRestart.objects.values_list("status", flat=True).get(pk=asked.pk)


@pytest.mark.parametrize("fault", [Fault.AUTH, Fault.AMBIGUOUS, Fault.THROTTLED])
def test_a_head_end_that_refuses_restarts_goes_on_taking_commands(
    world: World, far: RestartingHeadEnd, fault: Fault
) -> None:
    ask(world)
    for _each in range(OPENS_AFTER + 1):
        far.plan(fault)
        make_due()
        restart(world)

    assert all(gate.is_closed for gate in Gate.objects.all())


@pytest.mark.parametrize("fault", [Fault.AMBIGUOUS, Fault.NOT_FINAL])
def test_late_doubt_about_an_older_attempt_changes_nothing_of_the_next(
    world: World, far: RestartingHeadEnd, fault: Fault
) -> None:
    asked = ask(world)
    far.plan(Fault.UNREACHABLE)
    restart(world)
    assert status_of(asked) == CommandStatus.QUEUED

    answer(world, asked, fault=fault)

    assert status_of(asked) == CommandStatus.QUEUED


def test_a_port_that_tells_that_it_is_closed_was_not_restarted(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)
    restart(world)

    answer(world, asked, state=ReportedState.CLOSED)

    assert status_of(asked) == CommandStatus.ACCEPTED
    due = world.fresh_port().read_back_due_at
    assert due is not None
    assert due <= datetime.now(UTC)
