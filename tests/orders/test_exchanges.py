"""Another meter at the point: the consent goes on there, and the old one is history."""

from datetime import timedelta

import pytest

from hanportal.audit import log
from hanportal.monitoring.readings import read
from meters.headend import Fault
from meters.models import HanPort, Installation, Meter
from meters.states import DesiredState, HanCapability, ReportedState
from notifications.models import MessageKind
from orders import actions
from orders.models import Case, Command, Consent, LifeEvent
from orders.states import (
    CaseKind,
    CommandStatus,
    ConsentEnd,
    LifeEventKind,
    OrderStatus,
)
from tests.orders.life import (
    assert_everything_is_at_rest,
    come_to_rest,
    exchange,
    follow_register,
    meters_answer,
    move_out,
    open_the_port,
    said_to,
    somebody_else,
    today,
)
from tests.orders.test_fulfilment import dispatch, report
from tests.orders.world import World, a_point_with_meter


def meter_of(world: World, port: HanPort) -> ReportedState:
    return world.fake.meters.get(port.meter.serial, ReportedState.CLOSED)


def test_the_new_meter_is_opened_under_the_same_consent(world: World) -> None:
    open_the_port(world)
    new = exchange(world, number=1)

    follow_register(world)

    assert said_to(world.customer)[-1] == MessageKind.METER_EXCHANGED
    assert meter_of(world, new) == ReportedState.CLOSED
    meters_answer(world)
    assert meter_of(world, new) == ReportedState.OPEN
    assert said_to(world.customer)[-1] == MessageKind.OPEN_AGAIN
    assert Consent.objects.get().is_active
    assert_everything_is_at_rest(world)


def test_the_old_meter_is_history(world: World) -> None:
    open_the_port(world)
    exchange(world, number=1)
    follow_register(world)

    old = world.fresh_port()
    assert old.desired == DesiredState.CLOSED
    assert old.reported == ReportedState.OPEN
    assert old.read_back_due_at is None
    assert not Command.objects.live().filter(port=old).exists()
    looked_at = read(now=world.now)
    assert looked_at.ports_open_unwanted == looked_at.ports_left_open == 0
    assert_everything_is_at_rest(world)
    assert world.port.meter.serial not in [c.serial for c in world.fake.sent[1:]]
    assert world.port.meter.serial not in world.fake.reads


def test_an_order_goes_on_at_the_new_meter(world: World) -> None:
    order = world.order_opening()
    new = exchange(world, number=1)
    assert dispatch(world) == 0

    follow_register(world)

    order.refresh_from_db()
    assert order.port == new
    assert order.is_live
    first, second = Command.objects.order_by("id")
    assert first.status == CommandStatus.CANCELLED
    assert (second.port, second.order) == (new, order)
    meters_answer(world)
    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED
    assert said_to(world.customer) == [
        MessageKind.ORDER_RECEIVED,
        MessageKind.METER_EXCHANGED,
        MessageKind.PORT_OPEN,
    ]
    assert_everything_is_at_rest(world)


def test_a_late_result_of_the_old_meter_opens_nothing(world: World) -> None:
    order = world.order_opening()
    dispatch(world)
    old = world.newest_command()
    new = exchange(world, number=1)
    follow_register(world)

    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    report(world, world.event(old, ReportedState.OPEN))

    order.refresh_from_db()
    assert (order.is_live, order.port) == (True, new)
    assert MessageKind.PORT_OPEN not in said_to(world.customer)
    assert_everything_is_at_rest(world)


def test_a_closing_goes_on_at_the_new_meter(world: World) -> None:
    open_the_port(world)
    closing = world.order_closing()
    new = exchange(world, number=1)

    follow_register(world)
    meters_answer(world)

    closing.refresh_from_db()
    assert closing.port == new
    assert closing.status == OrderStatus.COMPLETED
    assert said_to(world.customer)[-1] == MessageKind.PORT_CLOSED
    assert_everything_is_at_rest(world)


@pytest.mark.parametrize(
    "capability", sorted(set(HanCapability) - {HanCapability.REMOTE})
)
def test_a_new_meter_that_cannot_be_opened_from_here_is_a_case_and_told(
    world: World, capability: HanCapability
) -> None:
    open_the_port(world)
    exchange(world, number=1, capability=capability)
    sent = len(world.fake.sent)

    follow_register(world)
    assert follow_register(world) == 0

    assert Case.objects.get().kind == CaseKind.NEW_METER_CANNOT_OPEN
    assert Consent.objects.get().is_active
    assert said_to(world.customer)[-1] == MessageKind.EXCHANGE_ON_HOLD
    assert len(world.fake.sent) == sent
    assert_everything_is_at_rest(world)


def test_an_order_waits_where_the_new_meter_takes_a_module_and_goes_on_after(
    world: World,
) -> None:
    order = world.order_opening()
    new = exchange(world, number=1, capability=HanCapability.NEEDS_MODULE)
    follow_register(world)
    order.refresh_from_db()
    assert (order.status, order.port) == (OrderStatus.ON_HOLD, new)
    assert Case.objects.get().order == order
    meters_answer(world)
    assert world.fake.sent == []

    Meter.objects.filter(pk=new.meter_id).update(han_capability=HanCapability.REMOTE)
    follow_register(world)
    meters_answer(world)

    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED
    assert said_to(world.customer)[-1] == MessageKind.PORT_OPEN
    assert_everything_is_at_rest(world)


def test_two_exchanges_in_a_row_end_open_at_the_last_meter(world: World) -> None:
    open_the_port(world)
    world.now += timedelta(days=5)
    first = exchange(world, number=1, on=today(world) - timedelta(days=2))
    second = exchange(world, number=2)

    assert_everything_is_at_rest(world)

    assert meter_of(world, second) == ReportedState.OPEN
    assert meter_of(world, first) == ReportedState.CLOSED


def test_an_exchange_during_an_exchange_goes_on_at_the_last_meter(
    world: World,
) -> None:
    open_the_port(world)
    first = exchange(world, number=1)
    follow_register(world)
    dispatch(world)
    world.now += timedelta(days=1)
    second = exchange(world, number=2)

    assert_everything_is_at_rest(world)

    first.refresh_from_db()
    assert first.desired == DesiredState.CLOSED
    assert meter_of(world, second) == ReportedState.OPEN
    assert said_to(world.customer)[-1] == MessageKind.OPEN_AGAIN
    confirmed = LifeEvent.objects.filter(confirmed_at__isnull=False)
    assert confirmed.get().port == second


def test_an_exchange_back_to_the_first_meter_opens_it_again(world: World) -> None:
    open_the_port(world)
    exchange(world, number=1)
    come_to_rest(world)
    world.now += timedelta(days=1)
    Installation.objects.filter(ends_on=None).update(ends_on=today(world))
    Installation.objects.create(
        meter=world.port.meter, metering_point=world.point, starts_on=today(world)
    )

    assert_everything_is_at_rest(world)

    assert world.fresh_port().desired == DesiredState.OPEN
    assert meter_of(world, world.port) == ReportedState.OPEN


def test_an_old_meter_that_turns_up_elsewhere_is_closed_there(world: World) -> None:
    open_the_port(world)
    exchange(world, number=1)
    come_to_rest(world)
    neighbour = somebody_else()
    elsewhere, replaced = a_point_with_meter(neighbour, world.head_end, number=2)
    Installation.objects.filter(meter=replaced.meter_id).update(ends_on=today(world))
    Installation.objects.create(
        meter=world.port.meter, metering_point=elsewhere, starts_on=today(world)
    )

    assert_everything_is_at_rest(world)

    assert meter_of(world, world.port) == ReportedState.CLOSED
    assert Case.objects.filter(kind=CaseKind.OPEN_WITHOUT_CONSENT).exists()


def test_a_meter_moved_before_anybody_noticed_is_closed_where_it_sits(
    world: World,
) -> None:
    open_the_port(world)
    new = exchange(world, number=1)
    neighbour = somebody_else()
    elsewhere, replaced = a_point_with_meter(neighbour, world.head_end, number=2)
    Installation.objects.filter(meter=replaced.meter_id).update(ends_on=today(world))
    Installation.objects.create(
        meter=world.port.meter, metering_point=elsewhere, starts_on=today(world)
    )

    assert_everything_is_at_rest(world)

    assert meter_of(world, world.port) == ReportedState.CLOSED
    assert meter_of(world, new) == ReportedState.OPEN


def test_a_move_and_an_exchange_on_the_same_day_end_closed(world: World) -> None:
    open_the_port(world)
    new = exchange(world, number=1)
    move_out(world)

    assert_everything_is_at_rest(world)

    assert Consent.objects.get().end_reason == ConsentEnd.MOVED_OUT
    assert meter_of(world, new) == ReportedState.CLOSED


def test_a_withdrawal_before_the_exchange_was_noticed_ends_closed(
    world: World,
) -> None:
    open_the_port(world)
    new = exchange(world, number=1)
    closing = world.order_closing()

    assert_everything_is_at_rest(world)

    closing.refresh_from_db()
    assert (closing.status, closing.port) == (OrderStatus.COMPLETED, new)
    assert world.fresh_port().desired == DesiredState.CLOSED


def test_an_order_carried_over_can_still_be_cancelled(world: World) -> None:
    order = world.order_opening()
    exchange(world, number=1)
    follow_register(world)

    actions.cancel_order(
        customer=world.customer, order=order, by=world.by, now=world.now
    )

    order.refresh_from_db()
    assert order.status == OrderStatus.CANCELLED
    assert_everything_is_at_rest(world)


def test_a_new_meter_that_refuses_is_a_case_and_never_told_open(world: World) -> None:
    open_the_port(world)
    exchange(world, number=1)
    follow_register(world)
    world.fake.plan(Fault.REJECTED, executes=False)

    dispatch(world)

    assert Case.objects.get().kind == CaseKind.COMMAND_REJECTED
    assert said_to(world.customer)[-1] == MessageKind.METER_EXCHANGED
    event = LifeEvent.objects.get(kind=LifeEventKind.METER_EXCHANGED)
    assert event.settled_at is None


def test_a_new_meter_that_stays_silent_is_a_case_after_three_working_days(
    world: World,
) -> None:
    open_the_port(world)
    exchange(world, number=1)
    follow_register(world)
    world.fake.plan(Fault.UNREACHABLE, executes=False)
    dispatch(world)
    world.now += timedelta(days=3)
    assert follow_register(world) == 0

    world.now += timedelta(days=1)
    assert follow_register(world) == 1
    assert follow_register(world) == 0

    assert Case.objects.get().kind == CaseKind.OPENING_OVERDUE
    assert_everything_is_at_rest(world)
    assert said_to(world.customer)[-1] == MessageKind.OPEN_AGAIN


def test_no_meter_at_all_waits_until_one_comes(world: World) -> None:
    open_the_port(world)
    Installation.objects.update(ends_on=today(world))
    follow_register(world)
    assert world.fresh_port().desired == DesiredState.CLOSED
    assert Consent.objects.get().is_active
    world.now += timedelta(days=3)

    new = exchange(world, number=1)

    assert_everything_is_at_rest(world)
    assert meter_of(world, new) == ReportedState.OPEN


def test_a_second_look_changes_nothing(world: World) -> None:
    open_the_port(world)
    exchange(world, number=1)
    follow_register(world)
    events = log.Event.objects.count()

    assert follow_register(world) == 0

    assert log.Event.objects.count() == events
