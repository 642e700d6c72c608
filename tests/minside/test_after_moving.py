"""What the pages say when people have moved or the meter was exchanged."""

from datetime import timedelta

from django.test import Client

from meters.models import Holding
from meters.states import HanCapability, ReportedState, ReportSource
from orders.models import Order
from tests.minside.conftest import LogIn
from tests.minside.test_orders import page_of
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
from tests.orders.world import World


def main_of(kari: Client, order: Order) -> str:
    """The page without what differs each time."""
    return page_of(kari, order).partition("<main")[2].partition("</main>")[0]


def points(kari: Client) -> str:
    return kari.get("/min-side/").content.decode()


def test_who_left_follows_the_closing_and_not_the_port_afterwards(
    world: World, kari: Client
) -> None:
    order = open_the_port(world)
    move_out(world)
    follow_register(world)
    shown = page_of(kari, order)
    assert "Porten stenges nå." in shown
    assert "Porten er åpen" not in shown.partition("Status for bestillingen")[0]

    meters_answer(world)
    assert "Måleren bekreftet at porten ble stengt" in page_of(kari, order)

    newcomer = somebody_else()
    move_in(newcomer, world.point, on=today(world))
    world.order_opening(customer=newcomer)
    before = main_of(kari, order)
    meters_answer(world)
    assert world.fresh_port().reported == ReportedState.OPEN
    assert main_of(kari, order) == before
    assert "Steng porten" not in before


def test_a_closing_of_who_left_does_not_follow_the_port_either(
    world: World, kari: Client
) -> None:
    open_the_port(world)
    closing = world.order_closing()
    meters_answer(world)
    move_out(world)
    before = main_of(kari, closing)
    port = world.fresh_port()
    port.observe(
        ReportedState.OPEN,
        at=world.now + timedelta(hours=1),
        source=ReportSource.EVENT,
    )

    assert main_of(kari, closing) == before
    assert "Porten ble stengt" in before


def test_an_order_that_a_move_ended_says_so(world: World, kari: Client) -> None:
    order = world.order_opening()
    move_out(world)
    follow_register(world)

    shown = page_of(kari, order)

    assert "Bestillingen er avsluttet" in shown
    assert "Avsluttet, fordi du har flyttet" in shown
    assert "En nyere bestilling" not in shown


def test_the_order_page_follows_the_meter_that_sits_there_now(
    world: World, kari: Client
) -> None:
    order = open_the_port(world)
    exchange(world, number=1)
    follow_register(world)
    waiting = main_of(kari, order)
    assert "Porten ble åpnet" in waiting
    assert "Måleren er byttet, og vi åpner porten på den nye." in waiting
    assert "Porten er åpen" not in waiting
    assert "Vi åpner porten" in points(kari)

    meters_answer(world)

    assert "Porten er åpen" in page_of(kari, order)
    assert "Porten er åpen" in points(kari)


def test_a_new_meter_that_waits_is_told_on_the_first_page(
    world: World, kari: Client
) -> None:
    order = open_the_port(world)
    exchange(world, number=1, capability=HanCapability.NEEDS_VISIT)
    follow_register(world)

    shown = points(kari)

    assert "Måleren er byttet, og porten på den nye er ikke åpnet." in page_of(
        kari, order
    )
    assert "Porten på den nye måleren er ikke åpen" in shown
    assert "Trekk samtykket tilbake" in shown
    assert "Steng porten" not in shown
    assert "Du har ikke bestilt åpning" not in shown


def test_a_known_move_out_is_announced_on_the_card(world: World, kari: Client) -> None:
    open_the_port(world)
    assert "Nettavtalen din her slutter" not in points(kari)
    move_out(world, on=today(world) + timedelta(days=57))

    shown = points(kari)

    assert "Nettavtalen din her slutter" in shown
    assert "tirsdag 1. desember 2026" in shown
    assert "Da avsluttes samtykket, og porten stenges." in shown


def test_a_move_out_without_a_consent_promises_no_closing(
    world: World, kari: Client
) -> None:
    move_out(world, on=today(world) + timedelta(days=57))

    shown = points(kari)

    assert "tirsdag 1. desember 2026" in shown
    assert "samtykket" not in shown.partition("slutter")[2].partition("</p>")[0]


def test_the_same_customers_next_period_is_no_move_out(
    world: World, kari: Client
) -> None:
    later = today(world) + timedelta(days=57)
    move_out(world, on=later)
    move_in(world.customer, world.point, on=later)
    assert "Nettavtalen din her slutter" not in points(kari)

    Holding.objects.filter(ends_on=None).update(ends_on=later + timedelta(days=31))
    assert "fredag 1. januar 2027" in points(kari)


def test_who_comes_afterwards_is_not_on_the_card(world: World, kari: Client) -> None:
    later = today(world) + timedelta(days=57)
    newcomer = somebody_else()
    newcomer.name = "Per Innflytter"
    newcomer.save(update_fields=["name"])
    move_out(world, on=later)
    move_in(newcomer, world.point, on=later)
    assert "Per Innflytter" not in points(kari)


def test_who_left_finds_their_orders_and_why_there_is_no_point(
    world: World, kari: Client
) -> None:
    order = open_the_port(world)
    move_out(world)
    follow_register(world)

    shown = points(kari)

    assert f"/min-side/bestilling/{order.id}/" in shown
    assert "Bestillingene og kvitteringene dine finner du fortsatt under." in shown


def test_who_moves_in_sees_the_open_port_being_closed(
    world: World, log_in: LogIn
) -> None:
    open_the_port(world)
    newcomer = somebody_else()
    move_out(world)
    move_in(newcomer, world.point, on=today(world))
    follow_register(world)

    shown = points(log_in(newcomer))

    assert "Den står åpen uten ditt samtykke. Vi stenger den" in shown
    assert "Vil du bruke porten selv, kan du bestille åpning i ditt navn." in shown
    assert "Vi har ikke noe samtykke fra deg" not in shown
