"""A customer orders the port opened: what is recorded, and what is refused."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from kombu.exceptions import OperationalError

from hanportal.audit import log
from meters.models import Holding
from meters.states import DesiredState, HanCapability
from notifications.models import Message, MessageKind
from orders import actions, tasks
from orders.models import Command, Consent, Order
from orders.states import CommandStatus, OrderStatus, SecurityPlacement
from tests.orders.world import World, a_customer, a_point_with_meter


def nothing_was_ordered(world: World) -> bool:
    return (
        not Order.objects.exists()
        and not Consent.objects.exists()
        and not Command.objects.exists()
        and not Message.objects.exists()
        and world.fresh_port().desired == DesiredState.CLOSED
    )


def test_an_opening_records_the_consent_and_promises_a_date(world: World) -> None:
    order = world.order_opening()

    consent = Consent.objects.get()
    assert order.consent == consent
    assert order.status == OrderStatus.PLACED
    assert order.due_date == date(2026, 10, 8)
    assert consent.gsrn == world.point.gsrn
    assert consent.meter_serial == world.port.meter.serial
    assert consent.terms == world.terms
    assert set(consent.confirmed) == world.terms.statement_keys
    assert consent.security == SecurityPlacement.INSIDE_DWELLING
    assert consent.identified_level == "high"
    assert world.fresh_port().desired == DesiredState.OPEN
    assert world.newest_command().status == CommandStatus.QUEUED
    assert Message.objects.get().kind == MessageKind.ORDER_RECEIVED


def test_the_log_tells_the_whole_story(world: World) -> None:
    order = world.order_opening()

    assert order.consent is not None
    told = [
        *log.events_about(log.Subject("consent", order.consent.id)),
        *log.events_about(log.Subject("order", order.id)),
        *log.events_about(log.Subject("han_port", world.port.id)),
        *log.events_about(log.Subject("command", world.newest_command().id)),
    ]
    assert [event.what for event in told] == [
        "consent.given",
        "order.placed",
        "port.wanted",
        "command.queued",
    ]


@pytest.mark.parametrize("key", ["unencrypted", "responsibility", "open_the_port"])
def test_each_statement_must_be_confirmed(world: World, key: str) -> None:
    with pytest.raises(actions.ConsentIncomplete) as refusal:
        world.order_opening(agreement=world.agreement(without=frozenset({key})))

    assert refusal.value.missing == {key}
    assert nothing_was_ordered(world)


def test_an_unsecured_meter_is_refused_and_nothing_is_ordered(world: World) -> None:
    with pytest.raises(actions.ConsentIncomplete) as refusal:
        world.order_opening(agreement=world.agreement(security=None))

    assert refusal.value.missing == {"security"}
    assert nothing_was_ordered(world)


def test_an_old_login_must_be_renewed_before_consenting(world: World) -> None:
    with pytest.raises(actions.IdentificationTooOld):
        world.order_opening(
            identification=world.identification(age=timedelta(minutes=11))
        )

    assert nothing_was_ordered(world)


def test_only_the_holder_may_order(world: World) -> None:
    stranger = a_customer("K2", national_id="01908000230")

    with pytest.raises(actions.NotHolder):
        world.order_opening(customer=stranger)

    assert nothing_was_ordered(world)


def test_who_has_moved_out_is_no_holder_any_more(world: World) -> None:
    Holding.objects.update(ends_on=date(2026, 10, 5))

    with pytest.raises(actions.NotHolder):
        world.order_opening()


def test_a_meter_that_cannot_be_opened_is_said_so(world: World) -> None:
    capability = HanCapability.UNSUPPORTED
    point, _port = a_point_with_meter(
        world.customer, world.head_end, number=2, capability=capability
    )

    with pytest.raises(actions.MeterCannotOpen) as refusal:
        world.order_opening(metering_point=point)

    assert refusal.value.capability == capability
    assert nothing_was_ordered(world)


def test_a_second_opening_points_to_the_first(world: World) -> None:
    first = world.order_opening()

    with pytest.raises(actions.AlreadyOrdered) as refusal:
        world.order_opening()

    assert refusal.value.order == first
    assert Order.objects.count() == 1


def test_a_consent_is_never_edited(world: World) -> None:
    world.order_opening()

    with pytest.raises(DatabaseError, match="ended, never edited"):
        with transaction.atomic():
            Consent.objects.update(meter_serial="another")


def test_terms_are_never_changed(world: World) -> None:
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        type(world.terms).objects.update(body="Something else.")


def test_a_bell_that_fails_fails_no_order(
    committed_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_bell(**_ids: str) -> None:
        raise OperationalError("The broker is not there.")

    monkeypatch.setattr(tasks.dispatch_commands, "delay", broken_bell)

    order = committed_world.order_opening()

    assert order.status == OrderStatus.PLACED
    assert committed_world.newest_command().status == CommandStatus.QUEUED
