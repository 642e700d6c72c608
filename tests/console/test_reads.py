"""Every look at a person leaves one event, and no page costs more than its budget."""

from pytest_django import DjangoAssertNumQueries

from hanportal.audit import log
from tests.console.desk import CENTRE, Desk
from tests.orders.world import World, a_point_with_meter

MOST_QUERIES = 34
"""Of the caller's page; the session, the guard and its event are sixteen of them."""


def reads(desk: Desk) -> list[tuple[str, object]]:
    """What the agent is known to have looked at."""
    events = log.Event.objects.filter(
        chain=log.staff_reads_chain(desk.agent.id), what="page.viewed"
    ).order_by("sequence")
    return [(event.facts["page"], event.facts["subjects"]) for event in events]


def test_each_page_that_is_shown_leaves_one_event(world: World, desk: Desk) -> None:
    order = world.order_opening()
    customer = {"customer_id": str(desk.customer.id)}
    desk.get(f"{CENTRE}?q=Kari")
    desk.get(desk.caller)
    desk.get(desk.question("email"))
    desk.post(desk.question("email"), said="noe")
    desk.get(desk.question("email"))
    desk.get(f"{CENTRE}bestilling/{order.id}/")
    desk.get(f"{CENTRE}oppgaver/feilet/")
    asked = {**customer, "key": "email"}
    assert reads(desk) == [
        ("console.search", {}),
        ("console.caller", customer),
        ("console.question", asked),
        ("console.question", asked),
        ("console.order", {"order_id": str(order.id)}),
        ("console.queue", {"name": "feilet"}),
    ]


def test_what_was_searched_for_can_be_erased(desk: Desk) -> None:
    desk.get(f"{CENTRE}?q=Nordmann")
    event = log.Event.objects.get(chain=log.staff_reads_chain(desk.agent.id))
    assert "Nordmann" not in bytes(event.canonical).decode()


def test_the_callers_page_costs_the_same_for_one_point_and_for_many(
    world: World, desk: Desk, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    desk.pass_control()
    for number in range(2, 12):
        point, _port = a_point_with_meter(world.customer, world.head_end, number=number)
        world.order_opening(metering_point=point)
    with django_assert_max_num_queries(MOST_QUERIES):
        desk.get(desk.caller)


def test_a_search_costs_the_same_for_one_hit_and_for_many(
    world: World, desk: Desk, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(2, 12):
        a_point_with_meter(world.customer, world.head_end, number=number)
    with django_assert_max_num_queries(MOST_QUERIES):
        desk.get(f"{CENTRE}?q=Storgata")
