"""Ordering for a caller: only on this agent's valid verification of this caller."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from hanportal.accounts.models import CallerMethod, CallerVerification, User
from hanportal.audit import log
from notifications.models import Message
from orders import actions
from orders.models import Consent, Order, Placement
from orders.states import Channel, OrderKind
from tests.orders.world import World, a_customer, a_point_with_meter


def an_agent(number: str = "7001") -> User:
    return User.objects.create(
        email=f"{number}@nett.example",
        staff_number=number,
        display_name="Agnes Agent",
        is_staff=True,
    )


def verified(world: World, agent: User, *, passed: bool = True) -> CallerVerification:
    lifetime = timedelta(minutes=15) if passed else timedelta()
    return CallerVerification.objects.create(
        agent=agent,
        caller=world.customer,
        method=CallerMethod.CONTROL_QUESTIONS,
        questions=[{"key": "street_address", "right": passed}],
        passed=passed,
        verified_at=world.now,
        expires_at=world.now + lifetime,
    )


def staff(agent: User) -> log.Actor:
    return log.Actor(log.ActorKind.STAFF, agent.staff_number)


def open_for(world: World, verification: CallerVerification, by: log.Actor) -> Order:
    return actions.place_opening_for_caller(
        verification=verification,
        metering_point=world.point,
        agreement=world.agreement(),
        by=by,
        now=world.now,
    )


def test_the_consent_says_who_took_it_and_how_the_caller_was_known(
    world: World,
) -> None:
    agent = an_agent()
    verification = verified(world, agent)

    order = open_for(world, verification, staff(agent))

    consent = Consent.objects.get()
    assert consent.channel == Channel.CONSOLE
    assert consent.caller_verification == verification
    assert consent.given_by == "7001"
    assert consent.identified_level == CallerMethod.CONTROL_QUESTIONS
    assert order.placement.caller_verification == verification
    assert order.placement.customer == world.customer
    told = log.events_about(log.Subject("consent", consent.id)).get()
    assert (told.actor_kind, told.actor_reference) == ("staff", "7001")


def test_the_customer_is_told_who_ordered_on_their_behalf(world: World) -> None:
    agent = an_agent()

    open_for(world, verified(world, agent), staff(agent))

    told = Message.objects.get()
    assert told.body_text.count("ansattnummer 7001") == 1


def test_closing_for_a_caller_ends_the_consent(world: World) -> None:
    agent = an_agent()
    world.order_opening()

    order = actions.place_closing_for_caller(
        verification=verified(world, agent),
        metering_point=world.point,
        by=staff(agent),
        now=world.now,
    )

    assert order.kind == OrderKind.CLOSE
    assert not Consent.objects.active().exists()


def test_a_failed_verification_permits_nothing(world: World) -> None:
    agent = an_agent()

    with pytest.raises(actions.NotVerified):
        open_for(world, verified(world, agent, passed=False), staff(agent))

    assert not Order.objects.exists()


def test_an_expired_verification_permits_nothing(world: World) -> None:
    agent = an_agent()
    verification = verified(world, agent)
    world.now += timedelta(minutes=15)

    with pytest.raises(actions.NotVerified):
        open_for(world, verification, staff(agent))


def test_a_verification_that_was_ended_meanwhile_permits_nothing(
    world: World,
) -> None:
    agent = an_agent()
    verification = verified(world, agent)
    CallerVerification.objects.get().end(at=world.now)

    with pytest.raises(actions.NotVerified):
        open_for(world, verification, staff(agent))


def test_another_agents_verification_permits_nothing(world: World) -> None:
    verification = verified(world, an_agent())

    with pytest.raises(actions.NotVerified):
        open_for(world, verification, staff(an_agent("7002")))


def test_a_caller_gets_nothing_at_another_customers_point(world: World) -> None:
    agent = an_agent()
    neighbour = a_customer("K2", national_id="01908000230")
    point, _port = a_point_with_meter(neighbour, world.head_end, number=2)

    with pytest.raises(actions.NotHolder):
        actions.place_closing_for_caller(
            verification=verified(world, agent),
            metering_point=point,
            by=staff(agent),
            now=world.now,
        )


def test_the_database_refuses_an_order_for_a_caller_without_a_verification(
    world: World,
) -> None:
    with pytest.raises(DatabaseError, match="placement_for_a_caller_rests_on"):
        with transaction.atomic():
            Placement.make(
                customer=world.customer,
                channel=Channel.CONSOLE,
                verification=None,
                at=world.now,
            )
