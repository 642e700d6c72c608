"""Grave things ask for the second factor again; what was filled in is not lost."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import get_resolver

from hanportal.accounts.actions import add_app
from hanportal.accounts.models import Role, User
from hanportal.audit.log import Event
from tests.accounts.staff import logged_in, make_staff
from tests.accounts.test_staff_login import MOMENT, PASSWORD, SECRET, code_at, with_both
from tests.conventions.test_runtime import patterns

pytestmark = pytest.mark.django_db

PEOPLE = "/ansatt/personer/"
STEP_UP = "/ansatt/bekreft/"
CONTINUE = "/ansatt/bekreft/fortsett/"
LATER = MOMENT + timedelta(minutes=15)

GRAVE = {
    "staff_give_role",
    "staff_end_role",
    "staff_switch_off",
    "staff_switch_on",
    "staff_ask_for_reset",
    "staff_approve_reset",
    "staff_add_factor",
    "staff_remove_factor",
    "staff_recovery_codes",
    "staff_company_inside",
    "staff_change_password",
    "oversight:export",
    "console:switch",
    "console:release_closings",
    "console:release_delivery",
    "oversight:export_exposures",
}


@pytest.fixture
def boss() -> User:
    boss = make_staff("boss", Role.ADMINISTRATOR)
    add_app(user=boss, secret=SECRET, now=MOMENT)
    return boss


def old_login(user: User) -> Client:
    """Logged in a quarter of an hour ago, and in use since."""
    with time_machine.travel(LATER, tick=False):
        return logged_in(user, at=MOMENT)


def test_these_are_the_grave_things() -> None:
    found = {
        name
        for name, pattern in patterns(get_resolver("hanportal.urls"))
        if getattr(pattern.callback, "needs_fresh_second_factor", False)
    }

    assert found == GRAVE


def test_what_was_filled_in_is_done_after_the_second_factor(boss: User) -> None:
    agnes = make_staff("agnes")
    office = old_login(boss)
    with time_machine.travel(LATER, tick=False):
        asked = office.post(f"{PEOPLE}{agnes.id}/gi-rolle/", {"role": "auditor"})
        assert (asked.status_code, asked["Location"]) == (302, STEP_UP)
        assert not agnes.has_role(Role.AUDITOR)
        shown = office.get(STEP_UP).content.decode()
        assert "Du var i ferd med å gi en rolle." in shown
        proved = office.post(STEP_UP, {"code": code_at(LATER)})
        assert proved["Location"] == CONTINUE
        page = office.get(CONTINUE)
        begun = page.context["begun"]
        assert not agnes.has_role(Role.AUDITOR)
        office.post(begun.path, dict(begun.fields))

    assert begun.fields == (("role", "auditor"),)
    assert agnes.has_role(Role.AUDITOR)
    assert Event.objects.filter(what="login.confirmed").count() == 1


def test_it_is_told_in_the_language_in_which_it_is_read(boss: User) -> None:
    agnes = make_staff("agnes")
    office = old_login(boss)
    with time_machine.travel(LATER, tick=False):
        office.post(f"{PEOPLE}{agnes.id}/gi-rolle/", {"role": "auditor"})
        office.post("/sprak/", {"language": "en", "next": STEP_UP})

        shown = office.get(STEP_UP).content.decode()

    assert "You were about to give a role." in shown


def test_a_page_that_is_only_looked_at_comes_by_itself(boss: User) -> None:
    office = old_login(boss)
    with time_machine.travel(LATER, tick=False):
        assert office.get("/ansatt/sikkerhet/ny/")["Location"] == STEP_UP
        office.post(STEP_UP, {"code": code_at(LATER)})

        assert office.get(CONTINUE)["Location"] == "/ansatt/sikkerhet/ny/"
        assert office.get("/ansatt/sikkerhet/ny/").status_code == 200


def test_a_wrong_code_confirms_nothing(boss: User) -> None:
    agnes = make_staff("agnes")
    office = old_login(boss)
    with time_machine.travel(LATER, tick=False):
        office.post(f"{PEOPLE}{agnes.id}/gi-rolle/", {"role": "auditor"})
        wrong = office.post(STEP_UP, {"code": "000000"})
        skipped = office.get(CONTINUE)
        again = office.post(f"{PEOPLE}{agnes.id}/gi-rolle/", {"role": "auditor"})

    assert wrong.status_code == 200
    assert [skipped["Location"], again["Location"]] == [STEP_UP, STEP_UP]
    assert not agnes.has_role(Role.AUDITOR)


def test_codes_run_out_of_tries_here_too(boss: User) -> None:
    office = old_login(boss)
    with time_machine.travel(LATER, tick=False):
        for _ in range(8):
            office.post(STEP_UP, {"code": "000000"})
        refused = office.post(STEP_UP, {"code": code_at(LATER)})

    assert refused.context["form"].non_field_errors() == [
        "Det er gjort for mange forsøk. Vent et kvarter og prøv igjen."
    ]


def test_a_confirmation_lasts_a_quarter_of_an_hour(boss: User) -> None:
    agnes = make_staff("agnes")
    address = f"{PEOPLE}{agnes.id}/gi-rolle/"
    office = old_login(boss)
    with time_machine.travel(LATER, tick=False):
        office.post(STEP_UP, {"code": code_at(LATER)})
    answers = []
    for minutes in (14, 15):
        moment = LATER + timedelta(minutes=minutes)
        with time_machine.travel(moment, tick=False):
            answers.append(office.post(address, {"role": "agent"})["Location"])

    assert answers == [f"{PEOPLE}{agnes.id}/", STEP_UP]


def test_a_confirmation_does_not_let_the_session_last_longer(boss: User) -> None:
    with time_machine.travel(MOMENT, tick=False):
        office = logged_in(boss, at=MOMENT - timedelta(hours=11, minutes=50))
        office.post(STEP_UP, {"code": code_at(MOMENT)})
    with time_machine.travel(MOMENT + timedelta(minutes=10), tick=False):
        assert office.get("/ansatt/").status_code == 302


def test_what_waited_too_long_is_not_done(boss: User) -> None:
    agnes = make_staff("agnes")
    office = old_login(boss)
    with time_machine.travel(LATER, tick=False):
        office.post(f"{PEOPLE}{agnes.id}/gi-rolle/", {"role": "auditor"})
    late = LATER + timedelta(minutes=10)
    with time_machine.travel(late, tick=False):
        office.post(STEP_UP, {"code": code_at(late)})

        assert office.get(CONTINUE)["Location"] == "/ansatt/"


def test_the_role_is_asked_for_first(boss: User) -> None:
    agnes = make_staff("agnes", Role.AGENT)
    desk = old_login(agnes)
    with time_machine.travel(LATER, tick=False):
        answer = desk.post(f"{PEOPLE}{boss.id}/av/")

    assert answer.status_code == 403
    assert "unfinished" not in desk.session


def test_an_export_of_the_register_waits_for_the_second_factor() -> None:
    auditor = make_staff("auditor", Role.AUDITOR)
    add_app(user=auditor, secret=SECRET, now=MOMENT)
    desk = old_login(auditor)
    with time_machine.travel(LATER, tick=False):
        asked = desk.post("/innsyn/eksport/", {"format": "jsonl", "state": "active"})
        desk.post(STEP_UP, {"code": code_at(LATER)})
        begun = desk.get(CONTINUE).context["begun"]

    assert asked["Location"] == STEP_UP
    assert begun.path == "/innsyn/eksport/"
    assert dict(begun.fields) == {"format": "jsonl", "state": "active"}


def test_a_form_that_is_too_large_is_not_kept(boss: User) -> None:
    agnes = make_staff("agnes")
    office = old_login(boss)
    with time_machine.travel(LATER, tick=False):
        office.post(f"{PEOPLE}{agnes.id}/gi-rolle/", {"role": "a" * 20_001})

    assert "unfinished" not in office.session


def test_what_proves_who_one_is_lies_in_no_session() -> None:
    agnes = with_both("agnes")
    desk = old_login(agnes)
    address = "/ansatt/sikkerhet/passord/"
    with time_machine.travel(LATER, tick=False):
        desk.post(address, {"current": PASSWORD, "password": "et annet langt passord"})
        assert PASSWORD not in str(dict(desk.session.items()))
        desk.post(STEP_UP, {"code": code_at(LATER)})

        assert desk.get(CONTINUE)["Location"] == address
