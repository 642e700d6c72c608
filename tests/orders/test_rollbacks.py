"""The register errs and takes it back: nothing that a person wished for is lost."""

from datetime import timedelta

import pytest

from hanportal.accounts.models import Customer
from meters.models import Holding, MeteringPoint
from meters.states import DesiredState, ReportedState
from notifications.models import MessageKind
from orders.actions import place_closing
from orders.models import Consent, LifeEvent
from orders.states import LifeEventKind, OrderStatus
from tests.orders.life import (
    assert_everything_is_at_rest,
    come_to_rest,
    exchange,
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
from tests.orders.world import World


def take_back_the_move(world: World) -> None:
    """The register: the customer never left, and nobody else was there."""
    others = Holding.objects.exclude(customer=world.customer)
    others.update(customer=world.customer)
    if not others.exists() and not Holding.objects.filter(ends_on=None).exists():
        Holding.objects.update(ends_on=None)


@pytest.fixture
def opened(world: World) -> World:
    """The port is open since ten days."""
    open_the_port(world)
    world.now += timedelta(days=10)
    return world


def test_before_the_effect_nothing_has_happened(opened: World) -> None:
    move_out(opened, on=today(opened) + timedelta(days=3))
    follow_register(opened)
    take_back_the_move(opened)
    opened.now += timedelta(days=5)

    assert follow_register(opened) == 0

    assert Consent.objects.get().is_active
    assert not LifeEvent.objects.exists()


def test_what_is_not_closed_yet_is_restored_under_a_consent_of_its_own(
    opened: World,
) -> None:
    move_out(opened)
    follow_register(opened)
    dispatch(opened)
    take_back_the_move(opened)

    follow_register(opened)

    ended, restored = Consent.objects.order_by("given_at")
    assert (ended.is_active, restored.is_active) == (False, True)
    assert restored.restored_from == ended
    for evidence in ("terms_id", "confirmed", "security", "identified_subject", "gsrn"):
        assert getattr(restored, evidence) == getattr(ended, evidence)
    assert restored.receipt_number != ended.receipt_number
    assert opened.fresh_port().desired == DesiredState.OPEN
    assert said_to(opened.customer)[-1] == MessageKind.CONSENT_RESTORED
    meters_answer(opened)
    assert said_to(opened.customer)[-1] == MessageKind.OPEN_AGAIN
    assert_everything_is_at_rest(opened)
    assert opened.fresh_port().reported == ReportedState.OPEN


def test_what_was_told_and_not_sent_is_taken_back(opened: World) -> None:
    move_out(opened)
    follow_register(opened)
    take_back_the_move(opened)

    follow_register(opened)

    assert MessageKind.MOVED_OUT not in said_to(opened.customer)


def test_what_is_closed_stays_closed_and_may_be_ordered_again(opened: World) -> None:
    move_out(opened)
    follow_register(opened)
    meters_answer(opened)
    take_back_the_move(opened)

    follow_register(opened)

    assert not Consent.objects.active().exists()
    assert said_to(opened.customer)[-1] == MessageKind.CONSENT_NOT_RESTORED
    assert_everything_is_at_rest(opened)
    order = opened.order_opening()
    meters_answer(opened)
    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED
    assert_everything_is_at_rest(opened)


def test_a_rollback_is_done_once(opened: World) -> None:
    move_out(opened)
    follow_register(opened)
    take_back_the_move(opened)
    follow_register(opened)

    assert follow_register(opened) == 0

    assert LifeEvent.objects.filter(kind=LifeEventKind.ROLLED_BACK).count() == 1


def test_the_same_move_may_come_again_after_a_rollback(opened: World) -> None:
    move_out(opened)
    follow_register(opened)
    take_back_the_move(opened)
    follow_register(opened)
    Holding.objects.update(ends_on=today(opened))

    follow_register(opened)

    assert not Consent.objects.active().exists()
    assert_everything_is_at_rest(opened)
    assert opened.fresh_port().reported == ReportedState.CLOSED


def test_who_comes_back_after_a_gap_is_not_rolled_back(opened: World) -> None:
    move_out(opened, on=today(opened) - timedelta(days=5))
    follow_register(opened)
    move_in(opened.customer, opened.point, on=today(opened))

    assert follow_register(opened) == 0

    assert not Consent.objects.active().exists()
    assert_everything_is_at_rest(opened)


def test_a_rollback_as_a_holding_of_its_own_leaves_no_gap(opened: World) -> None:
    move_out(opened)
    follow_register(opened)
    move_in(opened.customer, opened.point, on=today(opened))

    follow_register(opened)

    assert Consent.objects.active().get().customer == opened.customer
    assert_everything_is_at_rest(opened)


def moved_in(opened: World) -> Customer:
    newcomer = somebody_else()
    move_out(opened)
    move_in(newcomer, opened.point, on=today(opened))
    return newcomer


def test_a_move_in_taken_back_ends_what_the_other_consented_to(opened: World) -> None:
    newcomer = moved_in(opened)
    follow_register(opened)
    meters_answer(opened)
    opened.order_opening(customer=newcomer)
    meters_answer(opened)
    take_back_the_move(opened)

    assert_everything_is_at_rest(opened)

    assert not Consent.objects.active().filter(customer=newcomer).exists()
    assert said_to(newcomer)[-1] == MessageKind.CLOSED_AFTERWARDS
    assert MessageKind.CONSENT_NOT_RESTORED in said_to(opened.customer)
    assert opened.fresh_port().reported == ReportedState.CLOSED


def test_a_move_in_taken_back_while_the_others_order_is_under_way(
    opened: World,
) -> None:
    newcomer = moved_in(opened)
    follow_register(opened)
    order = opened.order_opening(customer=newcomer)
    take_back_the_move(opened)

    assert_everything_is_at_rest(opened)

    order.refresh_from_db()
    assert order.status == OrderStatus.SUPERSEDED
    assert Consent.objects.active().get().customer == opened.customer
    assert opened.fresh_port().reported == ReportedState.OPEN


def test_who_was_told_of_the_open_port_hears_no_more_when_it_was_an_error(
    opened: World,
) -> None:
    newcomer = moved_in(opened)
    follow_register(opened)
    assert said_to(newcomer) == [MessageKind.STOOD_OPEN]
    take_back_the_move(opened)

    assert_everything_is_at_rest(opened)

    assert said_to(newcomer) == []


def test_who_has_consented_anew_keeps_that_consent(opened: World) -> None:
    move_out(opened)
    follow_register(opened)
    Holding.objects.update(ends_on=None)
    order = opened.order_opening()

    follow_register(opened)

    assert Consent.objects.active().get() == order.consent
    assert MessageKind.CONSENT_RESTORED not in said_to(opened.customer)
    assert_everything_is_at_rest(opened)


def test_an_order_that_a_move_ended_goes_on_after_the_rollback(world: World) -> None:
    world.order_opening()
    move_out(world)
    follow_register(world)
    take_back_the_move(world)

    assert_everything_is_at_rest(world)

    assert Consent.objects.active().count() == 1
    assert world.fresh_port().reported == ReportedState.OPEN
    assert said_to(world.customer)[-1] == MessageKind.OPEN_AGAIN


def test_a_rollback_after_an_exchange_opens_the_new_meter(opened: World) -> None:
    move_out(opened)
    follow_register(opened)
    new = exchange(opened, number=1)
    take_back_the_move(opened)

    assert_everything_is_at_rest(opened)

    assert Consent.objects.active().count() == 1
    assert opened.fake.meters[new.meter.serial] == ReportedState.OPEN


def test_a_point_put_back_into_use_restores_the_consent(opened: World) -> None:
    MeteringPoint.objects.update(is_active=False)
    follow_register(opened)
    MeteringPoint.objects.update(is_active=True)

    follow_register(opened)

    assert Consent.objects.active().count() == 1
    come_to_rest(opened)
    assert opened.fresh_port().reported == ReportedState.OPEN
    assert_everything_is_at_rest(opened)


def test_a_closing_that_the_other_ordered_is_carried_out_all_the_same(
    opened: World,
) -> None:
    move_out(opened)
    ola = somebody_else()
    move_in(ola, opened.point, on=today(opened))
    follow_register(opened)
    closing = place_closing(
        customer=ola, metering_point=opened.point, by=opened.by, now=opened.now
    )
    take_back_the_move(opened)

    follow_register(opened)

    assert not Consent.objects.active().exists()
    assert said_to(opened.customer)[-1] == MessageKind.CONSENT_NOT_RESTORED
    meters_answer(opened)
    closing.refresh_from_db()
    assert closing.status == OrderStatus.COMPLETED
    assert_everything_is_at_rest(opened)
    opened.order_opening()


def test_nothing_is_restored_to_the_dead(opened: World) -> None:
    move_out(opened)
    follow_register(opened)
    told = said_to(opened.customer)
    take_back_the_move(opened)
    opened.customer.mark_dead(died_on=today(opened) - timedelta(days=1))

    follow_register(opened)

    assert not Consent.objects.active().exists()
    assert set(said_to(opened.customer)) <= set(told)
    assert_everything_is_at_rest(opened)
    assert opened.fresh_port().reported == ReportedState.CLOSED
