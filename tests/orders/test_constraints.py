"""What must be true is refused by the database itself, whoever asks."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from meters.models import HanPort
from orders.models import Command, Consent, Order
from orders.states import OrderStatus
from tests.orders.world import NOW, World


def refused(statement: str) -> str:
    """The database's answer to a statement that bypasses the models."""
    with pytest.raises(DatabaseError) as refusal:
        run(statement)
    return str(refusal.value)


@transaction.atomic
def run(statement: str) -> None:
    """Run it as far as a commit would."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def ordered(world: World) -> World:
    """A world with an opening ordered, its deferred constraints already checked."""
    world.order_opening()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return world


def test_two_live_orders_for_one_point(ordered: World) -> None:
    order = Order.objects.get()
    order.pk = None

    with pytest.raises(DatabaseError, match="order_one_live_per_point"):
        with transaction.atomic():
            Order.objects.bulk_create([order])


def test_an_opening_without_a_consent(ordered: World) -> None:
    answer = refused("UPDATE orders_order SET consent_id = NULL")

    assert "order_opening_rests_on_a_consent" in answer


def test_a_command_to_open_without_a_consent(ordered: World) -> None:
    answer = refused("UPDATE orders_command SET consent_id = NULL")

    assert "command_opening_rests_on_a_consent" in answer


def test_completed_without_the_meters_word(ordered: World) -> None:
    answer = refused("UPDATE orders_order SET status='completed', ended_at=now()")

    assert "order_completed_only_when_the_meter_confirmed" in answer


def test_two_live_commands_for_one_meter(ordered: World) -> None:
    command = Command.objects.get()
    command.pk = None

    with pytest.raises(DatabaseError, match="command_one_live_per_meter"):
        with transaction.atomic():
            Command.objects.bulk_create([command])


def test_a_consent_without_a_way_of_securing_the_meter(ordered: World) -> None:
    consent = Consent.objects.get()
    consent.pk = None
    consent.security = "outdoors"

    with pytest.raises(DatabaseError, match="how_the_meter_is_secured"):
        with transaction.atomic():
            Consent.objects.bulk_create([consent])


def test_a_consent_that_is_deleted(ordered: World) -> None:
    assert "never changed" in refused("DELETE FROM orders_consent")


def test_a_port_reported_without_time_and_source(ordered: World) -> None:
    answer = refused("UPDATE meters_hanport SET reported = 'open'")

    assert "han_port_report_has_its_time_and_source" in answer


def test_a_change_without_a_trace(committed_world: World) -> None:
    committed_world.order_opening()

    with pytest.raises(DatabaseError, match="wrote no event to the audit log"):
        Order.objects.update(due_date=NOW.date() + timedelta(days=9))
    with pytest.raises(DatabaseError, match="wrote no event to the audit log"):
        Consent.objects.update(ended_at=NOW, end_reason="withdrawn")

    assert Order.objects.get().status == OrderStatus.PLACED
    assert Consent.objects.get().ended_at is None


def test_a_rolled_back_change_leaves_neither_row_nor_event(
    committed_world: World,
) -> None:
    world = committed_world

    @transaction.atomic
    def order_and_fail() -> None:
        world.order_opening()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        order_and_fail()

    assert not Order.objects.exists()
    assert HanPort.objects.get(pk=world.port.pk).generation == 0
