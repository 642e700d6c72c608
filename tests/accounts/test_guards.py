"""The guard of customers' pages, and the way to the login and back."""

import pytest
from django.test import Client

from hanportal.accounts.models import User
from hanportal.demo.eid.provider import Provider
from tests.accounts.eid_server import Browser
from tests.accounts.people import KARI, make_customer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.urls")]


def test_a_stranger_is_led_to_the_login_and_back(client: Client) -> None:
    response = client.get("/prove/?a=1&b=2")

    assert (response.status_code, response["Location"]) == (
        302,
        "/logg-inn/?next=%2Fprove%2F%3Fa%3D1%26b%3D2",
    )


def test_what_a_stranger_posts_is_not_what_they_come_back_to(client: Client) -> None:
    assert client.post("/prove/kladd/")["Location"] == "/logg-inn/"


def test_a_fragment_takes_the_whole_page_to_the_login(client: Client) -> None:
    response = client.get(
        "/prove/",
        headers={
            "HX-Request": "true",
            "HX-Current-URL": "http://testserver/min-side/bestilling/1/",
        },
    )

    assert response["HX-Redirect"] == "/logg-inn/?next=%2Fmin-side%2Fbestilling%2F1%2F"


def test_a_user_who_did_not_come_by_the_eid_is_no_customer(client: Client) -> None:
    user = User.objects.create(customer=make_customer(KARI))
    client.force_login(user)

    assert client.get("/prove/").status_code == 302


def test_no_cache_keeps_a_customers_page(eid: Provider, visitor: Browser) -> None:
    make_customer(KARI)
    visitor.log_in(KARI)

    assert visitor.portal.get("/prove/")["Cache-Control"] == (
        "max-age=0, no-cache, no-store, must-revalidate, private"
    )


def test_a_customers_page_finds_its_person_with_two_queries(
    eid: Provider, visitor: Browser, django_assert_num_queries: object
) -> None:
    make_customer(KARI)
    visitor.log_in(KARI)

    with django_assert_num_queries(2):  # type: ignore[operator] # the session, the user
        visitor.portal.get("/prove/")


@pytest.mark.parametrize("page", ["/logg-inn/", "/logg-inn/bekreft/"])
def test_the_login_page_keeps_where_one_wanted_to_go(client: Client, page: str) -> None:
    response = client.get(page, {"next": "/prove/"})

    assert response.status_code == 200
    assert response.context["next_page"] == "/prove/"


def test_who_is_logged_in_is_not_asked_again(eid: Provider, visitor: Browser) -> None:
    make_customer(KARI)
    visitor.log_in(KARI)

    response = visitor.portal.get("/logg-inn/", {"next": "/prove/"})

    assert response["Location"] == "/prove/"
    assert visitor.portal.get("/logg-inn/bekreft/").status_code == 200


def test_the_button_needs_a_form_of_ours() -> None:
    strict = Client(enforce_csrf_checks=True)

    assert strict.post("/logg-inn/").status_code == 403
    assert strict.post("/logg-ut/").status_code == 403
