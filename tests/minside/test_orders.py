"""The order page is tracker and receipt; closing and cancelling are one click each."""

import re
from datetime import timedelta
from urllib.parse import quote

import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from uuid6 import uuid7

from meters.headend import Fault
from meters.states import DesiredState, ReportedState, ReportSource
from orders import fulfilment
from orders.fulfilment.callbacks import apply_report
from orders.models import Consent, Order
from orders.states import FailureReason, OrderKind, OrderStatus
from tests.minside.conftest import LogIn
from tests.orders.world import World, a_customer

MOST_QUERIES = 8


def heading(page: str) -> str:
    found = re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>", page, re.DOTALL)
    assert found is not None
    return found[1]


def steps(page: str) -> list[tuple[str, str]]:
    """Each step's state and name."""
    found = re.findall(r'<li data-step="(\w+)"[^>]*>\s*<strong>(.*?)</strong>', page)
    return [(state, name) for state, name in found]


def page_of(client: Client, order: Order) -> str:
    return client.get(f"/min-side/bestilling/{order.id}/").content.decode()


def dispatch(world: World) -> None:
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )


def confirm(world: World, state: ReportedState) -> None:
    report = world.event(world.newest_command(), state)
    apply_report(report, head_end=world.head_end, clock=world.clock)


def test_the_steps_follow_the_order_to_open(world: World, kari: Client) -> None:
    order = world.order_opening()
    placed = page_of(kari, order)
    assert heading(placed) == "Vi åpner porten"
    assert steps(placed) == [
        ("done", "Bestilt"),
        ("now", "Sendt til måleren"),
        ("ahead", "Måleren har bekreftet"),
        ("ahead", "Porten er åpen"),
    ]
    dispatch(world)
    assert [state for state, _name in steps(page_of(kari, order))] == [
        "done",
        "done",
        "now",
        "ahead",
    ]
    confirm(world, ReportedState.OPEN)
    done = page_of(kari, order)
    assert heading(done) == "Porten er åpen"
    assert [state for state, _name in steps(done)] == ["done"] * 4
    assert "data-hx-get" not in done


def test_the_receipt_has_what_was_agreed_and_promised(
    world: World, kari: Client
) -> None:
    order = world.order_opening()
    page = page_of(kari, order)
    assert order.consent is not None
    for told in (
        order.placement.reference,
        order.consent.receipt_number,
        "torsdag 8. oktober 2026",
        "Måleren står inne i boligen",
        *(statement["text"] for statement in world.terms.statements),
    ):
        assert told in page


def test_a_finished_opening_does_not_call_a_port_open_that_no_longer_is(
    world: World, kari: Client
) -> None:
    order = world.order_opening()
    dispatch(world)
    confirm(world, ReportedState.OPEN)
    world.fresh_port().observe(
        ReportedState.CLOSED,
        at=world.now + timedelta(hours=1),
        source=ReportSource.READ_BACK,
    )
    page = page_of(kari, order)
    assert heading(page) == "Porten ble åpnet"
    assert "Måleren melder ikke lenger at porten er åpen." in page


def test_polling_answers_only_when_something_has_changed(
    world: World, kari: Client
) -> None:
    order = world.order_opening()
    seen = re.search(r"seen=([^\"]+)\"", page_of(kari, order))
    assert seen is not None
    path = f"/min-side/bestilling/{order.id}/status/?seen={seen[1]}"
    assert kari.get(path).status_code == 204
    dispatch(world)
    changed = kari.get(path)
    assert changed.status_code == 200
    assert [state for state, _name in steps(changed.content.decode())] == [
        "done",
        "done",
        "now",
        "ahead",
    ]
    assert "<html" not in changed.content.decode()


def test_late_is_said_from_the_day_after_the_promise(
    world: World, log_in: LogIn
) -> None:
    order = world.order_opening()
    told = []
    for days in (3, 4):
        moment = world.now + timedelta(days=days)
        with time_machine.travel(moment, tick=False):
            page = page_of(log_in(world.customer, at=moment), order)
        told.append("Vi er forsinket" in page)
    assert told == [False, True]


def test_a_failed_order_says_why_and_what_happens_next(
    world: World, kari: Client
) -> None:
    order = world.order_opening()
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    page = page_of(kari, order)
    assert heading(page) == "Vi fikk ikke utført bestillingen"
    assert str(FailureReason.METER_REFUSED.label) in page
    assert steps(page)[-1] == ("stopped", "Kunne ikke utføres")


def test_an_order_is_cancelled_while_nothing_was_sent(
    world: World, kari: Client
) -> None:
    order = world.order_opening()
    path = f"/min-side/bestilling/{order.id}/avbryt/"
    assert path in page_of(kari, order)
    assert kari.get(path).status_code == 200
    kari.post(path)
    order.refresh_from_db()
    assert order.status == OrderStatus.CANCELLED
    assert Consent.objects.active().count() == 0
    page = page_of(kari, order)
    assert steps(page) == [("done", "Bestilt"), ("stopped", "Avbestilt")]


def test_what_was_sent_cannot_be_cancelled_and_closing_is_offered(
    world: World, kari: Client
) -> None:
    order = world.order_opening()
    dispatch(world)
    path = f"/min-side/bestilling/{order.id}/avbryt/"
    assert path not in page_of(kari, order)
    answer = kari.post(path)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert heading(page) == "Bestillingen er allerede sendt til måleren"
    assert f"/min-side/malepunkt/{world.point.id}/steng/" in page


def test_cancelling_twice_says_that_it_has_ended(world: World, kari: Client) -> None:
    order = world.order_opening()
    path = f"/min-side/bestilling/{order.id}/avbryt/"
    kari.post(path)
    answer = kari.post(path)
    assert answer.status_code == 409
    assert heading(answer.content.decode()) == "Bestillingen er avsluttet"


def test_closing_takes_one_click_and_one_confirmation(
    world: World, kari: Client
) -> None:
    world.order_opening()
    dispatch(world)
    confirm(world, ReportedState.OPEN)
    path = f"/min-side/malepunkt/{world.point.id}/steng/"
    assert path in kari.get("/min-side/").content.decode()
    assert heading(kari.get(path).content.decode()) == "Steng porten?"
    answer = kari.post(path)
    closing = Order.objects.get(kind=OrderKind.CLOSE)
    assert answer["Location"] == f"/min-side/bestilling/{closing.id}/"
    assert Consent.objects.active().count() == 0
    assert world.fresh_port().desired == DesiredState.CLOSED
    dispatch(world)
    confirm(world, ReportedState.CLOSED)
    page = page_of(kari, closing)
    assert heading(page) == "Porten er stengt"
    assert steps(page)[-1] == ("done", "Porten er stengt")


def test_closing_twice_leads_to_the_one_closing(world: World, kari: Client) -> None:
    world.order_opening()
    path = f"/min-side/malepunkt/{world.point.id}/steng/"
    first = kari.post(path)
    assert kari.post(path)["Location"] == first["Location"]
    assert Order.objects.filter(kind=OrderKind.CLOSE).count() == 1


def test_nothing_to_close_is_said_in_plain_words(world: World, kari: Client) -> None:
    world.port.observe(ReportedState.CLOSED, at=world.now, source=ReportSource.POLL)
    answer = kari.post(f"/min-side/malepunkt/{world.point.id}/steng/")
    assert answer.status_code == 409
    assert heading(answer.content.decode()) == "Porten er ikke åpen"


def test_other_peoples_orders_and_points_do_not_exist(
    world: World, log_in: LogIn
) -> None:
    order = world.order_opening()
    stranger = log_in(a_customer("K2", national_id="01908000249"))
    for path in (
        f"/min-side/bestilling/{order.id}/",
        f"/min-side/bestilling/{order.id}/status/",
        f"/min-side/bestilling/{order.id}/avbryt/",
        f"/min-side/malepunkt/{world.point.id}/steng/",
        f"/min-side/bestilling/{uuid7()}/",
    ):
        assert stranger.get(path).status_code == 404
    for path in (
        f"/min-side/bestilling/{order.id}/avbryt/",
        f"/min-side/malepunkt/{world.point.id}/steng/",
    ):
        assert stranger.post(path).status_code == 404
    order.refresh_from_db()
    assert order.status == OrderStatus.PLACED
    assert Order.objects.count() == 1


def test_who_is_not_logged_in_is_led_back_to_the_order(world: World) -> None:
    order = world.order_opening()
    path = f"/min-side/bestilling/{order.id}/"
    answer = Client().get(path)
    assert answer["Location"] == f"/logg-inn/?next={quote(path, safe='')}"


def test_the_order_page_keeps_its_query_budget(
    world: World,
    kari: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    order = world.order_opening()
    with django_assert_max_num_queries(MOST_QUERIES):
        page_of(kari, order)
