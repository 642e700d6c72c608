"""What waits for a module or a visit: what the agent says, and what staff do then."""

import re
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from hanportal.accounts.models import Role
from meters.models import Meter
from meters.states import HanCapability, ReportedState, ReportSource
from orders.models import Case, Order
from orders.states import FailureReason, OrderStatus
from tests.accounts.staff import logged_in, make_staff
from tests.console.desk import CENTRE, Desk
from tests.console.test_ordering import opening
from tests.orders.test_casework import a_rejected_closing
from tests.orders.world import NOW, World

SAKER = "/kundesenter/drift/saker/"


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def operator(world: World) -> Client:
    return logged_in(make_staff("olav", Role.OPERATOR))


def the_meter_is(world: World, capability: HanCapability) -> None:
    Meter.objects.filter(pk=world.port.meter_id).update(han_capability=capability)


def held(world: World, capability: HanCapability) -> Case:
    the_meter_is(world, capability)
    world.order_opening()
    return Case.objects.get()


def buttons(page: str) -> list[str]:
    return [
        verb
        for verb in (
            *("prov-igjen", "modul-sendt", "send-montor"),
            *("montor-apnet", "gi-opp", "lukk"),
        )
        if f'/{verb}/"' in page
    ]


def page_of(browser: Client, case: Case) -> str:
    answer = browser.get(f"{SAKER}{case.id}/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("capability", "said"),
    [
        (HanCapability.NEEDS_MODULE, "Vi sender den i posten med en veiledning"),
        (HanCapability.NEEDS_VISIT, "En montør må besøke måleren."),
    ],
)
def test_an_agent_says_what_happens_and_the_order_is_held(
    world: World, desk: Desk, capability: HanCapability, said: str
) -> None:
    the_meter_is(world, capability)
    desk.pass_control()
    assert said in desk.get(opening(desk, world))

    answer = desk.post(opening(desk, world), **desk.agreement(world.terms))

    order = Order.objects.get()
    assert order.status == OrderStatus.ON_HOLD
    assert answer.headers["Location"] == f"{CENTRE}bestilling/{order.id}/"
    shown = desk.get(f"{CENTRE}bestilling/{order.id}/")
    assert "Venter på at" in shown


def test_an_agent_takes_back_what_waits(world: World, desk: Desk) -> None:
    held(world, HanCapability.NEEDS_MODULE)
    desk.pass_control()

    desk.post(opening(desk, world).replace("/apne/", "/steng/"))

    assert Order.objects.get().status == OrderStatus.CANCELLED


def test_a_module_is_sent_from_the_queue(world: World, operator: Client) -> None:
    case = held(world, HanCapability.NEEDS_MODULE)
    listed = operator.get(f"{SAKER}?slag=order_needs_module").content.decode()
    assert str(case.id) in listed
    assert buttons(page_of(operator, case)) == ["modul-sendt", "send-montor", "gi-opp"]
    assert "Er modulen sendt?" in (
        operator.get(f"{SAKER}{case.id}/modul-sendt/").content.decode()
    )

    operator.post(f"{SAKER}{case.id}/modul-sendt/")

    page = page_of(operator, case)
    assert re.search(r"Modulen ble sendt <time[^>]*>5\. oktober 2026", page)
    assert buttons(page) == ["send-montor", "gi-opp"]
    assert operator.post(f"{SAKER}{case.id}/modul-sendt/").status_code == 409


def test_a_fitter_is_sent_and_has_been_there(world: World, operator: Client) -> None:
    case = held(world, HanCapability.NEEDS_VISIT)
    operator.post(f"{SAKER}{case.id}/send-montor/")
    assert str(case.id) in operator.get(f"{SAKER}?vis=besok").content.decode()
    assert buttons(page_of(operator, case)) == ["montor-apnet", "gi-opp"]

    operator.post(f"{SAKER}{case.id}/montor-apnet/")

    assert Order.objects.get().status == OrderStatus.COMPLETED
    assert world.fresh_port().reported == ReportedState.OPEN
    assert buttons(page_of(operator, case)) == []


def test_what_cannot_be_done_is_given_up_with_a_reason(
    world: World, operator: Client
) -> None:
    case = held(world, HanCapability.NEEDS_VISIT)
    address = f"{SAKER}{case.id}/gi-opp/"
    assert operator.post(address, {"note": " "}).status_code == 422

    operator.post(address, {"note": "Skapet er låst av utleier."})

    assert Order.objects.get().failure_reason == FailureReason.NOT_POSSIBLE
    assert "Skapet er låst av utleier." in page_of(operator, case)
    assert operator.post(address, {"note": "En gang til."}).status_code == 409


def test_the_case_of_what_waits_cannot_be_closed(
    world: World, operator: Client
) -> None:
    case = held(world, HanCapability.NEEDS_MODULE)

    answer = operator.post(
        f"{SAKER}{case.id}/lukk/", {"end": "handled", "note": "Ferdig."}
    )

    assert answer.status_code == 409
    assert "Bestillingen venter fortsatt." in answer.content.decode()
    assert not Case.objects.get().is_settled


def test_a_closing_that_a_fitter_did_is_entered_where_it_is_lacking(
    world: World, operator: Client
) -> None:
    case = a_rejected_closing(world)
    verb = f"{SAKER}{case.id}/montor-stengt/"
    assert verb in page_of(operator, case)
    assert "Har montøren stengt porten?" in operator.get(verb).content.decode()

    assert operator.post(verb).status_code == 302

    port = world.fresh_port()
    assert (port.reported, port.reported_source) == (
        ReportedState.CLOSED,
        ReportSource.FITTER,
    )
    assert verb not in page_of(operator, case)
    assert operator.post(verb).status_code == 409
