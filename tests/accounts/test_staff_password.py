"""Staff change their own password, and everything that the old one opened ends."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from hanportal.accounts.actions import choose_password
from hanportal.accounts.models import NoticeKind, User
from tests.accounts.staff import logged_in, make_staff, told
from tests.accounts.test_staff_login import (
    MOMENT,
    PASSWORD,
    give_password,
    with_both,
)

pytestmark = pytest.mark.django_db

ADDRESS = "/ansatt/sikkerhet/passord/"
NEW = "fem  Raske hester i Våren "
LET_IN = "/ansatt/logg-inn/kode/"


@pytest.fixture
def agnes() -> User:
    return with_both("agnes")


def test_a_password_is_changed_and_everything_else_ends(agnes: User) -> None:
    desk, phone = logged_in(agnes), logged_in(agnes)

    done = desk.post(ADDRESS, {"current": PASSWORD, "password": NEW})

    assert done.status_code == 200
    assert [each.get("/ansatt/").status_code for each in (desk, phone)] == [302, 302]
    assert Session.objects.count() == 0
    assert give_password(Client(), agnes.email).status_code == 200
    assert give_password(Client(), agnes.email, NEW)["Location"] == LET_IN
    assert told(agnes).count(NoticeKind.PASSWORD_CHOSEN) == 2


def test_the_current_password_is_needed(agnes: User) -> None:
    desk = logged_in(agnes)

    refused = desk.post(ADDRESS, {"current": "galt passord for henne", "password": NEW})

    assert refused.context["form"].non_field_errors() == [
        "Passordet du har nå, stemmer ikke."
    ]
    assert give_password(Client(), agnes.email)["Location"] == LET_IN


def test_the_current_password_is_guessed_in_vain(agnes: User) -> None:
    desk = logged_in(agnes)
    with time_machine.travel(timezone.now(), tick=False):
        for _ in range(8):
            desk.post(ADDRESS, {"current": "galt", "password": NEW})
        refused = desk.post(ADDRESS, {"current": PASSWORD, "password": NEW})

    assert refused.context["form"].non_field_errors() == [
        "Det er gjort for mange forsøk. Vent et kvarter og prøv igjen."
    ]


@pytest.mark.parametrize(
    ("weak", "why"),
    [
        ("kort", "Passordet er for kort. Det må ha minst 14 tegn."),
        ("megaparol12345", "Dette passordet er for vanlig."),
        (
            "agnes@fjordnett.example",
            "Passordet ligner for mye på navnet, e-postadressen eller nummeret.",
        ),
    ],
)
def test_a_weak_one_is_refused(agnes: User, weak: str, why: str) -> None:
    desk = logged_in(agnes)

    refused = desk.post(ADDRESS, {"current": PASSWORD, "password": weak})

    assert refused.context["form"].errors["password"] == [why]
    assert give_password(Client(), agnes.email)["Location"] == LET_IN


@pytest.mark.parametrize(
    "near", [NEW.strip(), NEW.lower(), NEW.replace("  ", " "), NEW[:-1]]
)
def test_every_character_counts(agnes: User, near: str) -> None:
    long = NEW * 20
    choose_password(user=agnes, password=long, now=timezone.now())

    right = give_password(Client(), agnes.email, long)
    wrong = give_password(Client(), agnes.email, long[: -len(NEW)] + near)

    assert (len(long) > 64, right["Location"], wrong.status_code) == (True, LET_IN, 200)


def test_it_needs_a_fresh_second_factor(agnes: User) -> None:
    with time_machine.travel(MOMENT, tick=False):
        desk = logged_in(agnes, at=MOMENT - timedelta(hours=1))

        assert desk.get(ADDRESS)["Location"] == "/ansatt/bekreft/"


def test_who_has_no_password_has_none_to_change() -> None:
    bodil = make_staff("bodil")

    assert logged_in(bodil).get(ADDRESS).status_code == 404
