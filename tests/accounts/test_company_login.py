"""The company's own login: bound once, believed only whole, and roles stay ours."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from hanportal.accounts import actions
from hanportal.accounts.eid.refusals import Reason
from hanportal.accounts.models import NoticeKind, Role, User
from hanportal.audit.log import Event
from hanportal.demo.eid.misbehaviour import Misbehaviour
from hanportal.demo.eid.provider import Provider
from tests.accounts.eid_server import (
    COMPANY_CALLBACK,
    PORTAL,
    Browser,
    query_of,
)
from tests.accounts.people import KARI, OLA
from tests.accounts.staff import SYSTEM, logged_in, make_staff, told
from tests.accounts.test_refusals import EVERY_MISBEHAVIOUR, reason_of
from tests.accounts.test_staff_login import (
    MOMENT,
    code_at,
    give_code,
    give_password,
    with_both,
)

pytestmark = pytest.mark.django_db

BUTTON = "/ansatt/logg-inn/firma/"
BIND = "/ansatt/logg-inn/firma/kode/"
INSIDE = "/ansatt/sikkerhet/firma/"
AGAIN = "/ansatt/bekreft/firma/"


def bound(user: User, company: Provider, subject: str = KARI.subject) -> User:
    """This person's company login is Kari's."""
    actions.bind_company_login(
        user=user,
        issuer=company.options.issuer,
        subject=subject,
        now=timezone.now(),
    )
    return user


def assert_nobody_is_in(visitor: Browser) -> None:
    assert "_auth_user_id" not in visitor.portal.session
    assert visitor.portal.get("/ansatt/").status_code == 302


def test_it_is_off_until_it_is_configured(client: Client) -> None:
    page = client.get("/ansatt/logg-inn/").content.decode()

    assert "firmainnlogging" not in page.lower()
    assert client.post(BUTTON).status_code == 404
    assert client.get(f"{BUTTON}retur/?code=a&state=b").status_code == 404
    assert client.get(BIND).status_code == 404


def test_whoever_is_bound_comes_in_with_their_roles_of_here(
    company: Provider, visitor: Browser
) -> None:
    agnes = bound(make_staff("agnes", Role.AUDITOR), company)

    answer = visitor.log_in(KARI, BUTTON, next="/innsyn/")

    assert (answer.status_code, answer["Location"]) == (302, "/innsyn/")
    assert visitor.portal.get("/innsyn/").status_code == 200
    assert visitor.portal.get("/ansatt/personer/").status_code == 403
    event = Event.objects.get(what="login.succeeded")
    assert (event.facts["factor"], event.actor_reference) == ("company", "S-agnes")
    assert NoticeKind.NEW_DEVICE in told(agnes)


def test_the_company_is_asked_for_exactly_what_settings_say(
    company: Provider, visitor: Browser
) -> None:
    smuggled = f"{BUTTON}?scope=admin&prompt=none&acr_values=low&state=chosen"

    asked = dict(query_of(visitor.ask_to_log_in(smuggled, scope="admin")))

    secrets = [asked.pop(name) for name in ("state", "nonce", "code_challenge")]
    assert [len(secret) for secret in secrets] == [43, 43, 43]
    assert asked == {
        "response_type": "code",
        "client_id": "hanportal-test",
        "redirect_uri": COMPANY_CALLBACK,
        "scope": "openid profile",
        "code_challenge_method": "S256",
        "acr_values": "idporten-loa-high",
        "max_age": "28800",
        "ui_locales": "nb",
    }


@pytest.mark.parametrize(("how", "reason", "status"), EVERY_MISBEHAVIOUR)
def test_a_company_that_misbehaves_lets_nobody_in(
    company: Provider,
    visitor: Browser,
    how: Misbehaviour,
    reason: Reason,
    status: int,
) -> None:
    bound(make_staff("agnes", Role.AGENT), company)
    company.misbehave_next(how)
    answer = visitor.answer_for(KARI, BUTTON)

    assert reason_of(lambda: visitor.come_back(answer)) == (reason, status)
    assert_nobody_is_in(visitor)


@pytest.mark.parametrize("methods", [("pwd",), (), None, "mfa", ("MFA",)], ids=str)
def test_a_password_alone_is_not_enough(
    company_with: Callable[..., Provider],
    visitor: Browser,
    settings: Settings,
    methods: tuple[str, ...] | None,
) -> None:
    company = company_with(methods=methods)
    settings.STAFF_OIDC_REQUIRED_LEVELS = []
    bound(make_staff("agnes", Role.AGENT), company)
    answer = visitor.answer_for(KARI, BUTTON)

    reason, status = reason_of(lambda: visitor.come_back(answer))

    assert (reason, status) == (Reason.LEVEL_TOO_LOW, 403)
    assert_nobody_is_in(visitor)


def test_nothing_demanded_is_nothing_believed(
    company: Provider, visitor: Browser, settings: Settings
) -> None:
    settings.STAFF_OIDC_REQUIRED_METHODS = []
    settings.STAFF_OIDC_REQUIRED_LEVELS = []
    bound(make_staff("agnes", Role.AGENT), company)
    answer = visitor.answer_for(KARI, BUTTON)

    assert reason_of(lambda: visitor.come_back(answer))[0] == Reason.LEVEL_TOO_LOW
    assert_nobody_is_in(visitor)


def test_an_answer_is_good_once_and_in_its_own_browser(
    company: Provider, visitor: Browser
) -> None:
    bound(make_staff("agnes", Role.AGENT), company)
    answer = visitor.answer_for(KARI, BUTTON)
    thief = Browser()

    assert reason_of(lambda: thief.come_back(answer))[0] == Reason.UNKNOWN_STATE
    assert visitor.come_back(answer).status_code == 302
    assert reason_of(lambda: visitor.come_back(answer))[0] == Reason.UNKNOWN_STATE


def test_an_answer_that_took_too_long_is_refused(
    company: Provider, visitor: Browser
) -> None:
    bound(make_staff("agnes", Role.AGENT), company)
    answer = visitor.answer_for(KARI, BUTTON)

    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert reason_of(lambda: visitor.come_back(answer)) == (
            Reason.UNKNOWN_STATE,
            400,
        )


def test_an_answer_to_customers_is_none_to_staff(
    company: Provider, eid: Provider, visitor: Browser
) -> None:
    """The two logins keep apart what was begun: neither finishes the other's."""
    answer = visitor.answer_for(KARI, "/logg-inn/")
    crossed = answer.replace("/logg-inn/retur/", "/ansatt/logg-inn/firma/retur/")

    assert reason_of(lambda: visitor.come_back(crossed))[0] == Reason.UNKNOWN_STATE


def test_the_same_subject_at_another_issuer_is_somebody_else(
    company: Provider, visitor: Browser
) -> None:
    agnes = make_staff("agnes", Role.AGENT)
    actions.bind_company_login(
        user=agnes,
        issuer="https://login.before.example",
        subject=KARI.subject,
        now=timezone.now(),
    )

    assert visitor.log_in(KARI, BUTTON)["Location"] == BIND


def test_switching_off_ends_the_sessions_and_shuts_the_door_at_once(
    company: Provider, visitor: Browser
) -> None:
    make_staff("boss", Role.ADMINISTRATOR)
    agnes = bound(make_staff("agnes", Role.AGENT), company)
    visitor.log_in(KARI, BUTTON)
    assert visitor.portal.get("/ansatt/").status_code == 200

    actions.switch_off(user=agnes, by=SYSTEM, now=timezone.now())

    assert visitor.portal.get("/ansatt/").status_code == 302
    answer = visitor.answer_for(KARI, BUTTON)
    assert reason_of(lambda: visitor.come_back(answer)) == (Reason.USER_INACTIVE, 403)


def test_a_password_works_beside_it_unless_settings_say_otherwise(
    company: Provider, settings: Settings
) -> None:
    agnes = bound(with_both("agnes"), company)
    bodil = with_both("bodil")
    beside = give_password(Client(), agnes.email)
    settings.STAFF_OIDC_ONLY = True

    alone = give_password(Client(), agnes.email)
    unbound = give_password(Client(), bodil.email)

    assert beside["Location"] == "/ansatt/logg-inn/kode/"
    assert alone.context["form"].non_field_errors() == [
        "E-postadressen eller passordet stemmer ikke."
    ]
    assert unbound["Location"] == "/ansatt/logg-inn/kode/"


def test_grave_things_let_the_company_ask_anew(
    company: Provider, visitor: Browser
) -> None:
    boss = bound(make_staff("boss", Role.ADMINISTRATOR), company)
    agnes = make_staff("agnes")
    visitor.portal = logged_in(boss, at=timezone.now() - timedelta(hours=1))
    asked = visitor.portal.post(
        f"/ansatt/personer/{agnes.id}/gi-rolle/", {"role": "auditor"}
    )
    assert asked["Location"] == "/ansatt/bekreft/"
    page = visitor.portal.get("/ansatt/bekreft/").content.decode()
    assert ["firmainnloggingen" in page, 'name="code"' in page] == [True, False]

    address = visitor.ask_to_log_in(AGAIN)
    assert (query_of(address)["max_age"], query_of(address)["prompt"]) == ("0", "login")
    back = visitor.come_back(visitor.choose(visitor.visit_eid(address), KARI))

    assert back["Location"] == "/ansatt/bekreft/fortsett/"
    begun = visitor.portal.get(back["Location"]).context["begun"]
    visitor.portal.post(begun.path, dict(begun.fields))
    assert agnes.has_role(Role.AUDITOR)


def test_anothers_company_login_confirms_nothing(
    company: Provider, visitor: Browser
) -> None:
    boss = bound(make_staff("boss", Role.ADMINISTRATOR), company)
    bound(make_staff("agnes", Role.AGENT), company, OLA.subject)
    visitor.portal = logged_in(boss, at=timezone.now() - timedelta(hours=1))
    answer = visitor.choose(visitor.visit_eid(visitor.ask_to_log_in(AGAIN)), OLA)

    assert reason_of(lambda: visitor.come_back(answer))[0] == Reason.SUBJECT_MISMATCH
    assert visitor.portal.get("/ansatt/sikkerhet/ny/")["Location"] == "/ansatt/bekreft/"


def test_an_old_answer_confirms_nothing(company: Provider, visitor: Browser) -> None:
    boss = bound(make_staff("boss", Role.ADMINISTRATOR), company)
    visitor.portal = logged_in(boss, at=timezone.now() - timedelta(hours=1))
    company.misbehave_next(Misbehaviour.OLD_AUTHENTICATION)
    answer = visitor.choose(visitor.visit_eid(visitor.ask_to_log_in(AGAIN)), KARI)

    reason, _ = reason_of(lambda: visitor.come_back(answer))

    assert reason == Reason.AUTHENTICATION_TOO_OLD


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/"])
def test_a_company_login_leads_to_no_other_site(
    company: Provider, visitor: Browser, elsewhere: str
) -> None:
    bound(make_staff("agnes", Role.AGENT), company)

    assert visitor.log_in(KARI, BUTTON, next=elsewhere)["Location"] == "/ansatt/"


def test_whoever_cancels_is_told_that_nothing_is_changed(
    company: Provider, visitor: Browser
) -> None:
    answer = visitor.cancel(visitor.visit_eid(visitor.ask_to_log_in(BUTTON)))

    page = visitor.portal.get(answer.removeprefix(PORTAL))

    assert (page.status_code, page.context["kind"]) == (200, "cancelled")


def test_a_company_that_is_away_is_said_so(
    visitor: Browser, settings: Settings
) -> None:
    settings.STAFF_OIDC_ISSUER = "http://127.0.0.1:1"

    refused = visitor.portal.post(BUTTON)

    assert (refused.status_code, refused.context["kind"]) == (503, "unavailable")


def test_a_level_may_stand_in_another_claim_among_several(
    company_with: Callable[..., Provider], visitor: Browser, settings: Settings
) -> None:
    """As authentication contexts in `acrs` of Entra ID; here `amr` plays that part."""
    company = company_with(methods=("c1", "c3"))
    settings.STAFF_OIDC_REQUIRED_METHODS = []
    settings.STAFF_OIDC_REQUIRED_LEVELS = ["c3"]
    settings.STAFF_OIDC_LEVEL_CLAIM = "amr"
    bound(make_staff("agnes", Role.AGENT), company)

    assert visitor.log_in(KARI, BUTTON).status_code == 302
    assert visitor.portal.get("/ansatt/").status_code == 200


def test_a_password_login_in_the_same_browser_is_another_session(
    company: Provider, visitor: Browser
) -> None:
    bound(make_staff("agnes", Role.AUDITOR), company)
    bodil = with_both("bodil", Role.AGENT)
    with time_machine.travel(MOMENT, tick=False):
        give_password(visitor.portal, bodil.email)
        give_code(visitor.portal, code_at(MOMENT))
    visitor.log_in(KARI, BUTTON)

    assert visitor.portal.get("/ansatt/").context["roles"] == ["Revisor"]
