"""What people do about openings on hold, and where the world does it for them."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hanportal.audit import log
from meters.models import HanPort
from meters.states import DesiredState, HanCapability, ReportedState, ReportSource
from notifications.models import MessageKind
from orders import actions, fulfilment
from orders.models import Case, Command, Consent, LifeEvent, Order, database_now
from orders.states import (
    CaseEnd,
    CaseKind,
    FailureReason,
    OrderKind,
    OrderStatus,
)
from tests.firstnight.past import Past, bring_in_consent
from tests.orders.life import (
    assert_everything_is_at_rest,
    come_to_rest,
    exchange,
    follow_register,
    meters_answer,
    move_out,
    said_to,
)
from tests.orders.test_capabilities import fresh, held, the_meter_is
from tests.orders.test_fulfilment import dispatch, reconcile
from tests.orders.test_several import more_points, order_all
from tests.orders.world import World

STAFF = log.Actor(log.ActorKind.STAFF, "S7")


def test_the_fitters_word_fulfils_the_order_and_nothing_is_sent(world: World) -> None:
    order = held(world, HanCapability.NEEDS_VISIT)
    case = Case.objects.get()
    actions.send_fitter(case_id=case.id, by=STAFF, now=world.now)
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN

    actions.opened_by_fitter(case_id=case.id, by=STAFF, now=world.now)

    assert fresh(order).status == OrderStatus.COMPLETED
    port = world.fresh_port()
    assert (port.desired, port.reported) == (DesiredState.OPEN, ReportedState.OPEN)
    assert port.reported_source == ReportSource.FITTER
    assert not Case.objects.unsettled().exists()
    assert said_to(world.customer)[-1] == MessageKind.PORT_OPEN
    assert_everything_is_at_rest(world)
    assert not Command.objects.exists()


def test_a_fitter_opens_nothing_for_who_has_left(world: World) -> None:
    order = held(world, HanCapability.NEEDS_VISIT)
    move_out(world)

    with pytest.raises(actions.RetryNotPermitted):
        actions.opened_by_fitter(case_id=Case.objects.get().id, by=STAFF, now=world.now)

    assert fresh(order).status == OrderStatus.ON_HOLD
    assert world.fresh_port().desired == DesiredState.CLOSED


def test_a_meter_that_is_seen_open_while_the_order_waits_is_not_closed(
    world: World,
) -> None:
    order = held(world, HanCapability.NEEDS_VISIT)
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    world.fake.read_at = world.now + timedelta(hours=1)
    HanPort.objects.ask_for_read_back(at=database_now() - timedelta(seconds=1))

    come_to_rest(world)

    assert fresh(order).status == OrderStatus.COMPLETED
    assert said_to(world.customer)[-1] == MessageKind.PORT_OPEN
    assert_everything_is_at_rest(world)
    assert not Command.objects.exists()


def test_a_module_is_sent_once(world: World) -> None:
    held(world)
    case = Case.objects.get()

    actions.send_module(case_id=case.id, by=STAFF, now=world.now)
    with pytest.raises(actions.ModuleAlreadySent):
        actions.send_module(case_id=case.id, by=STAFF, now=world.now)

    case.refresh_from_db()
    assert case.module_sent_at == world.now
    with pytest.raises(actions.NotHeld):
        actions.opened_by_fitter(case_id=case.id, by=STAFF, now=world.now)


def test_the_case_of_what_waits_is_neither_retried_nor_closed(world: World) -> None:
    held(world)
    case = Case.objects.get()

    with pytest.raises(actions.OrderStillWaits):
        actions.retry_case(case_id=case.id, by=STAFF, now=world.now)
    with pytest.raises(actions.OrderStillWaits):
        actions.close_case(
            case_id=case.id,
            end=CaseEnd.HANDLED,
            note="Ringte.",
            by=STAFF,
            now=world.now,
        )

    assert not Command.objects.exists()


def test_what_cannot_be_done_is_given_up_with_a_reason_and_told(world: World) -> None:
    order = held(world)
    case = Case.objects.get()
    with pytest.raises(actions.NoReason):
        actions.give_up_opening(case_id=case.id, note=" ", by=STAFF, now=world.now)

    actions.give_up_opening(
        case_id=case.id, note="Ingen plass i skapet.", by=STAFF, now=world.now
    )

    order = fresh(order)
    assert order.failure_reason == FailureReason.NOT_POSSIBLE
    assert not Consent.objects.active().exists()
    assert not Case.objects.unsettled().exists()
    assert said_to(world.customer)[-1] == MessageKind.ORDER_FAILED
    assert_everything_is_at_rest(world)


def test_a_closing_under_way_is_carried_out_although_the_next_order_waits(
    world: World,
) -> None:
    world.order_opening()
    meters_answer(world)
    world.order_closing()
    order = held(world, HanCapability.NEEDS_VISIT)

    meters_answer(world)

    assert world.fake.meters[world.port.meter.serial] == ReportedState.CLOSED
    assert fresh(order).status == OrderStatus.ON_HOLD
    assert Order.objects.live().get().kind == OrderKind.OPEN
    assert_everything_is_at_rest(world)


def test_a_held_order_of_several_holds_none_of_the_others(world: World) -> None:
    points = more_points(world, 2)
    the_meter_is(world, HanCapability.NEEDS_MODULE)

    order_all(world, points)

    statuses = {order.status for order in Order.objects.all()}
    assert statuses == {OrderStatus.PLACED, OrderStatus.ON_HOLD}
    assert Command.objects.count() == 1
    assert dispatch(world) == 1


def test_a_rollback_restores_what_waited_and_lets_it_wait(world: World) -> None:
    held(world)
    move_out(world)
    follow_register(world)
    world.customer.holdings.update(ends_on=None)

    come_to_rest(world)

    assert Consent.objects.active().count() == 1
    assert LifeEvent.objects.unsettled().exclude(obstacle="").count() == 1
    the_meter_is(world, HanCapability.REMOTE)
    come_to_rest(world)
    assert world.fresh_port().reported == ReportedState.OPEN
    assert_everything_is_at_rest(world)


def test_what_only_the_register_says_is_open_fulfils_nothing_and_is_not_closed(
    world: World,
) -> None:
    world.port.observe(ReportedState.OPEN, at=world.now, source=ReportSource.REGISTER)
    order = held(world, HanCapability.NEEDS_VISIT)
    world.fake.silent_reads = True

    come_to_rest(world)

    assert fresh(order).status == OrderStatus.ON_HOLD
    assert not Command.objects.exists()
    assert said_to(world.customer) == [MessageKind.ORDER_RECEIVED]


def test_what_is_open_by_hand_on_a_consent_from_before_is_left_as_it_is(
    world: World, tmp_path: Path
) -> None:
    the_meter_is(world, HanCapability.NEEDS_VISIT)
    bring_in_consent(tmp_path, world)

    with pytest.raises(actions.AlreadyOpen):
        world.order_opening()

    assert Consent.objects.get().is_active
    assert world.fresh_port().reported == ReportedState.OPEN


def test_a_consent_from_before_whose_port_is_closed_is_replaced_and_waits(
    world: World, tmp_path: Path
) -> None:
    the_meter_is(world, HanCapability.NEEDS_MODULE)
    Past(tmp_path).add("consents").add("ports", state="closed").bring_in(now=world.now)

    order = world.order_opening()

    assert fresh(order).status == OrderStatus.ON_HOLD
    assert Consent.objects.active().get() == order.consent
    assert world.fresh_port().desired == DesiredState.CLOSED


def test_news_of_a_hold_that_no_longer_stands_is_withdrawn_unsent(
    world: World,
) -> None:
    order = held(world)
    the_meter_is(world, HanCapability.NEEDS_VISIT)
    follow_register(world)
    assert said_to(world.customer)[-1] == MessageKind.ORDER_ON_HOLD

    actions.cancel_order(
        customer=world.customer, order=order, by=world.by, now=world.now
    )

    assert said_to(world.customer) == [
        MessageKind.ORDER_RECEIVED,
        MessageKind.ORDER_CANCELLED,
    ]


def held_for_another_thing(world: World) -> Order:
    """It waited for a module, and the customer hears that it waits for a visit."""
    order = held(world)
    the_meter_is(world, HanCapability.NEEDS_VISIT)
    follow_register(world)
    assert said_to(world.customer)[-1] == MessageKind.ORDER_ON_HOLD
    return order


def test_news_of_a_hold_is_withdrawn_where_another_meter_ends_it(
    world: World,
) -> None:
    order = held_for_another_thing(world)
    exchange(world, number=1)

    follow_register(world)

    assert fresh(order).status == OrderStatus.IN_PROGRESS
    assert said_to(world.customer) == [
        MessageKind.ORDER_RECEIVED,
        MessageKind.METER_EXCHANGED,
    ]


def test_news_that_a_reading_shows_untrue_is_withdrawn_before_any_chain(
    world: World,
) -> None:
    world.order_opening()
    meters_answer(world)
    world.order_closing()
    meters_answer(world)
    assert said_to(world.customer)[-1] == MessageKind.PORT_CLOSED
    order = held_for_another_thing(world)
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    world.fake.read_at = world.now + timedelta(hours=1)
    HanPort.objects.ask_for_read_back(at=database_now() - timedelta(seconds=1))

    with CaptureQueriesContext(connection) as queries:
        reconcile(world)

    assert fresh(order).status == OrderStatus.COMPLETED
    said = said_to(world.customer)
    assert said[-1] == MessageKind.PORT_OPEN
    assert not {MessageKind.PORT_CLOSED, MessageKind.ORDER_ON_HOLD} & set(said)
    statements = [query["sql"] for query in queries]
    chains = [n for n, sql in enumerate(statements) if "pg_advisory_xact_lock" in sql]
    withdrawn = [
        n
        for n, sql in enumerate(statements)
        if sql.startswith('UPDATE "notifications_message"')
    ]
    assert len(withdrawn) == len({MessageKind.PORT_CLOSED, MessageKind.ORDER_ON_HOLD})
    assert max(withdrawn) < min(chains)


def test_news_of_a_hold_is_withdrawn_where_the_port_is_ordered_closed(
    world: World,
) -> None:
    world.port.observe(ReportedState.OPEN, at=world.now, source=ReportSource.REGISTER)
    order = held_for_another_thing(world)

    world.order_closing()

    assert fresh(order).status == OrderStatus.SUPERSEDED
    assert said_to(world.customer) == [
        MessageKind.ORDER_RECEIVED,
        MessageKind.CLOSING_RECEIVED,
    ]


def test_a_held_order_that_could_not_be_opened_after_all_has_its_three_days(
    world: World,
) -> None:
    order = held(world)
    world.now += timedelta(days=20)
    the_meter_is(world, HanCapability.REMOTE)
    follow_register(world)
    assert fresh(order).given_up_from > world.now + timedelta(days=3)

    world.now += timedelta(days=8)
    fulfilment.give_up_overdue(clock=world.clock)

    assert fresh(order).failure_reason == FailureReason.NO_CONFIRMATION
    assert Case.objects.unsettled().get().kind == CaseKind.COMMAND_EXPIRED
    assert_everything_is_at_rest(world)
