"""Administrators let people in, give roles, take them away, and switch people off."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from hanportal.accounts import actions
from hanportal.accounts.models import Role, RoleGrant, User
from hanportal.audit.log import Event
from tests.accounts.people import KARI, make_customer
from tests.accounts.staff import SYSTEM, logged_in, make_staff
from tests.accounts.test_staff_login import (
    MOMENT,
    PASSWORD,
    SECRET,
    give_password,
    with_both,
)

pytestmark = pytest.mark.django_db

PEOPLE = "/ansatt/personer/"
NEW = {
    "name": "Bodil Berg",
    "email": "Bodil@Fjordnett.example",
    "staff_number": "2077",
    "role": "auditor",
}


@pytest.fixture
def boss() -> User:
    return make_staff("boss", Role.ADMINISTRATOR)


def events() -> list[str]:
    found = Event.objects.filter(chain="staff").order_by("sequence")
    return [f"{event.what} {event.facts.get('role', '')}".strip() for event in found]


def choose(email: str, code: str, password: str = PASSWORD) -> Client:
    client = Client()
    given = {"email": email, "code": code, "password": password}
    client.post("/ansatt/passord/", given)
    return client


def test_a_page_that_is_shown_once_offers_no_other_language(boss: User) -> None:
    office, switch = logged_in(boss), 'name="language"'
    form = office.get(f"{PEOPLE}ny/").content.decode()
    code = office.post(f"{PEOPLE}ny/", NEW).content.decode()
    itself = f"{PEOPLE}{boss.pk}/"
    refused = office.post(f"{itself}av/")
    assert refused.status_code == 409
    shown = [form, code, refused.content.decode(), office.get(itself).content.decode()]
    assert [switch in page for page in shown] == [True, False, False, True]


def test_a_person_is_let_in_with_a_code_that_works_once(boss: User) -> None:
    shown = logged_in(boss).post(f"{PEOPLE}ny/", NEW)
    code = shown.context["code"]
    bodil = User.objects.get(staff_number="2077")
    assert (bodil.email, bodil.has_usable_password()) == (
        "bodil@fjordnett.example",
        False,
    )

    choose(bodil.email, code)
    choose(bodil.email, code, "et helt annet passord")

    assert (
        give_password(Client(), bodil.email)["Location"] == "/ansatt/logg-inn/oppsett/"
    )
    assert RoleGrant.objects.get(user=bodil).granted_by == boss
    assert events()[-3:] == [
        "staff.created",
        "role.given auditor",
        "staff.password_chosen",
    ]


def test_a_code_lasts_a_day(boss: User) -> None:
    with time_machine.travel(MOMENT, tick=False):
        code = logged_in(boss).post(f"{PEOPLE}ny/", NEW).context["code"]
    with time_machine.travel(MOMENT + timedelta(hours=24, seconds=1), tick=False):
        choose("bodil@fjordnett.example", code)

    assert not User.objects.get(staff_number="2077").has_usable_password()


def test_a_code_is_nobody_elses(boss: User) -> None:
    code = logged_in(boss).post(f"{PEOPLE}ny/", NEW).context["code"]

    choose(boss.email, code)

    assert not User.objects.get(pk=boss.pk).has_usable_password()


@pytest.mark.parametrize("weak", ["kort", "passordpassord1"[:13], "bodil berg 2077"])
def test_a_weak_password_is_refused(boss: User, weak: str) -> None:
    code = logged_in(boss).post(f"{PEOPLE}ny/", NEW).context["code"]

    choose("bodil@fjordnett.example", code, weak)

    assert not User.objects.get(staff_number="2077").has_usable_password()


@pytest.mark.parametrize(
    "taken", [{"staff_number": "S-boss"}, {"email": "boss@fjordnett.example"}]
)
def test_nobody_takes_anothers_number_or_address(
    boss: User, taken: dict[str, str]
) -> None:
    page = logged_in(boss).post(f"{PEOPLE}ny/", {**NEW, **taken})

    assert page.context["form"].non_field_errors() == [
        "E-postadressen eller ansattnummeret er i bruk fra før."
    ]
    assert User.objects.staff().count() == 1


def test_a_role_opens_its_pages_at_once_and_shuts_them_at_once(boss: User) -> None:
    agnes = make_staff("agnes")
    browser, office = logged_in(agnes), logged_in(boss)
    assert browser.get("/innsyn/").status_code == 403

    office.post(f"{PEOPLE}{agnes.id}/gi-rolle/", {"role": "auditor"})
    assert browser.get("/innsyn/").status_code == 200
    office.post(f"{PEOPLE}{agnes.id}/ta-rolle/", {"role": "auditor"})

    assert browser.get("/innsyn/").status_code == 403
    assert events()[-2:] == ["role.given auditor", "role.ended auditor"]


def test_a_role_given_twice_is_given_once(boss: User) -> None:
    agnes = make_staff("agnes")
    for _ in range(2):
        actions.give_role(user=agnes, role=Role.AGENT, by=SYSTEM, now=timezone.now())

    assert RoleGrant.objects.filter(user=agnes).count() == 1
    assert events().count("role.given agent") == 1


def test_nobody_gives_roles_to_themselves(boss: User) -> None:
    page = logged_in(boss).post(f"{PEOPLE}{boss.id}/gi-rolle/", {"role": "auditor"})

    assert page.status_code == 409
    assert not boss.has_role(Role.AUDITOR)


def test_a_customer_gets_no_role() -> None:
    kari = User.objects.create(customer=make_customer(KARI))

    with pytest.raises(actions.NotStaff):
        actions.give_role(user=kari, role=Role.AGENT, by=SYSTEM, now=timezone.now())


@pytest.mark.parametrize("how", ["av", "ta-rolle"])
def test_the_last_administrator_stays(boss: User, how: str) -> None:
    page = logged_in(boss).post(f"{PEOPLE}{boss.id}/{how}/", {"role": "administrator"})

    assert page.status_code == 409
    boss.refresh_from_db()
    assert (boss.is_active, boss.has_role(Role.ADMINISTRATOR)) == (True, True)


def test_an_administrator_who_is_switched_off_is_no_other_one(boss: User) -> None:
    second = make_staff("second", Role.ADMINISTRATOR)
    actions.switch_off(user=second, by=SYSTEM, now=timezone.now())

    with pytest.raises(actions.LastAdministrator):
        actions.switch_off(user=boss, by=SYSTEM, now=timezone.now())


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"email": "", "staff_number": "1"}, "user_is_staff_or_customer"),
        ({"email": "a@b.no", "staff_number": ""}, "user_is_staff_or_customer"),
        (
            {"email": "a@b.no", "staff_number": "1", "is_superuser": True},
            "user_is_no_superuser",
        ),
    ],
)
def test_the_database_refuses_half_a_staff_member(
    changes: dict[str, object], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        User.objects.create(is_staff=True, **changes)


def test_the_last_second_factor_stays_and_anothers_is_not_found() -> None:
    agnes, bodil = with_both("agnes"), with_both("bodil")
    browser = logged_in(agnes)
    own = Authenticator.objects.get(user=agnes).pk
    anothers = Authenticator.objects.get(user=bodil).pk

    answers = [
        browser.post(f"/ansatt/sikkerhet/{factor}/fjern/").status_code
        for factor in (own, anothers)
    ]

    assert answers == [409, 404]
    assert Authenticator.objects.count() == 2


def test_new_recovery_codes_end_the_old_ones() -> None:
    agnes = with_both("agnes")
    old = actions.new_recovery_codes(user=agnes, now=timezone.now())

    shown = logged_in(agnes).post("/ansatt/sikkerhet/koder/")

    assert set(shown.context["codes"]) & set(old) == set()


def create(monkeypatch: pytest.MonkeyPatch, *roles: str, **environment: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    line = ["--email", "first@fjordnett.example", "--name", "Første Administrator"]
    held = [part for role in roles for part in ("--role", role)]
    call_command("create_staff", *line, "--staff-number", "1", *held)


def test_the_command_makes_the_first_administrator_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create(monkeypatch, "administrator")
    _, code = capsys.readouterr().out.split()
    choose("first@fjordnett.example", code)
    create(monkeypatch, "administrator", "auditor")

    assert capsys.readouterr().out == ""
    user = User.objects.get()
    assert user.has_usable_password()
    assert RoleGrant.objects.roles_of(user) == {Role.ADMINISTRATOR, Role.AUDITOR}


def test_the_command_takes_password_and_app_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create(monkeypatch, "agent", STAFF_PASSWORD=PASSWORD, STAFF_TOTP_SECRET=SECRET)

    entry = give_password(Client(), "first@fjordnett.example")
    assert entry["Location"] == "/ansatt/logg-inn/kode/"
    assert capsys.readouterr().out == ""


def test_the_command_refuses_a_weak_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError):
        create(monkeypatch, "agent", STAFF_PASSWORD="kort")

    assert User.objects.count() == 0
