"""Pages for everybody: front page, languages, errors, and the policy they all obey."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern

from hanportal.minside.urls import urlpatterns
from hanportal.minside.views.site import server_error
from tests.orders.world import World

FOR_EVERYBODY = {"front_page", "accessibility", "language"}


@pytest.mark.parametrize("path", ["/", "/tilgjengelighet/"])
def test_pages_for_everybody_ask_nothing_of_the_database(path: str) -> None:
    # No database is allowed in this test.
    answer = Client().get(path)
    assert answer.status_code == 200


def test_who_is_inside_is_led_past_the_front_page(world: World, kari: Client) -> None:
    assert kari.get("/")["Location"] == "/min-side/"


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("nb", "Se strømmen mens du bruker den"),
        ("nn", "Sjå straumen medan du bruker han"),
        ("en", "See your electricity as you use it"),
    ],
)
def test_the_language_is_switched_and_remembered(language: str, heading: str) -> None:
    client = Client()
    answer = client.post("/sprak/", {"language": language, "next": "/"})
    assert answer["Location"] == "/"
    page = client.get("/").content.decode()
    assert f'<html lang="{language}"' in page
    assert heading in page


def test_the_language_switch_keeps_what_the_page_was_asked_for() -> None:
    where = "/ansatt/logg-inn/?next=/ansatt/personer/"
    [front, door] = [Client().get(to).content.decode() for to in ("/?a=1", where)]
    assert ['value="/"' in front, f'value="{where}"' in door] == [True, True]


def test_the_language_switch_leads_to_no_other_site() -> None:
    answer = Client().post(
        "/sprak/", {"language": "nn", "next": "https://ond.example/"}
    )
    assert answer["Location"] == "/"


def test_a_page_that_is_not_there_says_what_to_do() -> None:
    answer = Client().get("/finnes-ikke/")
    assert answer.status_code == 404
    assert "Vi fant ikke siden" in answer.content.decode()


def test_an_error_of_ours_needs_neither_database_nor_session() -> None:
    answer = server_error(Client().get("/").wsgi_request)
    assert answer.status_code == 500
    assert "Noe gikk galt hos oss" in answer.content.decode()


def test_a_form_without_its_token_is_refused_with_a_page() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/sprak/", {"language": "nn"})
    assert answer.status_code == 403
    assert "Skjemaet var for gammelt" in answer.content.decode()


def test_pages_obey_a_policy_without_inline_anything(
    world: World, kari: Client
) -> None:
    order = world.order_opening()
    for path in ("/", "/min-side/", f"/min-side/bestilling/{order.id}/"):
        answer = kari.get(path, follow=True)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        page = answer.content.decode()
        assert (
            re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page) == []
        )


def test_every_page_of_min_side_has_its_audience() -> None:
    open_pages = {
        pattern.name
        for pattern in urlpatterns
        if isinstance(pattern, URLPattern)
        and getattr(pattern.callback, "audience", None) != "customer"
    }
    assert open_pages == FOR_EVERYBODY


def test_the_web_process_answers_for_itself() -> None:
    answer = Client().get("/livez")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
