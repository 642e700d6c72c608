"""Whose company login it is: shown once, by a code or from inside, never by mail."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from hanportal.accounts import actions
from hanportal.accounts.eid.refusals import Reason
from hanportal.accounts.models import CompanyLogin, NoticeKind, Role, User
from hanportal.accounts.password_codes import password_code
from hanportal.demo.eid.provider import Provider
from tests.accounts.eid_server import Browser
from tests.accounts.people import KARI, OLA
from tests.accounts.staff import logged_in, make_staff, told
from tests.accounts.test_company_login import (
    BIND,
    BUTTON,
    INSIDE,
    assert_nobody_is_in,
    bound,
)
from tests.accounts.test_refusals import reason_of
from tests.accounts.test_staff_login import with_both

pytestmark = pytest.mark.django_db


def test_nobody_is_let_in_unbound_whatever_their_address(
    company: Provider, visitor: Browser
) -> None:
    """There is no making of users, and no finding them by what the company says."""
    make_staff("agnes", Role.ADMINISTRATOR)
    before = User.objects.count()

    answer = visitor.log_in(KARI, BUTTON)

    assert answer["Location"] == BIND
    assert_nobody_is_in(visitor)
    assert (User.objects.count(), CompanyLogin.objects.count()) == (before, 0)


def test_a_one_time_code_binds_the_login_once(
    company: Provider, visitor: Browser
) -> None:
    bodil = make_staff("bodil", Role.AUDITOR)
    code = password_code(bodil)
    visitor.log_in(KARI, BUTTON, next="/innsyn/")

    done = visitor.portal.post(BIND, {"email": bodil.email, "code": code})

    assert (done.status_code, done["Location"]) == (302, "/innsyn/")
    assert visitor.portal.get("/innsyn/").status_code == 200
    login = CompanyLogin.objects.get()
    assert (login.user, login.subject) == (bodil, KARI.subject)
    assert NoticeKind.COMPANY_LOGIN_BOUND in told(bodil)
    thief = Browser()
    thief.log_in(OLA, BUTTON)
    refused = thief.portal.post(BIND, {"email": bodil.email, "code": code})
    assert refused.status_code == 200
    assert_nobody_is_in(thief)


@pytest.mark.parametrize("whose", ["nobody's", "another's", "used"])
def test_a_wrong_code_binds_nothing(
    company: Provider, visitor: Browser, whose: str
) -> None:
    bodil, agnes = make_staff("bodil", Role.AUDITOR), make_staff("agnes", Role.AGENT)
    codes = {
        "nobody's": "a guess",
        "another's": password_code(agnes),
        "used": password_code(bodil),
    }
    if whose == "used":
        actions.choose_password(
            user=bodil, password="et langt nok passord", now=timezone.now()
        )
    visitor.log_in(KARI, BUTTON)

    refused = visitor.portal.post(BIND, {"email": bodil.email, "code": codes[whose]})

    assert refused.context["form"].errors != {}
    assert CompanyLogin.objects.count() == 0
    assert_nobody_is_in(visitor)


def test_codes_are_guessed_in_vain_here_too(
    company: Provider, visitor: Browser
) -> None:
    bodil = make_staff("bodil", Role.AUDITOR)
    visitor.log_in(KARI, BUTTON)
    with time_machine.travel(timezone.now(), tick=False):
        for number in range(8):
            visitor.portal.post(BIND, {"email": bodil.email, "code": f"{number}"})
        refused = visitor.portal.post(
            BIND, {"email": bodil.email, "code": password_code(bodil)}
        )

    assert refused.context["form"].non_field_errors() == [
        "Det er gjort for mange forsøk. Vent et kvarter og prøv igjen."
    ]
    assert CompanyLogin.objects.count() == 0


def test_without_having_come_from_the_company_there_is_nothing_to_bind(
    company: Provider, client: Client
) -> None:
    bodil = make_staff("bodil", Role.AUDITOR)

    answer = client.post(BIND, {"email": bodil.email, "code": password_code(bodil)})

    assert answer["Location"] == "/ansatt/logg-inn/"
    assert CompanyLogin.objects.count() == 0


def test_one_login_is_one_persons(company: Provider, visitor: Browser) -> None:
    bound(make_staff("agnes", Role.AGENT), company)
    bodil = make_staff("bodil", Role.AUDITOR)

    with pytest.raises(actions.BoundAlready):
        bound(bodil, company)
    with pytest.raises(actions.BoundAlready):
        bound(bound(bodil, company, OLA.subject), company, "yet-another")
    with (
        pytest.raises(IntegrityError, match="company_login_is_one_persons"),
        transaction.atomic(),
    ):
        CompanyLogin.objects.filter(user=bodil).update(subject=KARI.subject)


def test_it_is_bound_from_inside_with_a_fresh_second_factor(
    company: Provider, visitor: Browser
) -> None:
    agnes = with_both("agnes")
    visitor.portal = logged_in(agnes)

    answer = visitor.log_in(KARI, INSIDE)

    assert answer["Location"] == "/ansatt/sikkerhet/"
    assert CompanyLogin.objects.get().user == agnes
    stale = logged_in(with_both("bodil"), at=timezone.now() - timedelta(hours=1))
    assert stale.post(INSIDE)["Location"] == "/ansatt/bekreft/"


def test_a_login_that_is_anothers_is_not_bound_from_inside(
    company: Provider, visitor: Browser
) -> None:
    bound(make_staff("agnes", Role.AGENT), company)
    visitor.portal = logged_in(with_both("bodil"))
    answer = visitor.answer_for(KARI, INSIDE)

    assert reason_of(lambda: visitor.come_back(answer))[0] == Reason.SUBJECT_MISMATCH
    assert CompanyLogin.objects.count() == 1
