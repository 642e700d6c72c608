"""What customers and staff may have done about a silent port, and how often."""

from datetime import timedelta

import pytest

from hanportal.audit import log
from meters.models import HeadEnd, Meter
from meters.states import (
    DesiredState,
    HanCapability,
    HeadEndMode,
    ReportedState,
    ReportSource,
)
from orders import actions, reconciliation
from orders.models import Case
from orders.states import CaseKind, CommandCause, Remedy
from tests.orders.silence import (
    RestartingHeadEnd,
    answer,
    ask,
    let_it_restart,
    open_it,
    resend,
    restart,
)
from tests.orders.test_fulfilment import dispatch, report
from tests.orders.world import World, a_customer

pytestmark = pytest.mark.django_db

BY = log.Actor(log.ActorKind.SYSTEM, "test")
AGENT = log.Actor(log.ActorKind.STAFF, "A1")
DAY = timedelta(days=1)


@pytest.fixture
def far(world: World) -> RestartingHeadEnd:
    """The port is open; its head-end restarts ports."""
    open_it(world)
    return let_it_restart(world)


def say_silent(world: World) -> Case:
    return actions.report_silence(
        customer=world.customer, metering_point=world.point, by=world.by, now=world.now
    )


def kinds() -> set[str]:
    return set(Case.objects.unsettled().values_list("kind", flat=True))


def test_once_a_day(world: World, far: RestartingHeadEnd) -> None:
    asked = ask(world)
    with pytest.raises(actions.AlreadyUnderWay):
        ask(world)
    restart(world)
    answer(world, asked)
    with pytest.raises(actions.TriedLately) as refused:
        ask(world)
    assert refused.value.again_at == world.now + DAY

    world.now += DAY
    ask(world)
    assert restart(world) == 1
    assert len(far.restarted) == 2


def test_only_where_the_port_is_wanted_and_seen_open(world: World) -> None:
    let_it_restart(world)
    with pytest.raises(actions.PortNotOpen):
        ask(world)
    open_it(world)
    world.fresh_port().observe(
        ReportedState.UNKNOWN, at=world.now, source=ReportSource.READ_BACK
    )
    with pytest.raises(actions.PortNotOpen):
        ask(world)


def test_nobody_restarts_anothers_port(world: World, far: RestartingHeadEnd) -> None:
    other = a_customer("K2", national_id="01908000249")
    with pytest.raises(actions.NotHolder):
        actions.try_remedy(
            customer=other, metering_point=world.point, by=BY, now=world.now
        )
    assert far.restarted == []


def test_without_a_restart_the_opening_is_sent_anew(world: World) -> None:
    open_it(world)
    serial = world.port.meter.serial

    command = resend(world)

    assert (command.cause, command.desired) == (CommandCause.SILENCE, DesiredState.OPEN)
    assert dispatch(world) == 1
    report(world, world.event(command, ReportedState.OPEN))
    assert [sent.serial for sent in world.fake.sent] == [serial, serial]
    with pytest.raises(actions.TriedLately):
        resend(world)
    say_silent(world)
    assert kinds() == {CaseKind.PORT_SILENT}


def test_a_meter_that_needs_a_fitter_can_only_be_reported(world: World) -> None:
    open_it(world)
    Meter.objects.update(han_capability=HanCapability.NEEDS_VISIT)

    assert actions.remedy_at(world.fresh_port()) == Remedy.NONE
    with pytest.raises(actions.NoRemedy):
        resend(world)
    case = say_silent(world)
    assert case.detail == ("The customer gets no data. Nothing can be tried from here.")


@pytest.mark.parametrize(
    "held_back", [{"is_active": False}, {"mode": HeadEndMode.OBSERVE}]
)
def test_where_nothing_is_sent_it_can_only_be_reported(
    world: World, held_back: dict[str, object]
) -> None:
    open_it(world)
    HeadEnd.objects.filter(pk=world.head_end.pk).update(**held_back)

    with pytest.raises(actions.NoRemedy):
        ask(world)
    assert say_silent(world).kind == CaseKind.PORT_SILENT


def test_what_can_be_tried_comes_before_a_case(
    world: World, far: RestartingHeadEnd
) -> None:
    with pytest.raises(actions.NotTriedYet):
        say_silent(world)
    asked = ask(world)
    with pytest.raises(actions.AlreadyUnderWay):
        say_silent(world)
    restart(world)
    answer(world, asked)

    case = say_silent(world)

    assert say_silent(world) == case
    assert case.detail.endswith("ended as confirmed.")
    assert case.opened_at == world.now


def test_staff_may_try_again_and_it_is_over_when_the_port_is_closed(
    world: World, far: RestartingHeadEnd
) -> None:
    asked = ask(world)
    restart(world)
    answer(world, asked)
    case = say_silent(world)

    again = actions.restart_for_case(case_id=case.id, by=AGENT, now=world.now)
    with pytest.raises(actions.AlreadyUnderWay):
        actions.restart_for_case(case_id=case.id, by=AGENT, now=world.now)
    restart(world)
    answer(world, again)
    assert len(far.restarted) == 2

    world.order_closing()
    reconciliation.close_what_is_over(clock=world.clock)
    assert kinds() == set()
    with pytest.raises(actions.CaseSettled):
        actions.restart_for_case(case_id=case.id, by=AGENT, now=world.now)
