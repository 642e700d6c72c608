"""For whom one acts: chosen, shown on every page, gone the moment the right is."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hanportal.accounts import actions as accounts
from hanportal.accounts.guards.acting import CHOSEN_KEY
from hanportal.accounts.login import MAY_REPRESENT_KEY, PERSON_KEY
from hanportal.accounts.models import Customer, Ground, Representation
from hanportal.accounts.sealing import national_id_hashes
from hanportal.audit.log import Subject, events_about
from notifications.models import Message
from orders.models import Consent, Order
from tests.accounts.representing import BY, VERA_ID, a_business, a_representation
from tests.minside.conftest import LogIn
from tests.minside.test_opening import base, everything_ticked
from tests.orders.world import NOW, World, a_customer, a_point_with_meter

CHOICE = "/min-side/handle-for/"
TODAY = date(2026, 10, 5)


def as_vera(log_in: LogIn, customer: Customer | None = None) -> Client:
    """Vera has logged in with her eID."""
    client = log_in(customer)
    session = client.session
    session[PERSON_KEY] = {
        str(version): hash_ for version, hash_ in national_id_hashes(VERA_ID).items()
    }
    session[MAY_REPRESENT_KEY] = True
    session.save()
    return client


def choose(client: Client, right: Representation | None) -> None:
    chosen = "self" if right is None else str(right.id)
    assert client.post(CHOICE, {"for": chosen})["Location"] == "/min-side/"


@pytest.fixture
def right(world: World) -> Representation:
    """Vera is Kari's guardian."""
    return a_representation(world.customer)


@pytest.fixture
def vera(right: Representation, log_in: LogIn) -> Client:
    """Vera, who is no customer, and has chosen nobody yet."""
    return as_vera(log_in)


def test_who_is_no_customer_but_acts_for_one_chooses_first(vera: Client) -> None:
    assert vera.get("/min-side/")["Location"] == CHOICE
    page = vera.get(CHOICE).content.decode()
    assert "Kari Nordmann" in page
    assert "Du er verge" in page
    assert "Deg selv" not in page


def test_a_stranger_chooses_nobody(world: World, log_in: LogIn) -> None:
    a_representation(world.customer)
    stranger = log_in(None)

    for answer in (stranger.get("/min-side/"), stranger.get(CHOICE)):
        assert answer.status_code == 403
        assert "Vi finner deg ikke som kunde" in answer.content.decode()


def test_every_page_says_who_acts_for_whom(
    world: World, vera: Client, right: Representation
) -> None:
    choose(vera, right)

    pages = ["/min-side/", "/min-side/innboks/", base(world), f"{base(world)}vilkar/"]
    for path in pages:
        page = " ".join(vera.get(path).content.decode().split())
        assert (
            "Innlogget som <strong>Kari Nordmann</strong>, på vegne av"
            " <strong>Kari Nordmann</strong>" in page
        ), path


def test_choosing_stands_in_the_customers_log(
    vera: Client, right: Representation
) -> None:
    choose(vera, right)

    whats = [e.what for e in events_about(Subject("representation", right.id))]
    assert whats == ["representation.registered", "representation.acting"]


def test_the_four_steps_for_another_end_in_the_others_consent(
    world: World, vera: Client, right: Representation
) -> None:
    choose(vera, right)
    vera.post(f"{base(world)}vilkar/", everything_ticked(world))
    step = vera.get(f"{base(world)}varsling/").content.decode()
    assert "Du bestiller på vegne av Kari Nordmann" in step
    assert 'type="email"' not in step
    vera.post(f"{base(world)}varsling/", {"email": "vera@x.example", "language": "en"})
    check = vera.get(f"{base(world)}se-over/").content.decode()
    assert "Samtykket er kundens" in check

    answer = vera.post(f"{base(world)}se-over/")

    order = Order.objects.get()
    assert answer["Location"] == f"/min-side/bestilling/{order.id}/"
    consent = Consent.objects.get()
    assert (consent.customer, consent.representation) == (world.customer, right)
    world.customer.refresh_from_db()
    assert world.customer.notice_address == "kari@eksempel.example"
    shown = vera.get(answer["Location"]).content.decode()
    assert "Bestilt av" in shown
    assert "Vera Verge" in shown


def test_a_right_that_is_revoked_ends_in_the_middle_of_the_steps(
    world: World, vera: Client, right: Representation
) -> None:
    choose(vera, right)
    vera.post(f"{base(world)}vilkar/", everything_ticked(world))
    accounts.revoke_representation(representation=right, by=BY, now=NOW)

    answer = vera.post(f"{base(world)}se-over/")

    assert answer.status_code == 403
    assert "Du kan ikke lenger handle for denne kunden" in answer.content.decode()
    assert not Order.objects.exists()
    assert vera.get("/min-side/").status_code == 403


def test_a_right_that_runs_out_ends_at_midnight_in_oslo(
    world: World, log_in: LogIn
) -> None:
    right = a_representation(world.customer, ends_on=TODAY + timedelta(days=1))
    with time_machine.travel("2026-10-05T21:59:59+00:00", tick=False):
        vera = as_vera(log_in)
        choose(vera, right)
        assert vera.get("/min-side/").status_code == 200
    with time_machine.travel("2026-10-05T22:00:00+00:00", tick=False):
        assert vera.get("/min-side/").status_code == 403


def test_a_fragment_of_who_lost_the_right_takes_the_whole_page_away(
    world: World, vera: Client, right: Representation
) -> None:
    order = world.order_opening()
    choose(vera, right)
    accounts.revoke_representation(representation=right, by=BY, now=NOW)

    answer = vera.get(
        f"/min-side/bestilling/{order.id}/status/", headers={"HX-Request": "true"}
    )

    assert answer["HX-Redirect"] == CHOICE


def test_one_sees_what_one_acts_for_and_nothing_else(
    world: World, log_in: LogIn
) -> None:
    """Vera is a customer, and the guardian of Kari; their things are kept apart."""
    own = a_customer("K2", national_id=VERA_ID)
    point, _port = a_point_with_meter(own, world.head_end, number=2)
    right = a_representation(world.customer)
    vera = as_vera(log_in, own)
    karis, veras = base(world), f"/min-side/malepunkt/{point.id}/apne/"

    found = [vera.get(path).status_code for path in (karis, veras)]
    choose(vera, right)
    acting = [vera.get(path).status_code for path in (karis, veras)]
    choose(vera, None)
    again = [vera.get(path).status_code for path in (karis, veras)]

    assert (found, acting, again) == ([404, 200], [200, 404], [404, 200])


def test_nobody_chooses_a_right_that_is_not_theirs(
    world: World, log_in: LogIn, right: Representation
) -> None:
    other = a_customer("K2", national_id="01908000230")
    stranger = log_in(other)

    for wanted in (str(right.id), "", "self' OR 1", "0" * 32):
        assert stranger.post(CHOICE, {"for": wanted}).status_code == 404
    assert CHOSEN_KEY not in stranger.session


def test_who_is_no_customer_cannot_choose_oneself(vera: Client) -> None:
    assert vera.post(CHOICE, {"for": "self"}).status_code == 404


def test_nobody_acts_in_the_name_of_the_dead(world: World, log_in: LogIn) -> None:
    own = a_customer("K2", national_id=VERA_ID)
    a_representation(world.customer)
    died = {"died_on": TODAY, "today": TODAY}
    accounts.record_death(customer=own, by=BY, now=NOW, **died)
    vera = as_vera(log_in, own)

    page = vera.get(CHOICE).content.decode()
    assert "Du kan bare handle for deg selv nå" in page
    assert "Du er verge" not in page


def test_the_dead_are_told_that_only_the_estate_orders(
    world: World, kari: Client
) -> None:
    died = {"died_on": TODAY, "today": TODAY}
    accounts.record_death(customer=world.customer, by=BY, now=NOW, **died)
    kari.post(f"{base(world)}vilkar/", everything_ticked(world))

    answer = kari.post(f"{base(world)}se-over/")

    assert answer.status_code == 409
    assert "Her kan bare dødsboet bestille" in answer.content.decode()
    assert not Order.objects.exists()


def test_an_estate_orders_for_the_dead(world: World, log_in: LogIn) -> None:
    died = {"died_on": TODAY, "today": TODAY}
    accounts.record_death(customer=world.customer, by=BY, now=NOW, **died)
    world.customer.refresh_from_db()
    estate = a_representation(world.customer, ground=Ground.ESTATE)
    vera = as_vera(log_in)
    choose(vera, estate)
    vera.post(f"{base(world)}vilkar/", everything_ticked(world))

    vera.post(f"{base(world)}se-over/")

    assert Consent.objects.get().representation == estate
    assert Message.objects.get().deliveries.get().address == "vera@post.example"


def test_an_employee_acts_for_the_business(world: World, log_in: LogIn) -> None:
    business = a_business()
    point, _port = a_point_with_meter(business, world.head_end, number=2)
    right = a_representation(business)
    vera = as_vera(log_in)
    choose(vera, right)

    page = " ".join(vera.get("/min-side/").content.decode().split())

    assert "på vegne av <strong>Fjordbakeriet AS</strong>" in page
    assert point.street_address in page


def test_acting_costs_one_query_more(
    world: World, vera: Client, right: Representation, kari: Client
) -> None:
    choose(vera, right)
    counts = []
    for client in (kari, vera):
        with CaptureQueriesContext(connection) as queries:
            client.get("/min-side/innboks/")
        counts.append(len(queries))

    assert counts[1] == counts[0] + 1
