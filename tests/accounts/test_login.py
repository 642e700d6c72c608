"""Logging in with an eID, from the button to the page one came for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import Settings

from hanportal.accounts.actions import seal_national_id
from hanportal.accounts.models import User
from hanportal.audit.log import Event
from hanportal.demo.eid.provider import Provider
from tests.accounts.eid_server import CALLBACK, CLIENT_ID, Browser, query_of
from tests.accounts.people import (
    KARI,
    KARI_NEW_ID,
    NOBODY,
    OLA,
    make_customer,
    renumbered,
)

pytestmark = pytest.mark.django_db


def identification_of(visitor: Browser) -> dict[str, str]:
    kept: dict[str, str] = visitor.portal.session["identification"]
    return kept


def test_a_customer_logs_in_and_comes_to_the_page_that_was_asked_for(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    sent = visitor.portal.get("/prove/")
    assert sent["Location"] == "/logg-inn/?next=%2Fprove%2F"

    response = visitor.log_in(KARI, next="/prove/")

    assert (response.status_code, response["Location"]) == (302, "/prove/")
    page = visitor.portal.get("/prove/")
    assert page.content == b"1001 idporten-loa-high"


def test_without_a_page_in_mind_one_comes_to_min_side(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)

    assert visitor.log_in(KARI)["Location"] == "/min-side/"


def test_the_provider_is_asked_for_exactly_what_settings_say(
    eid: Provider, visitor: Browser
) -> None:
    address = visitor.ask_to_log_in()

    asked = dict(query_of(address))
    secrets = [asked.pop(name) for name in ("state", "nonce", "code_challenge")]
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "scope": "openid profile",
        "code_challenge_method": "S256",
        "acr_values": "idporten-loa-high",
        "max_age": "1800",
        "ui_locales": "nb",
    }
    assert [len(secret) for secret in secrets] == [43, 43, 43]
    assert len(set(secrets)) == 3


def test_nothing_of_the_request_reaches_the_provider(
    eid: Provider, visitor: Browser
) -> None:
    smuggled = (
        "/logg-inn/?auth_params=prompt%3Dnone%26acr_values%3Dlow&scope=admin"
        "&process=connect&action=reauthenticate&acr_values=low&max_age=999999"
        "&prompt=none&redirect_uri=https://evil.example&state=chosen&nonce=chosen"
        "&login_hint=somebody&next=/prove/"
    )

    address = visitor.ask_to_log_in(
        smuggled, auth_params="prompt=none", scope="admin", process="connect"
    )

    asked, usual = query_of(address), query_of(visitor.ask_to_log_in())
    differing = {name for name in asked if asked[name] != usual[name]}
    assert asked.keys() == usual.keys()
    assert differing == {"state", "nonce", "code_challenge"}


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "http:///evil.example",
        " https://evil.example",
    ],
)
def test_a_login_leads_to_no_other_site(
    eid: Provider, visitor: Browser, elsewhere: str
) -> None:
    make_customer(KARI)

    assert visitor.log_in(KARI, next=elsewhere)["Location"] == "/min-side/"


def test_the_address_back_decides_nothing_either(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    answer = visitor.answer_for(KARI)

    response = visitor.come_back(f"{answer}&next=/logg-ut/&process=connect")

    assert response["Location"] == "/min-side/"


def test_the_login_makes_one_user_known_by_issuer_and_subject(
    eid: Provider, visitor: Browser
) -> None:
    kari = make_customer(KARI)

    visitor.log_in(KARI)
    Browser().log_in(KARI)

    account = SocialAccount.objects.get()
    user = User.objects.get()
    assert (account.provider, account.uid) == (eid.options.issuer, KARI.subject)
    assert (account.extra_data, SocialToken.objects.count()) == ({}, 0)
    assert (user.customer, user.display_name) == (kari, KARI.name)
    assert (user.has_usable_password(), user.email) == (False, "")


def test_the_same_subject_at_another_issuer_is_somebody_else(
    eid_with: Callable[..., Provider],
) -> None:
    eid_with()
    Browser().log_in(KARI)
    eid_with()

    Browser().log_in(KARI)

    assert User.objects.count() == 2


def test_the_session_keeps_how_the_person_was_identified(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    before = datetime.now(tz=UTC).replace(microsecond=0)

    visitor.log_in(KARI)

    kept = identification_of(visitor)
    at = datetime.fromisoformat(kept.pop("authenticated_at"))
    assert kept == {
        "issuer": eid.options.issuer,
        "subject": KARI.subject,
        "level": "idporten-loa-high",
    }
    assert before <= at <= datetime.now(tz=UTC)


def test_the_session_key_changes_at_login_and_again_when_confirmed(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    answer = visitor.answer_for(KARI)
    anonymous = visitor.portal.session.session_key
    visitor.come_back(answer)
    logged_in = visitor.portal.session.session_key

    visitor.log_in(KARI, "/logg-inn/bekreft/")

    keys = {anonymous, logged_in, visitor.portal.session.session_key}
    assert len(keys) == 3
    assert Session.objects.filter(session_key__in=[anonymous, logged_in]).count() == 0


def test_the_login_stands_in_the_customers_log(eid: Provider, visitor: Browser) -> None:
    kari = make_customer(KARI)

    visitor.log_in(KARI)

    event = Event.objects.get()
    user = User.objects.get()
    assert (event.chain, event.what) == (f"customer:{kari.id}", "login.succeeded")
    assert event.subject_id == user.id


def test_someone_who_is_no_customer_is_told_what_to_do(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)

    visitor.log_in(NOBODY, next="/prove/")

    page = visitor.portal.get("/prove/")
    assert page.status_code == 403
    assert next(template.name for template in page.templates) == (
        "accounts/not_a_customer.html"
    )
    assert User.objects.get().customer is None
    assert Event.objects.count() == 0


def test_the_bond_is_made_anew_at_each_login(eid: Provider, visitor: Browser) -> None:
    visitor.log_in(KARI)
    assert visitor.portal.get("/prove/").status_code == 403

    kari = make_customer(KARI)
    visitor.log_in(KARI)
    assert visitor.portal.get("/prove/").status_code == 200

    # The register learns that this number was another person's.
    kari.keep_national_id(
        seal_national_id(KARI_NEW_ID, customer_number=kari.customer_number)
    )
    visitor.log_in(KARI)
    assert visitor.portal.get("/prove/").status_code == 403


def test_a_person_with_a_new_national_id_is_found_by_it(
    eid_with: Callable[..., Provider],
) -> None:
    kari = make_customer(KARI)
    eid = eid_with()
    Browser().log_in(KARI)

    kari.keep_national_id(
        seal_national_id(KARI_NEW_ID, customer_number=kari.customer_number)
    )
    with_new_number = renumbered(KARI, KARI_NEW_ID)
    eid.people[KARI.subject] = with_new_number
    Browser().log_in(with_new_number)

    assert User.objects.get().customer == kari


def test_confirming_who_one_is_asks_the_person_again_and_keeps_what_was_begun(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    visitor.log_in(KARI)
    visitor.portal.post("/prove/kladd/", {"draft": "half an order"})
    first = identification_of(visitor)["authenticated_at"]

    with time_machine.travel(timezone.now() + timedelta(minutes=15), tick=True):
        address = visitor.ask_to_log_in("/logg-inn/bekreft/", next="/prove/kladd/")
        page = visitor.visit_eid(address)
        response = visitor.come_back(visitor.choose(page, KARI))

    asked = query_of(address)
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    assert response["Location"] == "/prove/kladd/"
    assert visitor.portal.get("/prove/kladd/").content == b"half an order"
    assert identification_of(visitor)["authenticated_at"] > first


def test_confirming_as_somebody_else_hands_over_nothing(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    make_customer(OLA, number="1002")
    visitor.log_in(KARI)
    visitor.portal.post("/prove/kladd/", {"draft": "half an order"})

    visitor.log_in(OLA, "/logg-inn/bekreft/")

    assert visitor.portal.get("/prove/").content == b"1002 idporten-loa-high"
    assert visitor.portal.get("/prove/kladd/").content == b"no draft"


def test_the_providers_own_login_is_used_while_it_is_young(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    visitor.log_in(KARI)
    visitor.portal.cookies.clear()

    page = visitor.visit_eid(visitor.ask_to_log_in())

    assert page.status_code == 303
    assert visitor.come_back(page.headers["Location"])["Location"] == "/min-side/"


def test_a_deactivated_user_is_out_at_once_and_stays_out(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    visitor.log_in(KARI)
    User.objects.update(is_active=False)

    assert visitor.portal.get("/prove/").status_code == 302
    refused = visitor.log_in(KARI)

    assert refused.status_code == 403
    assert refused.context["kind"] == "blocked"
    events = list(Event.objects.order_by("sequence").values_list("what", flat=True))
    assert events == ["login.succeeded", "login.refused"]


def test_logging_out_ends_the_session_here_and_at_the_provider(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    visitor.log_in(KARI)

    response = visitor.portal.post("/logg-ut/")

    address = response["Location"]
    assert address.startswith(f"{eid.options.issuer}/end_session?")
    assert query_of(address) == {
        "client_id": CLIENT_ID,
        "post_logout_redirect_uri": "http://testserver/",
    }
    assert Session.objects.count() == 0
    back = visitor.visit_eid(address)
    assert back.headers["Location"] == "http://testserver/"
    assert visitor.visit_eid(visitor.ask_to_log_in()).status_code == 200


def test_logging_out_is_not_done_by_a_link(eid: Provider, visitor: Browser) -> None:
    visitor.log_in(KARI)

    assert visitor.portal.get("/logg-ut/").status_code == 405
    assert identification_of(visitor)["subject"] == KARI.subject


def test_logging_out_without_having_logged_in_leads_to_the_front_page(
    eid: Provider, visitor: Browser
) -> None:
    assert visitor.portal.post("/logg-ut/")["Location"] == "http://testserver/"


def test_logging_out_works_while_the_provider_is_down(
    eid: Provider, visitor: Browser, settings: Settings
) -> None:
    visitor.log_in(KARI)
    settings.EID_ISSUER = "http://127.0.0.1:1"

    assert visitor.portal.post("/logg-ut/")["Location"] == "http://testserver/"
    assert Session.objects.count() == 0
