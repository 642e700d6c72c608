"""All refused and dead commands of a head-end are tried again, once it is mended."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import transaction
from pytest_django import Settings

from meters.headend import Fault
from meters.models import HanPort, HeadEnd
from meters.states import HeadEndMode, ReportedState, ReportSource
from orders import actions
from orders.models import Case, Command
from orders.states import CaseKind, CommandCause, CommandStatus
from tests.orders.test_casework import STAFF, told
from tests.orders.test_fulfilment import dispatch
from tests.orders.test_races import at_once
from tests.orders.world import NOW, World, a_point_with_meter


@transaction.atomic
def refused_closing(port: HanPort, *, at: datetime) -> Case:
    """A meter that refuses to close, and stands open."""
    command = Command.queue(
        port=port,
        cause=CommandCause.RECONCILIATION,
        order=None,
        consent=None,
        expires_at=None,
        by=STAFF,
        at=at,
    )
    command.transition_to(CommandStatus.REJECTED, by=STAFF, at=at)
    return Case.open_for_port(
        CaseKind.COMMAND_REJECTED,
        command=command,
        detail="Refused.",
        by=STAFF,
        at=at,
    )


def refused_closings(world: World, number: int) -> list[Case]:
    """Neighbours whose ports stand open and whose meters refuse to close."""
    cases = []
    for each in range(number):
        _, port = a_point_with_meter(world.customer, world.head_end, number=20 + each)
        port.observe(ReportedState.OPEN, at=world.now, source=ReportSource.REGISTER)
        world.fake.meters[port.meter.serial] = ReportedState.OPEN
        cases.append(refused_closing(port, at=world.now - timedelta(minutes=60 - each)))
    return cases


def retry_all(world: World) -> actions.Retried:
    return actions.retry_cases(head_end_id=world.head_end.id, by=STAFF, now=world.now)


def test_when_a_head_end_is_mended_all_of_its_refused_commands_are_tried(
    world: World,
) -> None:
    cases = refused_closings(world, 3)

    assert retry_all(world) == (3, 0)
    assert retry_all(world) == (3, 0)

    assert Command.objects.live().count() == 3
    assert [told(case)[-1] for case in cases] == [("case.retried", "S7")] * 3
    assert dispatch(world) == 3
    assert set(world.fake.meters.values()) == {ReportedState.CLOSED}
    assert retry_all(world) == (0, 0)


def test_only_what_is_still_wanted_is_tried(world: World) -> None:
    elsewhere, closed, _wanted = refused_closings(world, 3)
    HanPort.objects.filter(cases=closed).update(reported=ReportedState.CLOSED)
    other = HeadEnd.objects.create(
        code="other", name="Other", profile="poll", endpoint="http://127.0.0.1:1/"
    )
    Case.objects.filter(pk=elsewhere.pk).update(head_end=other)
    world.order_opening()
    world.fake.plan(Fault.REJECTED)
    dispatch(world)

    assert retry_all(world) == (1, 0)


def test_one_press_tries_no_more_than_so_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.actions.casework.RETRIED_AT_ONCE", 2)
    cases = refused_closings(world, 3)

    assert retry_all(world) == (2, 1)

    waiting = set(Command.objects.live().values_list("port", flat=True))
    assert waiting == {cases[0].port_id, cases[1].port_id}


def test_the_brake_holds_what_is_tried_again_by_the_dozen(
    world: World, settings: Settings
) -> None:
    settings.CLOSING_BRAKE_PER_DAY = 1
    refused_closings(world, 3)

    retry_all(world)

    assert [dispatch(world), dispatch(world)] == [1, 0]


@pytest.mark.parametrize("how", ["off", "observing"])
def test_nothing_is_tried_where_nothing_may_be_sent(world: World, how: str) -> None:
    refused_closings(world, 1)
    if how == "off":
        world.head_end.switch(on=False)
    else:
        world.head_end.go_over_to(HeadEndMode.OBSERVE, at=NOW)

    with pytest.raises(actions.NothingIsSent):
        retry_all(world)


def test_two_people_who_press_at_once_try_each_of_them_once(
    committed_world: World,
) -> None:
    refused_closings(committed_world, 3)

    retry = partial(retry_all, committed_world)
    at_once(retry, retry)

    assert Command.objects.live().count() == 3
