"""Ordering in four steps: complete, or refused with the reason and nothing ordered."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client

from hanportal.accounts.models import Customer
from hanportal.audit.log import Subject, events_about
from meters.states import HanCapability
from orders.models import Consent, Order
from orders.states import SecurityPlacement
from tests.minside.conftest import LogIn
from tests.orders.world import World, a_customer, a_point_with_meter

INSIDE = SecurityPlacement.INSIDE_DWELLING.value


def base(world: World) -> str:
    return f"/min-side/malepunkt/{world.point.id}/apne/"


def everything_ticked(world: World, **changes: str) -> dict[str, str]:
    boxes = {f"statement_{key}": "on" for key in world.terms.statement_keys}
    return {**boxes, "security": INSIDE, **changes}


def fill_in(client: Client, world: World) -> None:
    """Steps two and three, as a customer with nothing to correct."""
    answer = client.post(f"{base(world)}vilkar/", everything_ticked(world))
    assert answer["Location"] == f"{base(world)}varsling/"
    notices = {"email": "kari@eksempel.example", "language": "nb"}
    answer = client.post(f"{base(world)}varsling/", notices)
    assert answer["Location"] == f"{base(world)}se-over/"


def test_four_steps_end_in_an_order_and_a_consent(world: World, kari: Client) -> None:
    assert "torsdag 8. oktober 2026" in kari.get(base(world)).content.decode()
    fill_in(kari, world)
    check = kari.get(f"{base(world)}se-over/").content.decode()
    for statement in world.terms.statements:
        assert statement["text"] in check

    answer = kari.post(f"{base(world)}se-over/")

    order = Order.objects.get()
    assert answer["Location"] == f"/min-side/bestilling/{order.id}/"
    consent = Consent.objects.get()
    assert order.consent == consent
    assert consent.confirmed == sorted(world.terms.statement_keys)
    assert consent.security == SecurityPlacement.INSIDE_DWELLING
    assert consent.identified_level == "idporten-loa-high"


def test_no_box_is_ticked_beforehand(world: World, kari: Client) -> None:
    page = kari.get(f"{base(world)}vilkar/").content.decode()
    assert page.count('type="checkbox"') == len(world.terms.statements)
    assert page.count('type="radio"') == len(SecurityPlacement) + 1
    assert " checked" not in page


def test_terms_that_are_not_published_in_a_language_are_shown_in_bokmal(
    world: World, kari: Client
) -> None:
    kari.post("/sprak/", {"language": "en"})
    page = kari.get(f"{base(world)}vilkar/").content.decode()
    assert "Terms and consent" in page
    assert '<section class="hk-terms" lang="nb"' in page
    assert world.terms.title in page


def test_each_statement_is_needed(world: World, kari: Client) -> None:
    for key in sorted(world.terms.statement_keys):
        boxes = everything_ticked(world)
        del boxes[f"statement_{key}"]
        answer = kari.post(f"{base(world)}vilkar/", boxes)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "<title>Feil: Vilkår og samtykke" in page
        assert f'href="#id_statement_{key}"' in page
        assert page.count('data-field="validation"') == 1
    assert kari.get(f"{base(world)}se-over/")["Location"] == f"{base(world)}vilkar/"


@pytest.mark.parametrize(
    ("security", "sentence"),
    [
        ("none", "Vi kan ikke åpne porten når måleren ikke er sikret."),
        ("", "Velg hvordan måleren er sikret"),
        ("on_the_street", "Velg et av alternativene"),
    ],
)
def test_a_meter_that_is_not_secured_is_refused_with_the_reason(
    world: World, kari: Client, security: str, sentence: str
) -> None:
    answer = kari.post(
        f"{base(world)}vilkar/", everything_ticked(world, security=security)
    )
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    kari.post(f"{base(world)}se-over/")
    assert Order.objects.count() == 0
    assert Consent.objects.count() == 0


def test_nothing_can_be_ordered_past_the_terms(world: World, kari: Client) -> None:
    for step in ("varsling/", "se-over/"):
        answer = kari.post(f"{base(world)}{step}")
        assert answer["Location"] == f"{base(world)}vilkar/"
    assert Order.objects.count() == 0


def test_an_agreement_to_one_point_is_none_to_another(
    world: World, kari: Client
) -> None:
    other, _port = a_point_with_meter(world.customer, world.head_end, number=2)
    fill_in(kari, world)
    path = f"/min-side/malepunkt/{other.id}/apne/se-over/"
    assert kari.post(path)["Location"] == f"/min-side/malepunkt/{other.id}/apne/vilkar/"
    assert Order.objects.count() == 0


def test_an_old_login_is_renewed_and_the_draft_is_kept(
    world: World, log_in: LogIn
) -> None:
    client = log_in(world.customer, age=timedelta(hours=1))
    fill_in(client, world)
    answer = client.post(f"{base(world)}se-over/")
    back = quote(f"{base(world)}se-over/", safe="")
    assert answer["Location"] == f"/logg-inn/bekreft/?next={back}"
    assert Order.objects.count() == 0
    assert client.get(f"{base(world)}se-over/").status_code == 200


def test_the_draft_is_gone_once_the_order_is_placed(world: World, kari: Client) -> None:
    fill_in(kari, world)
    placed = kari.post(f"{base(world)}se-over/")
    order = Order.objects.get()
    kari.post(f"/min-side/bestilling/{order.id}/avbryt/")
    again = kari.post(f"{base(world)}se-over/")
    assert placed["Location"] == f"/min-side/bestilling/{order.id}/"
    assert again["Location"] == f"{base(world)}vilkar/"
    assert Order.objects.count() == 1


@pytest.mark.parametrize("step", ["", "vilkar/", "varsling/", "se-over/"])
def test_going_back_after_ordering_leads_to_the_order(
    world: World, kari: Client, step: str
) -> None:
    fill_in(kari, world)
    placed = kari.post(f"{base(world)}se-over/")
    back = kari.get(f"{base(world)}{step}", follow=True)
    assert back.redirect_chain[-1] == (placed["Location"], 302)


def test_sending_the_last_step_again_leads_to_the_order(
    world: World, kari: Client
) -> None:
    fill_in(kari, world)
    placed = kari.post(f"{base(world)}se-over/")
    again = kari.post(f"{base(world)}se-over/")
    assert again["Location"] == placed["Location"]
    assert Order.objects.count() == 1


def test_ordering_twice_leads_to_the_one_order(
    world: World, kari: Client, log_in: LogIn
) -> None:
    second_window = log_in(world.customer)
    fill_in(kari, world)
    fill_in(second_window, world)
    first = kari.post(f"{base(world)}se-over/")
    second = second_window.post(f"{base(world)}se-over/")
    assert second["Location"] == first["Location"]
    assert Order.objects.count() == 1


def test_a_chosen_address_is_kept_and_told_in_the_log(
    world: World, kari: Client
) -> None:
    kari.post(f"{base(world)}vilkar/", everything_ticked(world))
    chosen = {"email": "ny@eksempel.example", "language": "nn"}
    kari.post(f"{base(world)}varsling/", chosen)
    customer = Customer.objects.get(pk=world.customer.pk)
    assert customer.notice_address == "ny@eksempel.example"
    assert customer.language == "nn"
    told = events_about(Subject(kind="customer", id=customer.id))
    assert [event.what for event in told] == ["customer.notices_chosen"]


@pytest.mark.parametrize(
    ("email", "sentence"),
    [
        ("ikke en adresse", "Skriv en e-postadresse som navn@eksempel.no"),
        ("", "Skriv en e-postadresse"),
    ],
)
def test_an_address_that_is_none_is_told_beside_the_field(
    world: World, kari: Client, email: str, sentence: str
) -> None:
    kari.post(f"{base(world)}vilkar/", everything_ticked(world))
    answer = kari.post(f"{base(world)}varsling/", {"email": email, "language": "nb"})
    assert answer.status_code == 422
    assert f'<a class="ds-link" href="#id_email">{sentence}</a>' in (
        answer.content.decode()
    )


@pytest.mark.parametrize("step", ["", "vilkar/", "varsling/", "se-over/"])
def test_another_customers_point_does_not_exist(
    world: World, log_in: LogIn, step: str
) -> None:
    stranger = log_in(a_customer("K2", national_id="01908000249"))
    assert stranger.get(f"{base(world)}{step}").status_code == 404
    if step:
        assert stranger.post(f"{base(world)}{step}").status_code == 404
    assert Order.objects.count() == 0


@pytest.mark.parametrize("step", ["", "vilkar/", "varsling/", "se-over/"])
def test_every_step_asks_for_a_login(world: World, step: str) -> None:
    answer = Client().get(f"{base(world)}{step}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/logg-inn/")


def test_a_meter_without_a_port_is_refused_at_the_last_step_too(
    world: World, log_in: LogIn
) -> None:
    other = a_customer("K2", national_id="01908000249")
    point, _port = a_point_with_meter(
        other, world.head_end, number=2, capability=HanCapability.UNSUPPORTED
    )
    client = log_in(other)
    path = f"/min-side/malepunkt/{point.id}/apne/"
    client.post(f"{path}vilkar/", everything_ticked(world))
    assert client.post(f"{path}se-over/")["Location"] == path
    assert Order.objects.count() == 0


def test_several_points_are_ordered_with_one_reference(
    world: World, kari: Client
) -> None:
    other, _port = a_point_with_meter(world.customer, world.head_end, number=2)
    third, _port = a_point_with_meter(world.customer, world.head_end, number=3)
    assert "Storgata 2" in kari.get(base(world)).content.decode()
    kari.post(base(world), {"also": [str(other.id)]})
    assert "Storgata 2" in kari.get(f"{base(world)}vilkar/").content.decode()
    fill_in(kari, world)
    check = kari.get(f"{base(world)}se-over/").content.decode()
    assert "Storgata 2" in check
    assert third.street_address not in check

    answer = kari.post(f"{base(world)}se-over/")

    orders = list(Order.objects.all())
    assert {order.metering_point_id for order in orders} == {world.point.id, other.id}
    assert len({order.placement_id for order in orders}) == 1
    page = kari.get(answer["Location"]).content.decode()
    assert "Bestilt sammen, med samme referanse" in page
    assert "Storgata 2" in page


def test_nobody_orders_somebody_elses_point_beside_their_own(
    world: World, kari: Client
) -> None:
    another = a_customer("K2", national_id="01908000230")
    anothers, _port = a_point_with_meter(another, world.head_end, number=2)
    mine, _port = a_point_with_meter(world.customer, world.head_end, number=3)
    kari.post(base(world), {"also": [str(anothers.id), str(mine.id), "x"]})
    fill_in(kari, world)

    kari.post(f"{base(world)}se-over/")

    ordered = set(Order.objects.values_list("metering_point_id", flat=True))
    assert ordered == {world.point.id, mine.id}


def test_choosing_other_points_takes_the_agreement_back(
    world: World, kari: Client
) -> None:
    other, _port = a_point_with_meter(world.customer, world.head_end, number=2)
    fill_in(kari, world)

    kari.post(base(world), {"also": [str(other.id)]})

    answer = kari.post(f"{base(world)}se-over/")
    assert answer["Location"] == f"{base(world)}vilkar/"
    assert not Order.objects.exists()


def test_what_can_no_longer_be_ordered_with_the_others_is_named(
    world: World, kari: Client
) -> None:
    other, _port = a_point_with_meter(world.customer, world.head_end, number=2)
    kari.post(base(world), {"also": [str(other.id)]})
    fill_in(kari, world)
    world.order_opening(metering_point=other)

    answer = kari.post(f"{base(world)}se-over/")

    assert answer.status_code == 409
    assert "Storgata 2, 0155 Oslo" in answer.content.decode()
    assert Order.objects.count() == 1
