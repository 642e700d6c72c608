"""A customer's own part of a point's history, and nothing of who was there before."""

import re
from datetime import timedelta

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.accounts.representing import a_representation
from tests.minside.conftest import LogIn
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

MOST_QUERIES = 14


def main_of(client: Client, world: World) -> str:
    answer = client.get(f"/min-side/malepunkt/{world.point.id}/historikk/")
    assert answer.status_code == 200
    html: str = answer.content.decode()
    return html.partition("<main")[2].partition("</main>")[0]


def words(page: str) -> list[str]:
    """What happened, in the order of the page."""
    return re.findall(r"<strong>([^<]+)</strong>", page)


def test_it_tells_everything_of_the_customers_own_time(
    world: World, kari: Client
) -> None:
    order = open_the_port(world)
    world.now += timedelta(hours=1)
    world.order_closing()
    meters_answer(world)
    page = main_of(kari, world)
    assert sorted(words(page)) == [
        "Du overtok nettavtalen",
        "Porten ble stengt",
        "Porten ble åpnet",
        "Samtykke gitt",
        "Samtykket avsluttet",
        "Stenging bestilt",
        "Åpning bestilt",
    ]
    assert words(page)[-1] == "Du overtok nettavtalen"
    assert order.placement.reference in page


def test_of_who_was_there_before_nothing_is_told(world: World, log_in: LogIn) -> None:
    world.now = NOW - timedelta(days=5)
    before = open_the_port(world)
    world.now = NOW
    newcomer = somebody_else()
    move_out(world, on=today(world) - timedelta(days=2))
    move_in(newcomer, world.point, on=today(world) - timedelta(days=2))
    follow_register(world)
    page = main_of(log_in(newcomer), world)
    assert words(page) == [
        "Porten sto åpen uten ditt samtykke",
        "Du overtok nettavtalen",
    ]
    assert before.consent is not None
    leaks = (
        before.placement.reference,
        before.consent.receipt_number,
        world.customer.name,
    )
    assert [leak for leak in leaks if leak in page] == []


def test_a_meter_from_before_the_customer_is_not_told_as_an_exchange(
    world: World, kari: Client
) -> None:
    assert words(main_of(kari, world)) == ["Du overtok nettavtalen"]


def test_an_exchange_and_the_opening_on_the_new_meter_are_told(
    world: World, kari: Client
) -> None:
    open_the_port(world)
    exchange(world, number=3)
    follow_register(world)
    world.now += timedelta(minutes=5)
    meters_answer(world)
    page = main_of(kari, world)
    assert words(page).count("Porten ble åpnet") == 2
    assert "Måleren ble byttet" in words(page)
    assert "Kaifa MA304" in page


def test_who_has_left_or_never_was_there_finds_no_history(
    world: World, kari: Client, log_in: LogIn
) -> None:
    address = f"/min-side/malepunkt/{world.point.id}/historikk/"
    assert log_in(somebody_else()).get(address).status_code == 404
    move_out(world)
    assert kari.get(address).status_code == 404


def test_who_ordered_for_the_customer_is_named(world: World, kari: Client) -> None:
    right = a_representation(world.customer)
    world.order_opening(representation=right)
    assert f"Bestilt av {right.name}" in main_of(kari, world)


def test_a_long_history_costs_no_more(
    world: World, kari: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    open_the_port(world)
    for number in range(3, 8):
        world.now += timedelta(days=1)
        exchange(world, number=number)
        follow_register(world)
    with django_assert_max_num_queries(MOST_QUERIES):
        main_of(kari, world)
