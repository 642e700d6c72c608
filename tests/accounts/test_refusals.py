"""Answers that prove nothing: each is refused, says what to do, and betrays nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings
from structlog.testing import capture_logs

from hanportal.accounts.eid.refusals import Reason
from hanportal.accounts.models import User
from hanportal.audit.log import Event
from hanportal.demo.eid.misbehaviour import Misbehaviour
from hanportal.demo.eid.provider import Provider
from tests.accounts.eid_server import CALLBACK, PORTAL, Browser
from tests.accounts.people import KARI, make_customer

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db

EVERY_MISBEHAVIOUR = [
    (Misbehaviour.WRONG_NONCE, Reason.WRONG_NONCE, 403),
    (Misbehaviour.NO_NONCE, Reason.WRONG_NONCE, 403),
    (Misbehaviour.WRONG_AUDIENCE, Reason.WRONG_AUDIENCE, 403),
    (Misbehaviour.SEVERAL_AUDIENCES, Reason.WRONG_AUTHORISED_PARTY, 403),
    (Misbehaviour.FOREIGN_AUTHORISED_PARTY, Reason.WRONG_AUTHORISED_PARTY, 403),
    (Misbehaviour.WRONG_ISSUER, Reason.WRONG_ISSUER, 403),
    (Misbehaviour.EXPIRED, Reason.EXPIRED_TOKEN, 403),
    (Misbehaviour.FROM_THE_FUTURE, Reason.ISSUED_AT_ANOTHER_TIME, 403),
    (Misbehaviour.ISSUED_LONG_AGO, Reason.ISSUED_AT_ANOTHER_TIME, 403),
    (Misbehaviour.ALGORITHM_NONE, Reason.ALGORITHM_NOT_ALLOWED, 403),
    (Misbehaviour.SIGNED_WITH_THE_CLIENT_SECRET, Reason.ALGORITHM_NOT_ALLOWED, 403),
    (Misbehaviour.BAD_SIGNATURE, Reason.BAD_SIGNATURE, 403),
    (Misbehaviour.UNKNOWN_KEY, Reason.UNKNOWN_KEY, 403),
    (Misbehaviour.NO_KEY_ID, Reason.UNKNOWN_KEY, 403),
    (Misbehaviour.NOT_A_TOKEN, Reason.MALFORMED_TOKEN, 403),
    (Misbehaviour.NO_ID_TOKEN, Reason.NO_ID_TOKEN, 403),
    (Misbehaviour.LOW_LEVEL, Reason.LEVEL_TOO_LOW, 403),
    (Misbehaviour.NO_LEVEL, Reason.LEVEL_TOO_LOW, 403),
    (Misbehaviour.OLD_AUTHENTICATION, Reason.AUTHENTICATION_TOO_OLD, 400),
    (Misbehaviour.NO_AUTHENTICATION_TIME, Reason.AUTHENTICATION_TOO_OLD, 400),
    (Misbehaviour.SUBJECT_MISMATCH, Reason.SUBJECT_MISMATCH, 403),
    (Misbehaviour.NO_SUBJECT, Reason.NO_SUBJECT, 403),
    (Misbehaviour.USERINFO_FAILS, Reason.UNREACHABLE, 503),
    (Misbehaviour.TOKEN_ENDPOINT_FAILS, Reason.UNREACHABLE, 503),
    (Misbehaviour.WRONG_ISSUER_IN_ANSWER, Reason.WRONG_ISSUER, 403),
    (Misbehaviour.NO_ISSUER_IN_ANSWER, Reason.WRONG_ISSUER, 403),
]


def reason_of(act: Callable[[], "Response"]) -> tuple[Reason, int]:
    """Why the log says that a login was refused, and the page's status."""
    with capture_logs() as logged:
        response = act()
    [refusal] = [entry for entry in logged if entry["event"] == "login_refused"]
    assert refusal.keys() == {"event", "log_level", "reason", "reference"}
    assert response.context["reference"] == refusal["reference"]
    return Reason(refusal["reason"]), response.status_code


def assert_nobody_is_logged_in(visitor: Browser) -> None:
    assert "_auth_user_id" not in visitor.portal.session
    assert "identification" not in visitor.portal.session
    assert visitor.portal.get("/prove/").status_code == 302


def test_the_list_below_has_every_misbehaviour() -> None:
    assert {how for how, _, _ in EVERY_MISBEHAVIOUR} == set(Misbehaviour)


@pytest.mark.parametrize(("how", "reason", "status"), EVERY_MISBEHAVIOUR)
def test_a_provider_that_misbehaves_logs_nobody_in(
    eid: Provider, visitor: Browser, how: Misbehaviour, reason: Reason, status: int
) -> None:
    make_customer(KARI)
    eid.misbehave_next(how)

    assert reason_of(lambda: visitor.log_in(KARI)) == (reason, status)

    assert_nobody_is_logged_in(visitor)
    assert User.objects.count() == 0


@pytest.mark.parametrize(("how", "reason", "status"), EVERY_MISBEHAVIOUR)
def test_a_failed_confirmation_leaves_the_earlier_identification_as_it_was(
    eid: Provider, visitor: Browser, how: Misbehaviour, reason: Reason, status: int
) -> None:
    make_customer(KARI)
    visitor.log_in(KARI)
    kept = visitor.portal.session["identification"]
    eid.misbehave_next(how)

    confirm = lambda: visitor.log_in(KARI, "/logg-inn/bekreft/")  # noqa: E731

    assert reason_of(confirm) == (reason, status)
    assert visitor.portal.session["identification"] == kept


def test_a_weak_login_of_a_customer_stands_in_their_log(
    eid: Provider, visitor: Browser
) -> None:
    kari = make_customer(KARI)
    eid.misbehave_next(Misbehaviour.LOW_LEVEL)

    response = visitor.log_in(KARI)

    event = Event.objects.get()
    assert (event.chain, event.what) == (f"customer:{kari.id}", "login.refused")
    assert event.facts == {"level": "low", "reason": "level_too_low"}
    assert response.context["kind"] == "too_weak"


def test_what_is_not_authentic_stands_in_nobodys_log(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    eid.misbehave_next(Misbehaviour.BAD_SIGNATURE)

    visitor.log_in(KARI)

    assert Event.objects.count() == 0


def test_a_confirmation_that_answers_with_the_old_login_is_refused(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    long_ago = timezone.now() - timedelta(minutes=10)
    with time_machine.travel(long_ago, tick=True):
        visitor.log_in(KARI)
    address = visitor.ask_to_log_in("/logg-inn/bekreft/")

    # Somebody takes prompt and max_age away, and the provider sees no reason to ask.
    tampered = address.replace("&prompt=login", "").replace("&max_age=0", "")
    answer = visitor.visit_eid(tampered).headers["Location"]

    assert reason_of(lambda: visitor.come_back(answer)) == (
        Reason.AUTHENTICATION_TOO_OLD,
        400,
    )


def test_cancelling_is_no_error(eid: Provider, visitor: Browser) -> None:
    page = visitor.visit_eid(visitor.ask_to_log_in())

    response = visitor.come_back(visitor.cancel(page))

    assert (response.status_code, response.context["kind"]) == (200, "cancelled")
    assert_nobody_is_logged_in(visitor)


def test_an_answer_cannot_be_used_twice(eid: Provider, visitor: Browser) -> None:
    make_customer(KARI)
    answer = visitor.answer_for(KARI)
    visitor.come_back(answer)
    visitor.portal.post("/logg-ut/")

    assert reason_of(lambda: visitor.come_back(answer)) == (Reason.UNKNOWN_STATE, 400)
    assert_nobody_is_logged_in(visitor)


def test_an_answer_cannot_be_brought_by_another_browser(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    answer = visitor.answer_for(KARI)
    victim = Browser()
    victim.ask_to_log_in()

    assert reason_of(lambda: victim.come_back(answer)) == (Reason.UNKNOWN_STATE, 400)
    assert_nobody_is_logged_in(victim)


def test_a_code_cannot_be_moved_to_another_browsers_login(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    stolen = visitor.answer_for(KARI)
    thief = Browser()
    own = thief.answer_for(KARI)
    code = stolen.partition("code=")[2].partition("&")[0]
    own_code = own.partition("code=")[2].partition("&")[0]

    grafted = own.replace(own_code, code)

    # PKCE: the code was asked for with another verifier.
    assert reason_of(lambda: thief.come_back(grafted)) == (Reason.CODE_REFUSED, 400)
    assert_nobody_is_logged_in(thief)


def test_a_code_that_somebody_used_before_is_refused(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    answer = visitor.answer_for(KARI)
    code = answer.partition("code=")[2].partition("&")[0]
    eid_grant = eid.memory.grants.get(code)
    assert eid_grant is not None
    eid_grant.used = True

    assert reason_of(lambda: visitor.come_back(answer)) == (Reason.CODE_REFUSED, 400)


def test_a_login_that_took_too_long_starts_again(
    eid: Provider, visitor: Browser
) -> None:
    make_customer(KARI)
    answer = visitor.answer_for(KARI)

    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=True):
        refused = reason_of(lambda: visitor.come_back(answer))

    assert refused == (Reason.UNKNOWN_STATE, 400)


@pytest.mark.parametrize(
    "query",
    ["", "?code=c", "?state=s&code=c", "?state=&code=", "?error=access_denied"],
)
def test_coming_back_without_having_left_is_refused(
    eid: Provider, visitor: Browser, query: str
) -> None:
    assert reason_of(lambda: visitor.come_back(f"{CALLBACK}{query}")) == (
        Reason.UNKNOWN_STATE,
        400,
    )


def test_an_error_of_the_provider_is_told_without_its_words(
    eid: Provider, visitor: Browser
) -> None:
    address = visitor.ask_to_log_in().replace("scope=openid+profile", "scope=profile")
    answer = visitor.visit_eid(address).headers["Location"]

    with capture_logs():
        response = visitor.come_back(f"{answer}&error_description=secret-detail")

    assert (response.status_code, response.context["kind"]) == (503, "unavailable")
    assert response.content.find(b"secret-detail") == -1


def test_a_provider_that_is_down_is_told_at_the_button(
    eid: Provider, visitor: Browser, settings: Settings
) -> None:
    settings.EID_ISSUER = "http://127.0.0.1:1"

    refused = reason_of(lambda: visitor.portal.post("/logg-inn/"))

    assert refused == (Reason.UNREACHABLE, 503)


def test_a_provider_that_speaks_for_another_issuer_is_not_asked(
    eid: Provider, visitor: Browser, settings: Settings
) -> None:
    settings.EID_ISSUER = f"{eid.options.issuer}/"

    refused = reason_of(lambda: visitor.portal.post("/logg-inn/"))

    assert refused == (Reason.METADATA_NOT_TRUSTED, 503)


def test_a_refused_login_shows_no_detail(eid: Provider, visitor: Browser) -> None:
    make_customer(KARI)
    eid.misbehave_next(Misbehaviour.WRONG_NONCE)
    answer = visitor.answer_for(KARI)

    with capture_logs():
        page = visitor.come_back(answer).content.decode()

    telling = ["nonce", "id_token", KARI.national_id, KARI.subject, PORTAL]
    assert [word for word in telling if word in page] == []
