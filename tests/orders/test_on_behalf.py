"""Ordering for another: on a right that holds at that moment, and the other is told."""

from datetime import date, timedelta
from functools import partial

import pytest

from hanportal.accounts import actions as accounts
from hanportal.accounts.models import Ground, Representation, Representative
from hanportal.audit import log
from meters.models import HanPort
from meters.states import DesiredState
from notifications.models import Delivery, Message, MessageKind
from orders import actions, fulfilment
from orders.models import Consent, Order
from orders.states import ConsentEnd, OrderStatus
from tests.accounts.representing import (
    BY,
    VERA_ID,
    a_business,
    a_representation,
    the_supervisor,
)
from tests.orders.test_constraints import refused
from tests.orders.test_races import assert_the_log_is_whole, at_once
from tests.orders.world import World, a_customer, a_point_with_meter

TODAY = date(2026, 10, 5)
VERA = log.Actor(log.ActorKind.CUSTOMER, "the-user-of-vera")


def order_as_vera(world: World, right: Representation | None) -> Order:
    return world.order_opening(representation=right, by=VERA)


def record_death_of(world: World) -> None:
    """The register or the customer centre learnt of it."""
    accounts.record_death(
        customer=world.customer,
        died_on=TODAY - timedelta(days=3),
        today=TODAY,
        by=BY,
        now=world.now,
    )
    world.customer.refresh_from_db()


def test_the_consent_is_the_customers_and_says_who_gave_it(world: World) -> None:
    right = a_representation(world.customer)

    order = order_as_vera(world, right)

    consent = Consent.objects.get()
    assert (consent.customer, consent.representation) == (world.customer, right)
    assert consent.given_by == "the-user-of-vera"
    assert consent.identified_subject == "subject-1"
    assert order.placement.representation == right
    for subject in (("consent", consent.id), ("order", order.id)):
        event = log.events_about(log.Subject(*subject)).first()
        assert event is not None
        assert event.facts["representation"] == str(right.id)
        assert event.facts["ground"] == "guardian"


def test_the_customer_is_told_at_their_own_address_who_did_it(world: World) -> None:
    order_as_vera(world, a_representation(world.customer))

    told = Message.objects.get(kind=MessageKind.ORDER_RECEIVED)
    assert told.customer == world.customer
    assert told.body_text.count("Vera Verge (verge) gjorde dette på dine vegne") == 1
    assert "Du har bestilt" not in told.body_text
    assert told.deliveries.get().address == "kari@eksempel.example"


def test_later_news_of_the_order_names_nobody(world: World) -> None:
    order_as_vera(world, a_representation(world.customer))
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )

    assert not Message.objects.exclude(
        kind__in=[MessageKind.ORDER_RECEIVED, MessageKind.REPRESENTATION_REGISTERED]
    ).exists()


def test_what_the_customer_orders_in_person_names_nobody(world: World) -> None:
    a_representation(world.customer)

    world.order_opening()

    assert Consent.objects.get().representation is None
    told = Message.objects.get(kind=MessageKind.ORDER_RECEIVED)
    assert "på dine vegne" not in told.body_text


def test_a_revoked_right_orders_closes_and_cancels_nothing(world: World) -> None:
    right = a_representation(world.customer)
    order = world.order_opening()
    accounts.revoke_representation(representation=right, by=BY, now=world.now)

    with pytest.raises(actions.NotRepresented):
        order_as_vera(world, right)
    with pytest.raises(actions.NotRepresented):
        actions.place_closing(
            customer=world.customer,
            metering_point=world.point,
            by=VERA,
            now=world.now,
            representation=right,
        )
    with pytest.raises(actions.NotRepresented):
        actions.cancel_order(
            customer=world.customer,
            order=order,
            by=VERA,
            now=world.now,
            representation=right,
        )

    assert Order.objects.get().status == OrderStatus.PLACED


def test_a_right_that_is_over_or_has_not_begun_orders_nothing(world: World) -> None:
    over = a_representation(world.customer, ends_on=TODAY)
    ahead = a_representation(world.customer, starts_on=TODAY + timedelta(days=1))

    for right in (over, ahead):
        with pytest.raises(actions.NotRepresented):
            order_as_vera(world, right)


def test_a_right_for_one_customer_orders_nothing_for_another(world: World) -> None:
    another = a_customer("K2", national_id="01908000230")
    right = a_representation(another)

    with pytest.raises(actions.NotRepresented):
        order_as_vera(world, right)

    assert not Order.objects.exists()


def test_the_database_binds_a_consent_to_its_own_customers_representation(
    world: World,
) -> None:
    another = a_customer("K2", national_id="01908000230")
    right = a_representation(another)
    order = world.order_opening()

    answer = refused(
        f"UPDATE orders_placement SET representation_id = '{right.id}'"
        f" WHERE id = '{order.placement_id}'"
    )

    assert "placement_representation_is_of_its_customer" in answer


def test_what_was_consented_to_outlives_the_right(world: World) -> None:
    right = a_representation(world.customer)
    order_as_vera(world, right)
    accounts.revoke_representation(representation=right, by=BY, now=world.now)

    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )

    consent = Consent.objects.get()
    assert consent.permits_opening(HanPort.objects.get(), on=TODAY)
    assert [sent.desired for sent in world.fake.sent] == [DesiredState.OPEN]


def test_closing_and_cancelling_for_another_say_so(world: World) -> None:
    right = a_representation(world.customer)
    order = order_as_vera(world, right)

    actions.cancel_order(
        customer=world.customer,
        order=order,
        by=VERA,
        now=world.now,
        representation=right,
    )
    closing = actions.place_closing(
        customer=world.customer,
        metering_point=world.point,
        by=VERA,
        now=world.now,
        representation=right,
    )

    cancelled = Message.objects.get(kind=MessageKind.ORDER_CANCELLED)
    closed = Message.objects.get(kind=MessageKind.CLOSING_RECEIVED)
    assert closing.placement.representation == right
    for message in (cancelled, closed):
        assert "Vera Verge (verge)" in message.body_text


def test_the_dead_order_nothing_and_their_estate_does(world: World) -> None:
    guardian = a_representation(world.customer)
    record_death_of(world)
    with pytest.raises(actions.HolderDead):
        world.order_opening()
    with pytest.raises(actions.NotRepresented):
        order_as_vera(world, guardian)

    estate = a_representation(world.customer, ground=Ground.ESTATE, name="Arve Arving")
    order_as_vera(world, estate)

    assert Consent.objects.get().representation == estate


def test_an_estate_need_not_wait_for_the_deads_consent_to_end(world: World) -> None:
    world.order_opening()
    record_death_of(world)
    estate = a_representation(world.customer, ground=Ground.ESTATE)

    order = order_as_vera(world, estate)

    ended, given = Consent.objects.order_by("given_at", "id")
    assert ended.end_reason == ConsentEnd.HOLDER_DIED
    assert (given, given.is_active) == (order.consent, True)
    assert world.fresh_port().desired == DesiredState.OPEN


def test_the_deads_own_port_can_always_be_closed(world: World) -> None:
    world.order_opening()
    record_death_of(world)

    world.order_closing()

    assert not Consent.objects.active().exists()


def test_e_mail_about_the_dead_goes_to_the_estate_and_else_nowhere(
    world: World,
) -> None:
    world.order_opening()
    record_death_of(world)
    world.order_closing()
    unheard = Message.objects.get(kind=MessageKind.CLOSING_RECEIVED)
    estate = a_representation(world.customer, ground=Ground.ESTATE)
    order_as_vera(world, estate)

    heard = Message.objects.filter(kind=MessageKind.ORDER_RECEIVED).latest("created_at")
    assert not unheard.deliveries.exists()
    assert Delivery.objects.filter(address="vera@post.example").count() == 1
    assert heard.customer == world.customer


def test_the_customer_is_told_of_a_registration_and_of_its_end(world: World) -> None:
    right = actions.register_representation(
        represented=world.customer,
        representative=Representative(name="Vera Verge", national_id=VERA_ID),
        ground=Ground.GUARDIAN,
        starts_on=TODAY,
        ends_on=None,
        evidence="2026/77",
        died_on=None,
        supervisor=the_supervisor(),
        by=BY,
        now=world.now,
    )
    for _ in range(2):
        actions.revoke_representation(representation=right, by=BY, now=world.now)

    told = list(Message.objects.order_by("id").values_list("kind", flat=True))
    assert told == ["represented", "not_represented"]
    addresses = set(Delivery.objects.values_list("address", flat=True))
    assert addresses == {"kari@eksempel.example"}


def test_for_a_business_somebody_who_acts_for_it_orders(
    world: World,
) -> None:
    business = a_business()
    point, _port = a_point_with_meter(business, world.head_end, number=2)
    right = a_representation(business, name="Berit Bakke")

    order = world.order_opening(
        customer=business, metering_point=point, representation=right, by=VERA
    )

    assert order.placement.customer == business
    assert Consent.objects.get().representation == right


def test_a_revocation_and_an_order_at_once_leave_one_of_two_pictures(
    committed_world: World,
) -> None:
    world = committed_world
    for number in range(10):
        point, _port = a_point_with_meter(
            world.customer, world.head_end, number=50 + number
        )
        right = a_representation(world.customer)
        results = at_once(
            partial(
                world.order_opening,
                metering_point=point,
                representation=right,
                by=VERA,
            ),
            partial(
                accounts.revoke_representation,
                representation=right,
                by=BY,
                now=world.now,
            ),
        )

        ordered = [each for each in results if isinstance(each, Order)]
        refused = [r for r in results if isinstance(r, actions.NotRepresented)]
        assert len(ordered) + len(refused) == 1
        assert Consent.objects.filter(metering_point=point).count() == len(ordered)
    assert_the_log_is_whole()
