"""One box finds whoever rings, by whatever they can say, and gives no answer away."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hanportal.accounts.models import Customer
from hanportal.console.search import Group, callers_at, find
from tests.orders.world import World, a_point_with_meter, build_world

TODAY = date(2026, 10, 5)
MOST_QUERIES = 9


@pytest.fixture
def world(db: None) -> World:
    """Kari Nordmann at Storgata 1, with a telephone."""
    world = build_world()
    called(world.customer, "Kari Nordmann", phone="+4791234567")
    return world


def called(customer: Customer, name: str, **facts: object) -> Customer:
    """The register says something else about the customer."""
    Customer.objects.filter(pk=customer.pk).update(name=name, **facts)
    customer.refresh_from_db()
    return customer


def groups(typed: str) -> dict[Group, list[str]]:
    """The names that were found, by group."""
    return {
        found.group: [hit.customer.name for hit in found.hits if hit.customer]
        for found in find(typed, today=TODAY)
    }


@pytest.mark.parametrize(
    "typed",
    ["Kari", "kari nordm", "KARI  NORDMANN", "Nordmann", "nordmann kari", "Nord"],
)
def test_a_name_is_found_from_either_end(world: World, typed: str) -> None:
    assert groups(typed) == {Group.NAME: ["Kari Nordmann"]}


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Åse Ødegård", "åse ød"),
        ("Åse Ødegård", "ÅSE"),
        ("Åse Ødegård", "ØDEGÅRD"),
        ("Anne-Lise Hoel", "anne lise"),
        ("Anne-Lise Hoel", "Anne-Lise"),
        ("André Bråten", "andre"),
        ("100 % Strøm AS", "100 % s"),
    ],
)
def test_letters_are_folded_alike_in_the_register_and_the_box(
    world: World, name: str, typed: str
) -> None:
    called(world.customer, name)
    assert groups(typed)[Group.NAME] == [name]


@pytest.mark.parametrize(
    "typed", ["ari", "%ari", "_ari", "K", "%", "''", "[", "http://["]
)
def test_a_name_is_not_found_from_its_middle(world: World, typed: str) -> None:
    assert groups(typed) == {}


@pytest.mark.parametrize(
    "typed",
    ["91234567", "912 34 567", "+47 91 23 45 67", "004791234567", "(+47) 912-34-567"],
)
def test_a_phone_number_is_found_in_any_form(world: World, typed: str) -> None:
    assert groups(typed) == {Group.PHONE: ["Kari Nordmann"]}
    assert callers_at(typed) == [world.customer]


def test_no_number_rings_for_those_who_have_none(world: World) -> None:
    called(world.customer, "Kari Nordmann", phone="")
    assert [callers_at(ring) for ring in ("", " ", "anonym", "-----")] == [[]] * 4


def test_a_point_a_meter_and_a_customer_number_are_found_whole(world: World) -> None:
    gsrn, serial = world.point.gsrn, world.port.meter.serial
    in_fours = " ".join(gsrn[at : at + 4] for at in range(0, 18, 4))
    assert groups(gsrn) == {Group.GSRN: ["Kari Nordmann"]}
    assert groups(in_fours) == {Group.GSRN: ["Kari Nordmann"]}
    assert groups(serial) == {Group.SERIAL: ["Kari Nordmann"]}
    assert groups("K1") == {Group.CUSTOMER_NUMBER: ["Kari Nordmann"]}
    assert groups(gsrn[:-1]) == {}
    assert groups(serial[:-1]) == {}


def test_an_order_is_found_by_its_reference_however_it_is_spelt(world: World) -> None:
    order = world.order_opening()
    reference = order.placement.reference
    for typed in (
        reference,
        reference.lower(),
        reference[4:],
        reference[4:].replace("-", " "),
    ):
        assert [hit.order for hit in find(typed, today=TODAY)[0].hits] == [order]
    assert order.consent is not None
    (found,) = find(order.consent.receipt_number, today=TODAY)
    assert [hit.order for hit in found.hits] == [order]


def test_a_pasted_address_of_a_page_leads_to_whom_it_is_about(world: World) -> None:
    order = world.order_opening()
    on_min_side = f"https://han.example/min-side/bestilling/{order.id}/?fra=epost"
    point = f"https://han.example/min-side/malepunkt/{world.point.id}/apne/"
    assert groups(on_min_side) == {Group.PAGE: ["Kari Nordmann"]}
    assert groups(point) == {Group.PAGE: ["Kari Nordmann"]}
    assert groups("https://han.example/finnes-ikke/") == {}


@pytest.mark.parametrize("typed", ["Storgata 1", "storgata", "Storgata 1, 0155 Oslo"])
def test_an_address_is_found_and_not_shown(world: World, typed: str) -> None:
    (found,) = find(typed, today=TODAY)
    assert found.group == Group.ADDRESS
    assert [(hit.customer, hit.places) for hit in found.hits] == [
        (world.customer, ("Oslo",))
    ]


def test_another_postal_code_is_another_street(world: World) -> None:
    assert groups("Storgata 1, 5003 Bergen") == {}


def test_a_protected_address_finds_nobody_and_is_in_no_list(world: World) -> None:
    called(world.customer, "Kari Nordmann", has_protected_address=True)
    assert groups("Storgata 1") == {}
    (by_name,) = find("Kari", today=TODAY)
    assert [(hit.customer, hit.places) for hit in by_name.hits] == [
        (world.customer, ())
    ]


def test_a_point_that_nobody_holds_is_found_without_a_person(world: World) -> None:
    world.point.holdings.update(ends_on=date(2026, 9, 1))
    (found,) = find(world.point.gsrn, today=TODAY)
    assert [hit.customer for hit in found.hits] == [None]


def test_who_has_moved_is_not_found_at_the_old_address(world: World) -> None:
    world.point.holdings.update(ends_on=TODAY)
    assert groups("Storgata 1") == {}


def test_many_of_one_name_are_cut_and_said_to_be(world: World) -> None:
    rows = [
        Customer(
            customer_number=f"N{number}",
            kind="organisation",
            organisation_number=f"{number:09}",
            name=f"Fjordlag {number:03}",
        )
        for number in range(30)
    ]
    Customer.objects.bulk_create(rows)
    (found,) = find("fjordlag", today=TODAY)
    assert len(found.hits) == 20
    assert found.has_more
    assert found.hits[0].customer is not None
    assert found.hits[0].customer.name == "Fjordlag 000"


def test_a_search_costs_few_queries_and_scans_no_table(world: World) -> None:
    a_point_with_meter(world.customer, world.head_end, number=2)
    with CaptureQueriesContext(connection) as queries:
        find("Storgata 1", today=TODAY)
    assert len(queries) <= MOST_QUERIES
    assert scanned(queries) == set()


def test_numbers_scan_no_table(world: World) -> None:
    with CaptureQueriesContext(connection) as queries:
        for typed in ("91234567", world.point.gsrn, world.port.meter.serial):
            find(typed, today=TODAY)
    assert scanned(queries) == set()


def scanned(queries: CaptureQueriesContext) -> set[str]:
    """Tables that PostgreSQL would read whole, if it could help it."""
    plans = ""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in queries.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plans += "\n".join(line for (line,) in cursor.fetchall())
    return {
        line.split(" on ")[1].split()[0]
        for line in plans.splitlines()
        if "Seq Scan on" in line
    }


def test_the_commonest_name_is_read_in_the_order_of_the_index(world: World) -> None:
    with CaptureQueriesContext(connection) as queries:
        groups("Kari")
    by_name = next(
        q["sql"] for q in queries.captured_queries if "search_key(" in q["sql"]
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {by_name}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Sort" not in plan
    assert "Index Scan using console_customer_name on" in plan
