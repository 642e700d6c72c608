"""Openings that land after they were given up: found, and closed again."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db.models import F

from meters.headend import Fault, Report
from meters.models import HanPort
from meters.states import DesiredState, ReportedState
from orders.models import Case, Command, database_now
from orders.states import CaseKind
from tests.orders.test_fulfilment import (
    dispatch,
    follow_up,
    make_due,
    reconcile,
    report,
)
from tests.orders.test_stuck import bad_news, read_due
from tests.orders.world import FakeHeadEnd, World


def assert_it_is_closed_again(world: World) -> None:
    read_due(world)
    reconcile(world)
    dispatch(world)
    assert world.newest_command().desired == DesiredState.CLOSED
    assert world.fake.meters[world.port.meter.serial] == ReportedState.CLOSED
    kinds = set(Case.objects.values_list("kind", flat=True))
    assert CaseKind.OPEN_WITHOUT_CONSENT in kinds


def opens_late(world: World) -> None:
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN


def give_up_after_the_deadline(world: World) -> None:
    world.order_opening()
    world.fake.plan(None, executes=False)
    dispatch(world)
    make_due(world.newest_command())
    world.now += timedelta(days=4)
    Command.objects.update(claimed_at=F("claimed_at") - timedelta(days=4))
    follow_up(world)


def test_one_that_the_meter_had_refused_is_found_by_its_own_report(
    world: World,
) -> None:
    world.order_opening()
    command = world.newest_command()
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    read_due(world)
    reconcile(world)
    assert world.fresh_port().read_back_due_at is None

    opens_late(world)
    report(world, world.event(command, ReportedState.OPEN))

    assert_it_is_closed_again(world)


def test_the_doubt_lasts_from_when_it_was_given_up(world: World) -> None:
    give_up_after_the_deadline(world)
    read_due(world)
    reconcile(world)

    opens_late(world)

    assert_it_is_closed_again(world)


def test_the_doubt_ends_after_a_day(world: World) -> None:
    give_up_after_the_deadline(world)
    world.now += timedelta(hours=25)

    read_due(world)
    reconcile(world)

    assert world.fresh_port().read_back_due_at is None


@pytest.mark.parametrize("fault", [Fault.UNREACHABLE, Fault.AMBIGUOUS, Fault.THROTTLED])
def test_vague_news_does_not_end_the_doubt(world: World, fault: Fault) -> None:
    world.order_opening()
    world.fake.plan(None, executes=False)
    dispatch(world)
    opening = world.newest_command()
    world.order_closing()
    dispatch(world)
    report(world, world.event(world.newest_command(), ReportedState.CLOSED))

    report(world, bad_news(world, opening, fault))
    read_due(world)
    reconcile(world)
    opens_late(world)

    assert_it_is_closed_again(world)


def test_an_old_reading_does_not_end_the_search(world: World) -> None:
    world.order_opening()
    world.fake.plan(None, executes=False)
    dispatch(world)
    opening = world.newest_command()
    world.order_closing()
    dispatch(world)
    report(world, world.event(opening, ReportedState.OPEN))
    read_due(world)
    world.fake.read_at = database_now() - timedelta(hours=1)
    reconcile(world)
    report(world, world.event(world.newest_command(), ReportedState.CLOSED))

    opens_late(world)

    assert_it_is_closed_again(world)


class InterruptedHeadEnd(FakeHeadEnd):
    """While it is asked how its meters are, one of them opens and says so."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._opening = world.newest_command()

    def read_state(self, serials: Sequence[str]) -> list[Report]:
        """Closed; and right after that it opens."""
        reports = super().read_state(serials)
        opens_late(self._world)
        report(self._world, self._world.event(self._opening, ReportedState.OPEN))
        return reports


def test_a_report_that_comes_during_a_read_back_is_not_forgotten(
    world: World,
) -> None:
    world.order_opening()
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    interrupted = InterruptedHeadEnd(world)
    obeying, world.fake = world.fake, interrupted
    interrupted.meters = obeying.meters
    interrupted.read_at = database_now() + timedelta(seconds=1)
    reconcile(world)
    world.fake = obeying

    assert HanPort.objects.get().read_back_due_at is not None
    assert_it_is_closed_again(world)


def test_one_that_was_sent_twice_and_refused_once_stays_in_doubt(
    world: World,
) -> None:
    world.order_opening()
    world.fake.plan(Fault.AMBIGUOUS, executes=False)
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    make_due(world.newest_command())
    world.fake.read_at = database_now() + timedelta(seconds=1)
    follow_up(world)
    make_due(world.newest_command())
    dispatch(world)
    read_due(world)
    reconcile(world)

    opens_late(world)

    assert_it_is_closed_again(world)
