"""Who has left: the consent ends, the port is closed, and both are told the truth."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from hanportal.audit import log
from meters.models import HanPort, MeteringPoint
from meters.states import DesiredState, ReportedState
from notifications.models import MessageKind
from orders.models import Command, Consent, LifeEvent
from orders.states import (
    CommandStatus,
    ConsentEnd,
    LifeEventKind,
    OrderStatus,
)
from tests.orders.life import (
    assert_everything_is_at_rest,
    follow_register,
    meters_answer,
    move_in,
    move_out,
    open_the_port,
    said_to,
    somebody_else,
    today,
)
from tests.orders.test_fulfilment import dispatch
from tests.orders.world import World, a_point_with_meter

OPENED = [MessageKind.ORDER_RECEIVED, MessageKind.PORT_OPEN]
DAY = date(2026, 10, 5)
MIDNIGHT = datetime(2026, 10, 4, 22, 0, tzinfo=UTC)
"""When the 5th of October began in Oslo."""


def test_who_moves_out_has_the_consent_ended_and_the_port_closed(world: World) -> None:
    open_the_port(world)
    move_out(world)

    assert follow_register(world) == 1

    consent = Consent.objects.get()
    assert consent.end_reason == ConsentEnd.MOVED_OUT
    assert world.fresh_port().desired == DesiredState.CLOSED
    assert said_to(world.customer) == [
        MessageKind.ORDER_RECEIVED,
        MessageKind.MOVED_OUT,
    ]
    meters_answer(world)
    assert world.fake.meters[world.port.meter.serial] == ReportedState.CLOSED
    assert said_to(world.customer)[-1] == MessageKind.CLOSED_AFTERWARDS
    assert_everything_is_at_rest(world)


def test_the_time_in_which_it_stood_open_is_kept(world: World) -> None:
    open_the_port(world)
    move_out(world)
    world.now += timedelta(hours=1)
    follow_register(world)
    world.now += timedelta(hours=1)
    meters_answer(world)

    event = LifeEvent.objects.get()
    assert event.kind == LifeEventKind.MOVED_OUT
    assert event.effective_date == today(world)
    # It was opened on the day itself, so not from midnight on.
    assert event.exposed_from == world.now - timedelta(hours=2)
    assert event.exposed_until == event.confirmed_at == world.now


def test_a_move_that_works_backwards_exposes_from_the_midnight_of_its_date(
    world: World,
) -> None:
    open_the_port(world)
    world.now += timedelta(days=10)
    move_out(world, on=DAY + timedelta(days=3))

    follow_register(world)

    event = LifeEvent.objects.get()
    assert event.exposed_from == MIDNIGHT + timedelta(days=3)
    assert event.exposed_until is None


def test_an_ending_that_lies_ahead_does_nothing_until_its_day(world: World) -> None:
    open_the_port(world)
    move_out(world, on=today(world) + timedelta(days=2))

    assert follow_register(world) == 0
    world.now += timedelta(days=1)
    assert follow_register(world) == 0
    assert Consent.objects.active().count() == 1

    world.now = datetime(2026, 10, 6, 22, 0, tzinfo=UTC)
    assert follow_register(world) == 1
    assert not Consent.objects.active().exists()


def test_following_the_register_twice_changes_nothing(world: World) -> None:
    open_the_port(world)
    move_out(world)
    move_in(somebody_else(), world.point, on=today(world))
    follow_register(world)
    events = log.Event.objects.count()

    assert follow_register(world) == 0

    assert log.Event.objects.count() == events


def test_a_move_beats_a_queued_open(world: World) -> None:
    order = world.order_opening()
    move_out(world)

    assert dispatch(world) == 0
    follow_register(world)

    order.refresh_from_db()
    assert world.fake.sent == []
    assert order.status == OrderStatus.SUPERSEDED
    assert said_to(world.customer) == [MessageKind.MOVED_OUT]
    assert_everything_is_at_rest(world)


def test_a_worker_leaves_what_the_register_changed_to_who_follows_it(
    world: World,
) -> None:
    order = world.order_opening()
    move_out(world)

    dispatch(world)
    dispatch(world)

    order.refresh_from_db()
    assert order.status == OrderStatus.PLACED
    assert Consent.objects.active().count() == 1
    assert world.newest_command().status == CommandStatus.QUEUED


def test_an_opening_that_was_sent_is_closed_again(world: World) -> None:
    order = world.order_opening()
    dispatch(world)
    move_out(world)

    follow_register(world)

    order.refresh_from_db()
    assert order.status == OrderStatus.SUPERSEDED
    assert world.newest_command().desired == DesiredState.CLOSED
    assert_everything_is_at_rest(world)
    assert MessageKind.PORT_OPEN not in said_to(world.customer)


def test_a_closing_that_was_ordered_is_carried_out_and_told(world: World) -> None:
    open_the_port(world)
    closing = world.order_closing()
    move_out(world)

    assert follow_register(world) == 0
    meters_answer(world)

    closing.refresh_from_db()
    assert closing.status == OrderStatus.COMPLETED
    assert said_to(world.customer)[-1] == MessageKind.PORT_CLOSED
    assert_everything_is_at_rest(world)


def test_a_port_known_to_be_closed_is_left_alone(world: World) -> None:
    open_the_port(world)
    world.order_closing()
    meters_answer(world)
    world.order_opening()
    sent = len(world.fake.sent)
    move_out(world)

    follow_register(world)
    meters_answer(world)

    assert len(world.fake.sent) == sent
    event = LifeEvent.objects.get()
    assert event.settled_at == event.found_at
    assert event.exposed_from is None
    assert_everything_is_at_rest(world)


def test_who_leaves_and_comes_back_later_must_consent_anew(world: World) -> None:
    open_the_port(world)
    world.now += timedelta(days=20)
    left = DAY + timedelta(days=3)
    move_out(world, on=left)
    move_in(world.customer, world.point, on=left + timedelta(days=5))

    follow_register(world)

    assert Consent.objects.get().end_reason == ConsentEnd.MOVED_OUT
    assert LifeEvent.objects.get().effective_date == left
    assert_everything_is_at_rest(world)
    assert world.fresh_port().reported == ReportedState.CLOSED


def test_a_point_out_of_use_ends_the_consent_and_is_closed(world: World) -> None:
    open_the_port(world)
    MeteringPoint.objects.update(is_active=False)

    follow_register(world)
    meters_answer(world)

    assert Consent.objects.get().end_reason == ConsentEnd.POINT_DEACTIVATED
    assert world.fresh_port().reported == ReportedState.CLOSED
    assert said_to(world.customer)[-2:] == [
        MessageKind.POINT_DEACTIVATED,
        MessageKind.CLOSED_AFTERWARDS,
    ]
    assert_everything_is_at_rest(world)


def test_the_consent_of_the_dead_ends_and_nobody_is_written_to(world: World) -> None:
    open_the_port(world)
    world.customer.died_on = today(world) + timedelta(days=1)
    world.customer.save()
    follow_register(world)
    assert Consent.objects.get().is_active

    world.customer.died_on = today(world)
    world.customer.save()
    assert not Consent.objects.get().permits_opening(world.port, on=today(world))
    follow_register(world)

    assert Consent.objects.get().end_reason == ConsentEnd.HOLDER_DIED
    assert LifeEvent.objects.get().kind == LifeEventKind.HOLDER_DIED
    meters_answer(world)
    assert world.fresh_port().reported == ReportedState.CLOSED
    assert said_to(world.customer) == [MessageKind.ORDER_RECEIVED]
    assert_everything_is_at_rest(world)


def renamed(world: World) -> None:
    world.customer.name = "Kari Nordmann-Hansen"
    world.customer.save()


def another_address(world: World) -> None:
    world.customer.email = "ny@eksempel.example"
    world.customer.save()


def a_holding_that_goes_on_in_another(world: World) -> None:
    move_out(world)
    move_in(world.customer, world.point, on=today(world))


def an_end_far_ahead(world: World) -> None:
    move_out(world, on=today(world) + timedelta(days=365))


def an_earlier_stay(world: World) -> None:
    start = today(world) - timedelta(days=9000)
    move_in(world.customer, world.point, on=start, until=start + timedelta(days=30))


@pytest.mark.parametrize(
    "change",
    [
        renamed,
        another_address,
        a_holding_that_goes_on_in_another,
        an_end_far_ahead,
        an_earlier_stay,
    ],
)
def test_who_lives_there_still_keeps_the_port_open(
    world: World, change: object
) -> None:
    open_the_port(world)
    assert callable(change)
    change(world)

    assert follow_register(world) == 0

    assert Consent.objects.active().count() == 1
    assert world.fresh_port().desired == DesiredState.OPEN
    assert said_to(world.customer) == OPENED
    assert_everything_is_at_rest(world)
    assert HanPort.objects.get().reported == ReportedState.OPEN


def test_an_opening_that_lands_after_the_move_is_closed_and_counted(
    world: World,
) -> None:
    world.order_opening()
    world.fake.plan(None, executes=False)
    dispatch(world)
    move_out(world)
    follow_register(world)
    assert LifeEvent.objects.get().exposed_from is None
    Command.objects.filter(desired=DesiredState.CLOSED).update(
        status=CommandStatus.REJECTED, ended_at=world.now
    )
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN

    assert_everything_is_at_rest(world)

    event = LifeEvent.objects.get()
    assert event.exposed_from is not None
    assert event.exposed_until is not None


def test_a_look_at_a_register_without_news_costs_the_same_however_many(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    open_the_port(world)
    with CaptureQueriesContext(connection) as for_one:
        follow_register(world)
    for number in range(2, 12):
        point, _port = a_point_with_meter(world.customer, world.head_end, number=number)
        world.order_opening(metering_point=point)

    with django_assert_num_queries(len(for_one)):
        assert follow_register(world) == 0
