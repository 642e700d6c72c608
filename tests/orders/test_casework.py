"""A case is work: people try again, send somebody, close it, or it is over."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from hanportal.audit import log
from hanportal.audit.log import Event
from meters.headend import Fault
from meters.models import HanPort, Installation
from meters.states import DesiredState, HeadEndMode, ReportedState, ReportSource
from orders import actions, reconciliation
from orders.models import Case, Command, Exchange, database_now
from orders.states import CaseEnd, CaseKind, CommandStatus
from tests.orders.test_closing import open_the_port
from tests.orders.test_fulfilment import dispatch, make_due, reconcile, report
from tests.orders.test_races import at_once
from tests.orders.test_stuck import read_due
from tests.orders.world import NOW, World, a_point_with_meter

STAFF = log.Actor(log.ActorKind.STAFF, "S7")
LATER = timedelta(hours=1)


def sweep(world: World) -> int:
    return reconciliation.close_what_is_over(clock=world.clock)


def retry(world: World, case: Case) -> Command:
    return actions.retry_case(case_id=case.id, by=STAFF, now=world.now)


def close(world: World, case: Case, note: str = "Ringte kunden.") -> Case:
    return actions.close_case(
        case_id=case.id, end=CaseEnd.HANDLED, note=note, by=STAFF, now=world.now
    )


def told(case: Case) -> list[tuple[str, str]]:
    """What the log says of the case, and who did it."""
    events = Event.objects.filter(subject_id=case.id).order_by("at", "id")
    return [(event.what, event.actor_reference) for event in events]


def a_rejected_closing(world: World) -> Case:
    """The meter is open, must be closed, and refuses to."""
    open_the_port(world)
    world.order_closing()
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    return Case.objects.get()


def a_rejected_opening(world: World) -> Case:
    """The order failed: the customer must order again."""
    world.order_opening()
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    return Case.objects.get()


def an_exposed_port(world: World) -> Case:
    """Closed, as the meter said; then seen open."""
    open_the_port(world)
    world.order_closing()
    dispatch(world)
    report(world, world.event(world.newest_command(), ReportedState.CLOSED))
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    HanPort.objects.ask_for_read_back(at=database_now())
    read_due(world)
    reconcile(world)
    return Case.objects.get()


def test_a_rejected_closing_is_sent_again_under_a_new_id(world: World) -> None:
    case = a_rejected_closing(world)
    first = world.newest_command()

    again = retry(world, case)

    case.refresh_from_db()
    assert again.id != first.id
    assert (again.desired, again.order) == (DesiredState.CLOSED, first.order)
    assert case.command == again
    assert told(case)[-1] == ("case.retried", "S7")
    dispatch(world)
    assert world.fake.meters[world.port.meter.serial] == ReportedState.CLOSED


def test_what_waits_to_be_sent_is_sent_at_once(world: World) -> None:
    case = a_rejected_closing(world)
    retry(world, case)
    world.fake.plan(Fault.UNREACHABLE)
    dispatch(world)
    waiting = world.newest_command()
    assert waiting.not_before > database_now()

    again = retry(world, case)

    assert again == waiting
    assert dispatch(world) == 1


def test_what_has_left_is_not_sent_twice(world: World) -> None:
    case = a_rejected_closing(world)
    retry(world, case)
    dispatch(world)

    with pytest.raises(actions.AlreadyUnderWay):
        retry(world, case)


def test_an_opening_that_failed_is_not_tried_without_a_consent(world: World) -> None:
    case = a_rejected_opening(world)
    port = world.fresh_port()
    port.observe(ReportedState.CLOSED, at=NOW, source=ReportSource.EVENT)

    with pytest.raises(actions.RetryNotPermitted):
        retry(world, case)

    assert Command.objects.live().count() == 0
    assert world.fresh_port().desired == DesiredState.CLOSED


def test_a_reopening_is_not_tried_when_its_consent_no_longer_stands(
    world: World,
) -> None:
    """The holder has left, and the register has not been followed yet."""
    open_the_port(world)
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED
    HanPort.objects.ask_for_read_back(at=database_now())
    read_due(world)
    reconcile(world)
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    case = Case.objects.get()
    world.customer.holdings.update(ends_on=NOW.date())
    generation = world.fresh_port().generation

    with pytest.raises(actions.RetryNotPermitted):
        retry(world, case)

    assert Command.objects.live().count() == 0
    assert world.fresh_port().generation == generation


@pytest.mark.parametrize("how", ["off", "observing"])
def test_nothing_is_sent_to_a_head_end_that_may_not_be_sent_to(
    world: World, how: str
) -> None:
    case = a_rejected_closing(world)
    if how == "off":
        world.head_end.switch(on=False)
    else:
        world.head_end.go_over_to(HeadEndMode.OBSERVE, at=NOW)

    with pytest.raises(actions.NothingIsSent):
        retry(world, case)


def test_a_port_that_is_as_it_should_be_is_left_alone(world: World) -> None:
    case = a_rejected_closing(world)
    world.fresh_port().observe(
        ReportedState.CLOSED, at=NOW + LATER, source=ReportSource.EVENT
    )

    with pytest.raises(actions.NothingToRetry):
        retry(world, case)


def test_a_case_about_a_head_end_has_nothing_to_retry(world: World) -> None:
    world.order_opening()
    world.fake.plan(Fault.AUTH, executes=False)
    dispatch(world)
    case = Case.objects.get()

    with pytest.raises(actions.NothingToRetry):
        retry(world, case)
    with pytest.raises(actions.NothingToRetry):
        actions.send_fitter(case_id=case.id, by=STAFF, now=world.now)


def test_a_fitter_is_sent_once(world: World) -> None:
    case = a_rejected_closing(world)

    actions.send_fitter(case_id=case.id, by=STAFF, now=world.now)

    with pytest.raises(actions.VisitAlreadyAsked):
        actions.send_fitter(case_id=case.id, by=STAFF, now=world.now)
    case.refresh_from_db()
    assert case.visit_asked_at == world.now
    assert told(case)[-1] == ("case.visit_asked", "S7")


def test_a_case_is_closed_with_a_reason(world: World) -> None:
    case = a_rejected_opening(world)

    with pytest.raises(actions.NoReason):
        close(world, case, note="  ")
    close(world, case)

    case.refresh_from_db()
    assert (case.closed_at, case.closed_by) == (world.now, "S7")
    assert (case.ended_as, case.closing_note) == (CaseEnd.HANDLED, "Ringte kunden.")
    assert told(case)[-1] == ("case.closed", "S7")
    assert list(Case.objects.unsettled()) == []


def test_nobody_can_say_that_a_case_was_over_by_itself(world: World) -> None:
    case = a_rejected_opening(world)

    with pytest.raises(actions.NoReason):
        actions.close_case(
            case_id=case.id, end=CaseEnd.OVER, note="Ja.", by=STAFF, now=world.now
        )


@pytest.mark.parametrize("verb", [retry, close])
def test_a_closed_case_is_closed(
    world: World, verb: Callable[[World, Case], object]
) -> None:
    case = a_rejected_opening(world)
    close(world, case)

    with pytest.raises(actions.CaseSettled):
        verb(world, case)


def test_a_case_about_an_open_port_is_not_closed_while_it_is_open(
    world: World,
) -> None:
    case = an_exposed_port(world)

    with pytest.raises(actions.PortStillOpen):
        close(world, case)
    Installation.objects.update(ends_on=NOW.date())
    close(world, case)

    case.refresh_from_db()
    assert case.is_settled


def test_an_exposure_ends_and_its_case_closes_when_the_meter_is_seen_closed(
    world: World,
) -> None:
    case = an_exposed_port(world)
    assert sweep(world) == 0
    assert case.exposed_after == NOW
    dispatch(world)
    world.now = database_now() + LATER
    report(world, world.event(world.newest_command(), ReportedState.CLOSED))
    closed_at = world.now
    world.now += LATER

    assert [sweep(world), sweep(world)] == [1, 0]

    case.refresh_from_db()
    assert case.ended_as == CaseEnd.OVER
    assert (case.exposed_until, case.closed_by) == (closed_at, "case-sweep")
    assert told(case) == [
        ("case.opened", "reconciliation"),
        ("case.exposed", "reconciliation"),
        ("case.closed", "case-sweep"),
    ]


def test_a_closing_that_closed_late_is_no_case_any_more(world: World) -> None:
    case = a_rejected_closing(world)
    assert sweep(world) == 0
    retry(world, case)
    dispatch(world)
    world.now += LATER
    report(world, world.event(world.newest_command(), ReportedState.CLOSED))

    assert sweep(world) == 1


def test_a_failed_opening_waits_for_a_human_until_the_customer_has_it_open(
    world: World,
) -> None:
    """That the port is closed is not what the customer asked for."""
    a_rejected_opening(world)
    read_due(world)
    reconcile(world)
    assert world.fresh_port().reported == ReportedState.CLOSED
    assert sweep(world) == 0

    world.now += LATER
    world.order_opening()
    dispatch(world)
    world.now = database_now() + LATER
    report(world, world.event(world.newest_command(), ReportedState.OPEN))

    assert sweep(world) == 1


def test_a_head_end_that_lets_us_in_again_is_no_case_any_more(world: World) -> None:
    world.order_opening()
    world.fake.plan(Fault.AUTH, executes=False)
    dispatch(world)
    Exchange.objects.update(fault=Fault.AUTH, answered_at=NOW)
    assert sweep(world) == 0

    make_due(world.newest_command())
    dispatch(world)
    Exchange.objects.filter(answered_at=None).update(answered_at=NOW)

    assert sweep(world) == 1
    assert Case.objects.get().ended_as == CaseEnd.OVER


def test_a_case_that_came_back_is_a_new_one(world: World) -> None:
    case = a_rejected_closing(world)
    close_about_nothing = actions.PortStillOpen
    with pytest.raises(close_about_nothing):
        close(world, case)
    world.fresh_port().observe(
        ReportedState.CLOSED, at=NOW + LATER, source=ReportSource.EVENT
    )
    sweep(world)
    assert Case.objects.unsettled().count() == 0

    Case.open_for_port(
        CaseKind.COMMAND_REJECTED,
        command=world.newest_command(),
        detail="Again.",
        by=STAFF,
        at=world.now,
    )

    assert Case.objects.unsettled().count() == 1


def test_two_people_who_press_at_once_send_one_command(committed_world: World) -> None:
    case = a_rejected_closing(committed_world)
    verb = partial(retry, committed_world, case)

    results = at_once(verb, verb, verb)

    commands = {each.id for each in results if isinstance(each, Command)}
    live = Command.objects.live().get()
    assert commands == {live.id}
    assert live.status == CommandStatus.QUEUED


def test_what_is_open_without_consent_stands_before_all_else(world: World) -> None:
    a_rejected_opening(world)
    _, other = a_point_with_meter(world.customer, world.head_end, number=9)
    for kind, port in [
        (CaseKind.COMMAND_DEAD, other),
        (CaseKind.OPEN_WITHOUT_CONSENT, other),
    ]:
        Case.open_at_port(
            kind,
            port=port,
            order=None,
            chain=log.head_end_chain(world.head_end.id),
            detail="",
            by=STAFF,
            at=world.now + LATER,
        )

    cases = Case.objects.unsettled().most_urgent_first()

    assert [case.kind for case in cases] == [
        CaseKind.OPEN_WITHOUT_CONSENT,
        CaseKind.COMMAND_REJECTED,
        CaseKind.COMMAND_DEAD,
    ]
