"""The brake: no more automatic closings leave in a day than the operator allows."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from hanportal.accounts.models import Role, User
from hanportal.audit.log import Event
from meters.headend import Fault
from meters.models import HanPort, MeteringPoint
from meters.states import DesiredState, ReportedState
from orders import actions
from orders.models import ClosingBrake, ClosingRelease, Command, database_now
from orders.states import CommandStatus, OrderStatus
from tests.accounts.staff import make_staff
from tests.firstnight.street import (
    dispatch,
    dispatch_all,
    exposed_port,
    exposed_ports,
    queued,
    reconcile,
    sent,
)
from tests.orders.life import meters_answer, open_the_port
from tests.orders.test_fulfilment import make_due
from tests.orders.test_races import assert_the_log_is_whole, at_once
from tests.orders.world import FakeHeadEnd, World, a_point_with_meter

LIMIT = 5


@pytest.fixture(autouse=True)
def _limit(settings: Settings) -> None:
    settings.CLOSING_BRAKE_PER_DAY = LIMIT


@pytest.fixture
def anna(db: None) -> User:
    return make_staff("anna", Role.SUPERVISOR)


@pytest.fixture
def berit(db: None) -> User:
    return make_staff("berit", Role.ADMINISTRATOR)


def held(world: World) -> int:
    return ClosingBrake.objects.held(at=database_now(), now=world.now)


def test_no_more_than_the_limit_leave_in_a_day(world: World) -> None:
    exposed_ports(world, 12)

    dispatch_all(world)

    assert len(sent(world)) == LIMIT
    assert (queued(), held(world)) == (7, 7)
    told = Event.objects.get(what="closings.held")
    assert told.facts == {"day": "2026-10-05", "limit": LIMIT}


def test_exactly_the_limit_is_not_held(world: World) -> None:
    exposed_ports(world, LIMIT)

    dispatch_all(world)

    assert len(sent(world)) == LIMIT
    assert held(world) == 0
    assert not Event.objects.filter(what="closings.held").exists()


def test_it_goes_on_at_midnight_in_oslo(world: World) -> None:
    exposed_ports(world, 12)
    dispatch_all(world)

    # 21:59 UTC is 23:59 in Oslo; two minutes later it is another day there.
    world.now = world.now.replace(hour=21, minute=59)
    dispatch_all(world)
    assert len(sent(world)) == LIMIT
    world.now += timedelta(minutes=2)
    dispatch_all(world)

    assert len(sent(world)) == 2 * LIMIT
    assert held(world) == 2


def test_what_a_person_orders_is_never_held(world: World) -> None:
    exposed_ports(world, 12)
    dispatch_all(world)
    world.order_opening()
    dispatch(world)
    world.order_closing()

    dispatch(world)

    assert sent(world)[LIMIT:] == [world.port.meter.serial]


def test_a_port_that_opens_again_after_a_persons_closing_is_not_held(
    world: World, settings: Settings
) -> None:
    settings.CLOSING_BRAKE_PER_DAY = 0
    serial = world.port.meter.serial
    open_the_port(world)
    closing = world.order_closing()
    meters_answer(world)
    closing.refresh_from_db()
    assert closing.status == OrderStatus.COMPLETED
    world.fake.meters[serial] = ReportedState.OPEN
    world.fake.sent.clear()
    HanPort.objects.update(read_back_due_at=database_now())
    world.fake.read_at = database_now() + timedelta(minutes=1)
    reconcile(world)
    assert queued() == 1

    dispatch_all(world)

    assert sent(world) == [serial]


def test_a_port_that_is_open_when_an_opening_is_taken_back_is_not_held(
    world: World, settings: Settings
) -> None:
    settings.CLOSING_BRAKE_PER_DAY = 0
    port = exposed_port(world, number=7)
    point = MeteringPoint.objects.exclude(pk=world.point.pk).get()
    order = world.order_opening(metering_point=point)
    actions.cancel_order(
        customer=world.customer, order=order, by=world.by, now=world.now
    )
    world.fake.read_at = database_now() + timedelta(minutes=1)
    reconcile(world)

    dispatch_all(world)

    assert sent(world) == [port.meter.serial]


def test_a_persons_closing_goes_before_automatic_ones(world: World) -> None:
    exposed_ports(world, 3)
    world.order_closing()

    dispatch(world)

    assert sent(world)[0] == world.port.meter.serial


def test_held_closings_do_not_stand_in_the_way_of_openings(world: World) -> None:
    world.head_end.max_concurrency = 2
    world.head_end.save()
    exposed_ports(world, 12)
    dispatch_all(world)
    world.order_opening()

    dispatch(world)

    assert world.fake.sent[-1].desired == DesiredState.OPEN


def test_a_closing_that_is_tried_again_is_counted_once(world: World) -> None:
    exposed_ports(world, LIMIT)
    for _ in range(LIMIT):
        world.fake.plan(Fault.NOT_DELIVERED)
    dispatch_all(world)
    for command in Command.objects.all():
        make_due(command)

    dispatch_all(world)

    assert len(sent(world)) == 2 * LIMIT
    assert set(Command.objects.values_list("status", flat=True)) == {
        CommandStatus.ACCEPTED
    }


def test_two_people_let_what_is_held_through(
    world: World, anna: User, berit: User
) -> None:
    exposed_ports(world, 12)
    dispatch_all(world)

    begun = actions.release_closings(by=anna, now=world.now)
    dispatch_all(world)
    assert (begun.number, len(sent(world))) == (7, LIMIT)

    actions.release_closings(by=berit, now=world.now)
    dispatch_all(world)

    assert (len(sent(world)), held(world)) == (12, 0)
    told = Event.objects.filter(chain="closing-brake").order_by("sequence")
    assert [(e.what, e.actor_reference) for e in told] == [
        ("closings.release_begun", "S-anna"),
        ("closings.released", "S-berit"),
    ]


def test_a_release_lets_no_more_through_than_was_seen(
    world: World, anna: User, berit: User
) -> None:
    exposed_ports(world, 7)
    dispatch_all(world)
    actions.release_closings(by=anna, now=world.now)
    exposed_ports(world, 4, first=200)
    actions.release_closings(by=berit, now=world.now)

    dispatch_all(world)

    assert (len(sent(world)), held(world)) == (7, 4)


def test_one_person_twice_is_refused(world: World, anna: User) -> None:
    exposed_ports(world, 7)
    dispatch_all(world)
    begun = actions.release_closings(by=anna, now=world.now)

    with pytest.raises(actions.ClosingReleaseRefused, match="Du har frigitt"):
        actions.release_closings(by=anna, now=world.now)

    with pytest.raises(IntegrityError, match="releasers_differ"), transaction.atomic():
        begun.complete(number=2, by=anna, at=world.now)


def test_what_one_person_began_lapses_at_midnight(
    world: World, anna: User, berit: User
) -> None:
    exposed_ports(world, 30)
    dispatch_all(world)
    actions.release_closings(by=anna, now=world.now)
    world.now += timedelta(days=1)
    dispatch_all(world)

    actions.release_closings(by=berit, now=world.now)
    dispatch_all(world)

    assert len(sent(world)) == 2 * LIMIT
    assert ClosingRelease.objects.begun(on=world.now.date()).count() == 1


def test_only_those_who_lead_may_release(world: World) -> None:
    exposed_ports(world, 7)
    dispatch_all(world)

    for name, role in (("siri", Role.OPERATOR), ("tor", Role.AGENT)):
        with pytest.raises(actions.ClosingReleaseRefused, match="Bare aktive"):
            actions.release_closings(by=make_staff(name, role), now=world.now)


def test_nothing_held_is_nothing_to_release(world: World, anna: User) -> None:
    with pytest.raises(actions.ClosingReleaseRefused, match="ingen stenginger"):
        actions.release_closings(by=anna, now=world.now)


def test_eight_workers_let_no_more_than_the_limit_through(
    committed_world: World,
) -> None:
    world = committed_world
    world.head_end.max_concurrency = 3
    world.head_end.save()
    exposed_ports(world, 40)
    for number in range(300, 306):
        point, _ = a_point_with_meter(world.customer, world.head_end, number=number)
        world.order_opening(metering_point=point)
    fakes = [FakeHeadEnd() for _ in range(8)]

    def work(fake: FakeHeadEnd) -> None:
        for _ in range(20):
            dispatch(world, fake)

    results = at_once(*[partial(work, fake) for fake in fakes])

    assert results == [None] * 8
    left = [command.desired for fake in fakes for command in fake.sent]
    assert left.count(DesiredState.CLOSED) == LIMIT
    assert left.count(DesiredState.OPEN) == 6
    assert held(world) == 35
    assert Event.objects.filter(what="closings.held").count() == 1
    assert_the_log_is_whole()
