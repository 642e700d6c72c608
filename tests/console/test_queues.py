"""The work lists: what is due, what is late, what failed; filters are addresses."""

import re
from datetime import timedelta

import time_machine

from hanportal.audit import log
from orders.models import Case, Order
from orders.states import CaseKind
from tests.console.desk import CENTRE, Desk
from tests.orders.world import NOW, World, a_point_with_meter

DUE = NOW + timedelta(days=3)
REFERENCE = re.compile(r"HAN-\w{4}-\w{4}")


def listed(desk: Desk, path: str) -> list[str]:
    return REFERENCE.findall(desk.get(f"{CENTRE}oppgaver/{path}"))


def test_an_order_is_due_on_its_day_and_late_after_it(world: World, desk: Desk) -> None:
    reference = world.order_opening().placement.reference
    assert listed(desk, "forfaller/") == []
    with time_machine.travel(DUE, tick=False):
        desk.log_in()
        assert listed(desk, "forfaller/") == [reference]
        assert listed(desk, "forsinket/") == []
    with time_machine.travel(DUE + timedelta(days=1), tick=False):
        desk.log_in()
        assert listed(desk, "forfaller/") == []
        assert listed(desk, "forsinket/") == [reference]
        assert listed(desk, "forsinket/?type=open") == [reference]
        assert listed(desk, "forsinket/?type=close") == []


def test_an_open_case_is_in_the_list_of_what_failed(world: World, desk: Desk) -> None:
    order = world.order_opening()
    Case.open_for_port(
        CaseKind.COMMAND_DEAD,
        command=world.newest_command(),
        detail="tried in vain",
        by=log.Actor(log.ActorKind.SYSTEM, "test"),
        at=NOW,
    )
    assert listed(desk, "feilet/") == [order.placement.reference]
    assert listed(desk, "feilet/?type=close") == []


def test_a_long_list_has_pages_that_miss_nothing(world: World, desk: Desk) -> None:
    placed = [world.order_opening()]
    for number in range(2, 31):
        point, _port = a_point_with_meter(world.customer, world.head_end, number=number)
        placed.append(world.order_opening(metering_point=point))
    with time_machine.travel(DUE, tick=False):
        desk.log_in()
        first = desk.get(f"{CENTRE}oppgaver/forfaller/")
        (following,) = re.findall(r'href="([^"]*etter=[^"]*)"', first)
        second = desk.get(following)
    found = REFERENCE.findall(first) + REFERENCE.findall(second)
    assert len(found) == 30
    assert set(found) == {order.placement.reference for order in placed}
    assert "etter=" not in second
    assert Order.objects.count() == 30


def test_a_place_that_we_never_gave_out_is_not_found(desk: Desk) -> None:
    for path in ("forfaller/?etter=i-morgen", "feilet/?type=alt", "alt/"):
        assert desk.client.get(f"{CENTRE}oppgaver/{path}").status_code == 404
