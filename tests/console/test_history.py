"""The history of a caller's point: theirs whole, of others nothing that names them."""

from datetime import timedelta

from pytest_django import DjangoAssertNumQueries

from hanportal.accounts.models import Customer
from hanportal.audit import log
from meters.states import HanCapability
from orders.models import Consent, Order
from tests.accounts.representing import a_representation
from tests.console.desk import Desk
from tests.orders.life import (
    exchange,
    follow_register,
    meters_answer,
    move_in,
    move_out,
    open_the_port,
    somebody_else,
    today,
)
from tests.orders.world import NOW, World

MOST_QUERIES = 32


def address(desk: Desk, world: World) -> str:
    return f"{desk.caller}malepunkt/{world.point.id}/historikk/"


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def a_predecessor(world: World) -> Customer:
    """Somebody had the port open here until Kari moved in, ten days ago."""
    before = somebody_else()
    Customer.objects.filter(pk=before.pk).update(
        name="Per Forgjenger", customer_number="FORGJENGER-1"
    )
    before.refresh_from_db()
    world.now = NOW - timedelta(days=20)
    move_out(world, on=today(world) - timedelta(days=400))
    move_in(before, world.point, on=today(world) - timedelta(days=400))
    world.order_opening(customer=before)
    meters_answer(world)
    world.now = NOW - timedelta(days=10)
    before.holdings.update(ends_on=today(world))
    move_in(world.customer, world.point, on=today(world))
    follow_register(world)
    meters_answer(world)
    world.now = NOW
    return before


def test_the_agent_sees_meters_port_and_orders_there(world: World, desk: Desk) -> None:
    order = open_the_port(world)
    world.now += timedelta(days=1)
    exchange(world, number=3, capability=HanCapability.NEEDS_VISIT)
    follow_register(world)
    desk.pass_control()
    page = desk.get(address(desk, world))
    for told in (
        "Kunden har nettavtalen fra",
        order.placement.reference,
        Consent.objects.get().receipt_number,
        "Målerbytte",
        "Kaifa MA304",
        "Aidon 6525",
        "Meldt åpen av måleren",
        "Skal være åpen",
    ):
        assert told in page, told


def test_of_who_was_there_before_no_name_or_number_is_shown(
    world: World, desk: Desk
) -> None:
    before = a_predecessor(world)
    theirs = Order.objects.get()
    mine = world.order_opening()
    desk.pass_control()
    page = main_of(desk.get(address(desk, world)))
    assert mine.placement.reference in page
    assert page.count("Før kunden") >= 2
    leaks = (
        before.name,
        before.customer_number,
        theirs.placement.reference,
        str(theirs.id),
        Consent.objects.get(customer=before).receipt_number,
        "kunden har flyttet",
        "Utflytting",
    )
    assert [leak for leak in leaks if leak in page] == []


def test_nothing_is_shown_before_the_control_or_after_the_call(
    world: World, desk: Desk
) -> None:
    open_the_port(world)
    assert desk.client.get(address(desk, world)).status_code == 409
    desk.pass_control()
    desk.get(address(desk, world))
    desk.post(f"{desk.caller}avslutt/")
    assert desk.client.get(address(desk, world)).status_code == 409


def test_who_has_left_has_no_history_there(world: World, desk: Desk) -> None:
    move_out(world)
    desk.pass_control()
    assert desk.client.get(address(desk, world)).status_code == 404


def test_a_known_move_out_is_told(world: World, desk: Desk) -> None:
    move_out(world, on=today(world) + timedelta(days=57))
    desk.pass_control()
    page = desk.get(address(desk, world))
    assert "tirsdag 1. desember 2026" in page
    assert "Da avsluttes samtykket, og porten stenges." in page


def test_a_protected_address_is_not_shown(world: World, desk: Desk) -> None:
    desk.pass_control()
    Customer.objects.filter(pk=world.customer.pk).update(has_protected_address=True)
    assert "Storgata" not in desk.get(address(desk, world))


def test_a_representative_is_named(world: World, desk: Desk) -> None:
    right = a_representation(world.customer)
    world.order_opening(representation=right)
    desk.pass_control()
    assert f"bestilt av {right.name}" in desk.get(address(desk, world))


def test_looking_is_written_down_on_the_customer(world: World, desk: Desk) -> None:
    desk.pass_control()
    desk.get(address(desk, world))
    looks = log.Event.objects.reads_of(log.Subject("customer", desk.customer.id))
    assert looks[0].facts["page"] == "console.history"


def test_a_long_history_costs_no_more(
    world: World, desk: Desk, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    a_predecessor(world)
    world.order_opening()
    for number in range(3, 8):
        world.now += timedelta(days=1)
        exchange(world, number=number)
        follow_register(world)
    desk.pass_control()
    with django_assert_max_num_queries(MOST_QUERIES):
        desk.get(address(desk, world))
