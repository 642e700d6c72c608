"""The first page says whether the port is open, and never says more than it knows."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from meters.models import Holding
from meters.states import HanCapability, ReportedState, ReportSource
from orders import fulfilment
from orders.fulfilment.callbacks import apply_report
from tests.minside.conftest import LogIn
from tests.orders.world import World, a_customer, a_point_with_meter

MOST_QUERIES = 12


def states(page: str) -> list[str]:
    """The states of the ports on the page, in order."""
    return re.findall(r'data-state="(\w+)"', page)


def get(client: Client, path: str = "/min-side/") -> str:
    return client.get(path).content.decode()


def observe(world: World, state: ReportedState) -> None:
    world.fresh_port().observe(state, at=world.now, source=ReportSource.READ_BACK)


def complete(world: World, state: ReportedState) -> None:
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )
    report = world.event(world.newest_command(), state)
    apply_report(report, head_end=world.head_end, clock=world.clock)


def test_a_port_that_nobody_asked_about_is_not_called_closed(
    world: World, kari: Client
) -> None:
    page = get(kari)
    assert states(page) == ["never_ordered"]
    assert f"/min-side/malepunkt/{world.point.id}/apne/" in page


@pytest.mark.parametrize(
    ("reported", "state"),
    [(ReportedState.OPEN, "open"), (ReportedState.CLOSED, "closed")],
)
def test_the_page_says_what_the_meter_said(
    world: World, kari: Client, reported: ReportedState, state: str
) -> None:
    observe(world, reported)
    assert states(get(kari)) == [state]


def test_an_open_port_without_consent_is_told_and_can_be_closed(
    world: World, kari: Client
) -> None:
    observe(world, ReportedState.OPEN)
    page = get(kari)
    assert "Vi har ikke noe samtykke fra deg for denne porten." in page
    assert f"/min-side/malepunkt/{world.point.id}/steng/" in page


def test_accepted_by_the_head_end_is_not_open(world: World, kari: Client) -> None:
    world.order_opening()
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )
    page = get(kari)
    assert states(page) == ["opening"]
    assert "Porten er åpen" not in page


def test_open_is_told_when_the_meter_has_confirmed_and_since_when(
    world: World, kari: Client
) -> None:
    world.order_opening()
    complete(world, ReportedState.OPEN)
    page = get(kari)
    assert states(page) == ["open"]
    assert "5. oktober 2026 kl. 12.00" in page


def test_silence_of_the_meter_is_told_as_not_knowing(
    world: World, kari: Client
) -> None:
    world.order_opening()
    complete(world, ReportedState.OPEN)
    observe(world, ReportedState.UNKNOWN)
    assert states(get(kari)) == ["unknown"]


def test_a_meter_that_cannot_be_opened_has_no_order_button(
    world: World, log_in: LogIn
) -> None:
    other = a_customer("K2", national_id="01908000249")
    point, _port = a_point_with_meter(
        other, world.head_end, number=2, capability=HanCapability.UNSUPPORTED
    )
    client = log_in(other)
    assert "Se hva måleren trenger" in get(client)
    before = get(client, f"/min-side/malepunkt/{point.id}/apne/")
    assert "Denne porten kan ikke bestilles her ennå" in before
    assert "/apne/vilkar/" not in before


def test_only_todays_points_are_shown(world: World, log_in: LogIn) -> None:
    stranger = a_customer("K2", national_id="01908000249")
    a_point_with_meter(stranger, world.head_end, number=7)
    a_point_with_meter(world.customer, world.head_end, number=3)
    moved_from, _port = a_point_with_meter(world.customer, world.head_end, number=4)
    Holding.objects.filter(metering_point=moved_from).update(ends_on=world.now.date())
    page = get(log_in(world.customer))
    shown = re.findall(r'<p class="hk-quiet" id="sted-[^"]+">(Storgata \d)', page)
    assert shown == ["Storgata 1", "Storgata 3"]


def test_who_holds_nothing_is_told_what_to_do(world: World, log_in: LogIn) -> None:
    nobody = a_customer("K2", national_id="01908000249")
    page = get(log_in(nobody))
    assert states(page) == []
    assert "Vi finner ingen målepunkter på deg i dag" in page


def test_many_points_cost_no_more_queries_than_one(
    world: World,
    log_in: LogIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(2, 12):
        a_point_with_meter(world.customer, world.head_end, number=number)
    client = log_in(world.customer)
    with django_assert_max_num_queries(MOST_QUERIES):
        page = get(client)
    assert states(page) == ["never_ordered"] * 11


def test_who_is_not_logged_in_is_led_to_the_login_and_back(world: World) -> None:
    answer = Client().get("/min-side/")
    assert answer.status_code == 302
    assert answer["Location"] == "/logg-inn/?next=%2Fmin-side%2F"


def test_who_is_no_customer_gets_a_page_that_says_what_to_do(
    world: World, log_in: LogIn
) -> None:
    answer = log_in(None).get("/min-side/")
    assert answer.status_code == 403
    assert "Vi finner deg ikke som kunde" in answer.content.decode()


def test_pages_of_a_customer_are_kept_by_no_cache(kari: Client) -> None:
    assert "no-store" in kari.get("/min-side/")["Cache-Control"]


def test_a_future_holding_shows_nothing_yet(world: World, log_in: LogIn) -> None:
    buyer = a_customer("K2", national_id="01908000249")
    point, _port = a_point_with_meter(buyer, world.head_end, number=5)
    tomorrow: date = world.now.date() + timedelta(days=1)
    Holding.objects.filter(metering_point=point).update(starts_on=tomorrow)
    assert states(get(log_in(buyer))) == []
