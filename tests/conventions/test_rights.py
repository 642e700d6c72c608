"""Who may do what: every route, every method, everybody, as rights.toml says.

A route without a row fails, so a new page is not open to anybody by accident.
"""

import tomllib
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.http import HttpResponseBase

from hanportal.audit.log import Event
from tests.conventions.rights_world import (
    MACHINES,
    PEOPLE,
    RightsWorld,
    build_rights_world,
    every_route,
)
from tests.orders.world import NOW

RIGHTS: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
    Path(__file__).with_name("rights.toml").read_text(encoding="utf-8")
)
ROUTES = dict(every_route())
METHODS = ("GET", "POST")
FORM = "role=auditor"
CONTENT_TYPE = "application/x-www-form-urlencoded"
REST = "everybody else"
CUSTOMERS = "all customers"
SAME_AS = {
    "representative": "customer",
    "former_representative": "not_a_customer",
}
OUTCOMES = {
    200: "page",
    204: "done",
    400: "not understood",
    401: "not proven",
    403: "forbidden",
    404: "hidden",
    405: "no such method",
    409: "refused",
    415: "not JSON",
    503: "unavailable",
}
UNWRITTEN = {"staff_home", "staff_security", "staff_add_factor", "staff_step_up"}
"""Pages about the person themselves: looking at oneself is not written down."""


@pytest.fixture
def world(db: None) -> Any:
    """One of everything, while the clock stands still."""
    with time_machine.travel(NOW, tick=False):
        yield build_rights_world()


def outcome(response: HttpResponseBase) -> str:
    """What happened, in the words of the table."""
    if response.status_code in {301, 302, 303}:
        path = response["Location"].partition("?")[0]
        known = {"/logg-inn/": "customer login", "/ansatt/logg-inn/": "staff login"}
        return known.get(path, "led on")
    return OUTCOMES.get(response.status_code, str(response.status_code))


def ask(world: RightsWorld, route: str, method: str, person: str) -> str:
    """What this person gets, with everything put back as it was afterwards."""
    address = world.address(route, ROUTES[route])
    browser = world.browsers[person]
    cookies = browser.cookies.output(header="")
    with transaction.atomic():
        response = browser.generic(method, address, FORM, CONTENT_TYPE)
        list(getattr(response, "streaming_content", ()))
        transaction.set_rollback(True)
    browser.cookies = SimpleCookie(cookies)
    return outcome(response)


def expected(route: str, method: str) -> dict[str, str]:
    """The table's row, with the rest of the people filled in.

    Who acts for the customer gets what the customer gets, and who no longer may gets
    what a stranger with an eID gets, unless the row says otherwise.
    """
    row = dict(RIGHTS[route][method])
    rest, group = row.pop(REST), row.pop(CUSTOMERS, None)
    grouped = dict.fromkeys(PEOPLE[1:6], group) if group else {}
    for person, same_as in SAME_AS.items():
        if same_as in row:
            row.setdefault(person, row[same_as])
    machines = dict.fromkeys(MACHINES, row.get("anonymous", rest))
    return dict.fromkeys(PEOPLE, rest) | grouped | machines | row


def test_every_route_has_its_rows_and_no_row_lacks_its_route() -> None:
    assert sorted(RIGHTS) == sorted(ROUTES)
    assert {route: sorted(rows) for route, rows in RIGHTS.items()} == {
        route: sorted(METHODS) for route in ROUTES
    }


def test_the_table_names_nobody_who_does_not_exist() -> None:
    named = {who for rows in RIGHTS.values() for row in rows.values() for who in row}

    assert named - set(PEOPLE) == {REST, CUSTOMERS}
    assert set(MACHINES) < named


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", sorted(ROUTES))
def test_everybody_gets_what_the_table_says(
    world: RightsWorld, route: str, method: str
) -> None:
    got = {person: ask(world, route, method, person) for person in PEOPLE}

    assert got == expected(route, method)


def test_nothing_else_than_getting_and_posting_is_answered(world: RightsWorld) -> None:
    answered = {
        (route, method)
        for route in ROUTES
        for method in ("PUT", "PATCH", "DELETE")
        for person in ("anonymous", "customer", "administrator")
        if ask(world, route, method, person) != "no such method"
    }

    assert answered == set()


@pytest.mark.parametrize(
    ("route", "person"),
    [
        (route, person)
        for route in sorted(ROUTES)
        for person in ("agent", "auditor", "administrator")
        if RIGHTS.get(route, {}).get("GET", {}).get(person) == "page"
    ],
)
def test_each_page_that_staff_look_at_is_written_down_once(
    world: RightsWorld, route: str, person: str
) -> None:
    address = world.address(route, ROUTES[route])
    before = Event.objects.filter(what="page.viewed").count()

    world.browsers[person].get(address)

    written = Event.objects.filter(what="page.viewed").count() - before
    assert written == (0 if route in UNWRITTEN else 1)
