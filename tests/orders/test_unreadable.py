"""Openings given up where nobody can read the meter: it is closed while they may come.

Nothing tells that such an opening was carried out late, but perhaps the head-end.
"""

from datetime import timedelta

import pytest
from django.db.models import F
from pytest_django import Settings

from hanportal.audit.log import Event
from meters.headend import Capabilities
from meters.models import HanPort, HeadEnd
from meters.states import DesiredState, ReportedState
from orders import fulfilment, reconciliation
from orders.models import Case, Command, database_now
from orders.states import CaseEnd, CaseKind, CommandStatus, OrderStatus
from tests.orders.street import Placed
from tests.orders.test_fulfilment import dispatch, reconcile, report
from tests.orders.test_late_openings import give_up_after_the_deadline, opens_late
from tests.orders.world import FakeHeadEnd, World

HOUR = timedelta(hours=1)


class UnreadableHeadEnd(FakeHeadEnd):
    """Acknowledges and tells results; nobody can ask it how a meter is."""

    def capabilities(self) -> Capabilities:
        """Commands and their results."""
        return Capabilities(read_back=False, poll=False, cancel=False, callbacks=True)


@pytest.fixture
def unreadable(world: World) -> World:
    HeadEnd.objects.update(profile_settings={"reads_back": False})
    world.head_end.refresh_from_db()
    world.fake = UnreadableHeadEnd()
    return world


def look(world: World) -> None:
    """The sweep comes round to the port."""
    HanPort.objects.filter(read_back_due_at__isnull=False).update(
        read_back_due_at=database_now() - timedelta(seconds=1)
    )
    reconcile(world)


def is_closed(world: World) -> None:
    """What was queued goes out, and its result comes."""
    assert dispatch(world) == 1
    closing = world.newest_command()
    assert (closing.desired, closing.order) == (DesiredState.CLOSED, None)
    report(world, world.event(closing, ReportedState.CLOSED))


def really(world: World) -> ReportedState:
    return world.fake.meters[world.port.meter.serial]


def closings() -> int:
    return Command.objects.filter(desired=DesiredState.CLOSED).count()


def test_it_is_closed_at_once_and_again_until_the_doubt_ends(
    unreadable: World,
) -> None:
    give_up_after_the_deadline(unreadable)
    look(unreadable)
    is_closed(unreadable)
    look(unreadable)
    assert closings() == 1

    opens_late(unreadable)
    unreadable.now += HOUR
    look(unreadable)
    is_closed(unreadable)
    assert really(unreadable) == ReportedState.CLOSED
    look(unreadable)
    assert unreadable.fresh_port().read_back_due_at is not None

    opens_late(unreadable)
    unreadable.now += 24 * HOUR
    look(unreadable)
    is_closed(unreadable)
    look(unreadable)
    assert really(unreadable) == ReportedState.CLOSED
    assert unreadable.fresh_port().read_back_due_at is None
    assert not Command.objects.filter(is_outcome_unknown=True).exists()

    unreadable.now += 24 * HOUR
    look(unreadable)
    assert closings() == 3


def test_a_closing_without_a_result_is_none(unreadable: World) -> None:
    give_up_after_the_deadline(unreadable)
    look(unreadable)
    dispatch(unreadable)
    unreadable.newest_command().transition_to(
        CommandStatus.DEAD, by=unreadable.by, at=unreadable.now
    )

    look(unreadable)

    is_closed(unreadable)


def test_a_customers_own_closing_counts_as_the_first(unreadable: World) -> None:
    unreadable.order_opening()
    unreadable.fake.plan(None, executes=False)
    dispatch(unreadable)
    unreadable.order_closing()
    dispatch(unreadable)
    report(
        unreadable, unreadable.event(unreadable.newest_command(), ReportedState.CLOSED)
    )
    look(unreadable)
    assert closings() == 1

    opens_late(unreadable)
    unreadable.now += HOUR
    look(unreadable)
    is_closed(unreadable)

    assert really(unreadable) == ReportedState.CLOSED


def test_what_the_head_end_tells_of_is_an_exposure(unreadable: World) -> None:
    give_up_after_the_deadline(unreadable)
    opening = unreadable.newest_command()
    look(unreadable)
    is_closed(unreadable)
    opens_late(unreadable)
    unreadable.now += timedelta(minutes=10)

    report(unreadable, unreadable.event(opening, ReportedState.OPEN))
    seen_at = unreadable.now
    look(unreadable)
    unreadable.now += timedelta(minutes=1)
    is_closed(unreadable)
    reconciliation.close_what_is_over(clock=unreadable.clock)

    case = Case.objects.get(kind=CaseKind.OPEN_WITHOUT_CONSENT)
    assert (case.exposed_from, case.exposed_until) == (seen_at, unreadable.now)
    assert really(unreadable) == ReportedState.CLOSED
    assert Event.objects.filter(what="case.exposed").count() == 1


def test_the_brake_does_not_hold_it_unseen(
    unreadable: World, settings: Settings
) -> None:
    settings.CLOSING_BRAKE_PER_DAY = 0
    give_up_after_the_deadline(unreadable)
    look(unreadable)
    assert dispatch(unreadable) == 0
    look(unreadable)
    look(unreadable)

    case = Case.objects.get(kind=CaseKind.CLOSING_HELD)
    assert case.command == unreadable.newest_command()

    settings.CLOSING_BRAKE_PER_DAY = 1
    unreadable.now += timedelta(minutes=1)
    is_closed(unreadable)
    reconciliation.close_what_is_over(clock=unreadable.clock)
    case.refresh_from_db()
    assert case.ended_as == CaseEnd.OVER


def test_nothing_is_queued_while_its_head_end_is_only_observed(
    unreadable: World,
) -> None:
    give_up_after_the_deadline(unreadable)
    HeadEnd.objects.update(mode="observe")

    look(unreadable)

    assert closings() == 0
    HeadEnd.objects.update(mode="act")
    HanPort.objects.update(read_back_due_at=F("read_back_due_at") - 2 * HOUR)
    look(unreadable)
    assert closings() == 1


@pytest.mark.processes
@pytest.mark.parametrize("code", ["aidon", "polled"])
def test_f26_what_nobody_can_read_is_closed_again_while_it_may_come(
    place: Placed, code: str
) -> None:
    """It is closed when it is given up, opens after that, and is closed again."""
    street = place(code)
    if code == "aidon":
        HeadEnd.objects.update(profile_settings={"reads_back": False})
    street.far.set_fault("F26", street.serial, parameter="1.5")
    placed = street.world.order_opening()
    street.dispatch()
    given_up_at = street.later(timedelta(days=6))
    fulfilment.give_up_overdue(clock=lambda: given_up_at)
    street.look_at_ports(at=given_up_at)
    street.dispatch()
    street.await_effects("closed", "open")
    street.carry_on()

    for hours in (1, 24, 25):
        street.look_at_ports(at=given_up_at + timedelta(hours=hours))
        street.carry_on()

    assert street.order(placed).status == OrderStatus.FAILED
    assert street.really() == "closed"
    assert not Command.objects.filter(is_outcome_unknown=True).exists()
    assert street.port.read_back_due_at is None
