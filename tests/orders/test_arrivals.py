"""Who comes to live there: told what concerns them, and nothing of who was there."""

from datetime import UTC, date, datetime, timedelta

from meters.states import ReportedState
from notifications.models import Message, MessageKind
from orders import actions
from orders.models import Consent, LifeEvent
from orders.states import ConsentEnd, LifeEventKind, OrderKind, OrderStatus
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
from tests.orders.world import World

DAY = date(2026, 10, 5)
MIDNIGHT = datetime(2026, 10, 4, 22, 0, tzinfo=UTC)
"""When the 5th of October began in Oslo."""


def test_who_moves_in_is_told_of_the_port_that_stood_open_and_when_it_is_closed(
    world: World,
) -> None:
    open_the_port(world)
    world.now += timedelta(days=10)
    since = DAY + timedelta(days=3)
    newcomer = somebody_else()
    newcomer.name = "Per Innflytter"
    newcomer.save(update_fields=["name"])
    move_out(world, on=since)
    move_in(newcomer, world.point, on=since)

    follow_register(world)

    assert said_to(newcomer) == [MessageKind.STOOD_OPEN]
    meters_answer(world)
    assert said_to(newcomer) == [
        MessageKind.STOOD_OPEN,
        MessageKind.STOOD_OPEN_CLOSED,
    ]
    event = LifeEvent.objects.get(kind=LifeEventKind.STOOD_OPEN)
    assert event.exposed_from == MIDNIGHT + timedelta(days=3)
    assert event.exposed_until == world.now
    for message in Message.objects.filter(customer=newcomer):
        text = message.body_text + message.body_html
        assert world.customer.name not in text
        assert Consent.objects.get().receipt_number not in text
    assert_everything_is_at_rest(world)


def test_who_moves_in_to_a_closed_port_is_told_nothing(world: World) -> None:
    open_the_port(world)
    move_out(world)
    follow_register(world)
    meters_answer(world)
    newcomer = somebody_else()
    world.now += timedelta(days=2)
    move_in(newcomer, world.point, on=today(world))

    follow_register(world)

    assert said_to(newcomer) == []


def test_whose_time_it_was_may_be_learnt_after_the_port_was_closed(
    world: World,
) -> None:
    open_the_port(world)
    world.now += timedelta(days=10)
    since = DAY + timedelta(days=3)
    move_out(world, on=since)
    follow_register(world)
    meters_answer(world)
    newcomer = somebody_else()
    move_in(newcomer, world.point, on=since + timedelta(days=1))

    follow_register(world)

    assert said_to(newcomer) == [MessageKind.STOOD_OPEN_CLOSED]
    event = LifeEvent.objects.get(kind=LifeEventKind.STOOD_OPEN)
    assert event.exposed_from == MIDNIGHT + timedelta(days=4)
    assert event.exposed_until == world.now


def test_who_moves_in_may_order_before_anybody_has_followed_the_register(
    world: World,
) -> None:
    open_the_port(world)
    newcomer = somebody_else()
    move_out(world)
    move_in(newcomer, world.point, on=today(world))

    order = world.order_opening(customer=newcomer)

    ended = Consent.objects.get(customer=world.customer)
    assert ended.end_reason == ConsentEnd.MOVED_OUT
    assert Consent.objects.active().get() == order.consent
    meters_answer(world)
    assert MessageKind.PORT_OPEN in said_to(newcomer)
    assert_everything_is_at_rest(world)
    assert world.fresh_port().reported == ReportedState.OPEN


def test_who_moves_in_may_have_it_closed_although_somebody_elses_closing_goes_on(
    world: World,
) -> None:
    open_the_port(world)
    left_behind = world.order_closing()
    newcomer = somebody_else()
    move_out(world)
    move_in(newcomer, world.point, on=today(world))

    own = actions.place_closing(
        customer=newcomer, metering_point=world.point, by=world.by, now=world.now
    )

    left_behind.refresh_from_db()
    assert left_behind.status == OrderStatus.SUPERSEDED
    assert own.kind == OrderKind.CLOSE
    assert_everything_is_at_rest(world)
