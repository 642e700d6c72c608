"""Staff log in with a password and a second factor, and with nothing less."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from hanportal.accounts.actions import (
    add_app,
    choose_password,
    new_recovery_codes,
    switch_off,
    switch_on,
)
from hanportal.accounts.models import Role, User
from hanportal.audit.log import Event
from tests.accounts.people import KARI, make_customer
from tests.accounts.staff import SYSTEM, logged_in, make_staff

pytestmark = pytest.mark.django_db

PASSWORD = "fire rolige hester om høsten"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
MOMENT = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)


def code_at(moment: datetime, secret: str = SECRET) -> str:
    value: str = format_hotp_value(hotp_value(secret, int(moment.timestamp()) // 30))
    return value


def with_both(name: str = "agnes", *roles: Role) -> User:
    """A person who has chosen a password and set up an app."""
    user = make_staff(name, *(roles or (Role.AGENT,)))
    choose_password(user=user, password=PASSWORD, now=timezone.now())
    add_app(user=user, secret=SECRET, now=timezone.now())
    user.refresh_from_db()
    return user


def give_password(
    client: Client, email: str, password: str = PASSWORD, **form: str
) -> Any:
    return client.post(
        "/ansatt/logg-inn/", {"email": email, "password": password, **form}
    )


def give_code(client: Client, code: str) -> Any:
    return client.post("/ansatt/logg-inn/kode/", {"code": code})


def test_password_and_code_lead_to_the_page_that_was_asked_for(client: Client) -> None:
    user = with_both("agnes")
    asked = client.get("/kundesenter/?sok=Kari")
    assert asked["Location"] == "/ansatt/logg-inn/?next=%2Fkundesenter%2F%3Fsok%3DKari"

    half = give_password(client, user.email, next="/kundesenter/?sok=Kari")
    assert half["Location"] == "/ansatt/logg-inn/kode/"
    done = give_code(client, code_at(timezone.now()))

    assert (done.status_code, done["Location"]) == (302, "/kundesenter/?sok=Kari")
    assert client.get("/ansatt/").context["roles"] == ["Kundebehandler"]
    last = Event.objects.order_by("id").last()
    assert last is not None
    assert (last.what, last.facts["factor"]) == ("login.succeeded", "totp")


def test_a_right_password_alone_opens_nothing(client: Client) -> None:
    user = with_both("agnes")
    give_password(client, user.email)

    for page in ("/ansatt/", "/kundesenter/", "/innsyn/", "/ansatt/personer/"):
        assert client.get(page).status_code == 302, page
    assert "_auth_user_id" not in client.session


def test_a_session_without_a_second_factor_is_nobodys(client: Client) -> None:
    """Even a session that something else has logged in."""
    client.force_login(with_both("agnes"))

    assert client.get("/ansatt/")["Location"] == "/ansatt/logg-inn/?next=%2Fansatt%2F"
    assert client.get("/admin/")["Location"] == "/ansatt/logg-inn/?next=%2Fadmin%2F"
    assert client.get("/").context["user"].is_authenticated is False


def test_anothers_second_factor_opens_nothing(client: Client) -> None:
    agnes, bodil = with_both("agnes"), make_staff("bodil", Role.AUDITOR)
    borrowed = logged_in(agnes)
    kept = borrowed.session["second_factor"]
    client.force_login(bodil)
    session = client.session
    session["second_factor"] = kept
    session.save()

    assert client.get("/ansatt/").status_code == 302


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("agnes@fjordnett.example", "galt passord for henne"),
        ("nobody@fjordnett.example", PASSWORD),
        ("bodil@fjordnett.example", PASSWORD),
        ("siri@fjordnett.example", PASSWORD),
    ],
    ids=["wrong password", "nobody", "no password chosen", "switched off"],
)
def test_a_refusal_never_tells_why(client: Client, email: str, password: str) -> None:
    with_both("agnes", Role.ADMINISTRATOR)
    make_staff("bodil", Role.AGENT)
    gone = make_staff("siri", Role.AGENT)
    choose_password(user=gone, password=PASSWORD, now=timezone.now())
    switch_off(user=gone, by=SYSTEM, now=timezone.now())

    refused = give_password(client, email, password)

    assert refused.status_code == 200
    assert refused.context["form"].non_field_errors() == [
        "E-postadressen eller passordet stemmer ikke."
    ]
    assert "half_way_in" not in client.session


def test_a_name_that_nobody_has_costs_as_much_hashing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: one password is hashed whoever is asked for."""
    hashed: list[str] = []
    plain = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return plain(self, password, salt)

    user = with_both("agnes")
    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    give_password(client, user.email, "galt passord for henne")
    known = len(hashed)
    give_password(client, "nobody@fjordnett.example", "galt passord for henne")

    assert (known, len(hashed)) == (1, 2)


def test_too_many_tries_are_not_judged_and_the_wait_ends(client: Client) -> None:
    user = with_both("agnes")
    with time_machine.travel(MOMENT, tick=False):
        for _ in range(8):
            give_password(client, user.email, "galt passord for henne")
        locked = give_password(client, user.email)
        unknown = Client()
        for _ in range(8):
            give_password(unknown, "nobody@fjordnett.example")
        also_locked = give_password(unknown, "nobody@fjordnett.example")
    with time_machine.travel(MOMENT + timedelta(minutes=15), tick=False):
        let_in = give_password(client, user.email)

    assert locked.context["form"].non_field_errors() == [
        "Det er gjort for mange forsøk. Vent et kvarter og prøv igjen."
    ]
    assert also_locked.context["form"].errors == locked.context["form"].errors
    assert let_in["Location"] == "/ansatt/logg-inn/kode/"


def test_codes_run_out_of_tries_too(client: Client) -> None:
    user = with_both("agnes")
    with time_machine.travel(MOMENT, tick=False):
        give_password(client, user.email)
        for _ in range(8):
            give_code(client, "000000")
        refused = give_code(client, code_at(MOMENT))

    assert refused.context["form"].non_field_errors() == [
        "Det er gjort for mange forsøk. Vent et kvarter og prøv igjen."
    ]
    assert "_auth_user_id" not in client.session


def test_the_limit_holds_and_lets_in_while_the_cache_is_down(
    client: Client, settings: Settings
) -> None:
    user = with_both("agnes")
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }
    with pytest.raises(Exception, match="onnect"):
        cache.get("anything")

    for _ in range(7):
        give_password(client, user.email, "galt passord for henne")
    give_password(client, user.email)
    let_in = give_code(client, code_at(timezone.now()))
    stranger = Client()
    for _ in range(9):
        refused = give_password(stranger, user.email, "galt passord for henne")

    assert let_in["Location"] == "/ansatt/"
    assert refused.context["form"].non_field_errors() == [
        "Det er gjort for mange forsøk. Vent et kvarter og prøv igjen."
    ]


def test_a_code_works_once(client: Client) -> None:
    user = with_both("agnes")
    with time_machine.travel(MOMENT, tick=False):
        give_password(client, user.email)
        give_code(client, code_at(MOMENT))
        second = Client()
        give_password(second, user.email)
        again = give_code(second, code_at(MOMENT))
        older = give_code(second, code_at(MOMENT - timedelta(seconds=30)))
        next_one = give_code(second, code_at(MOMENT + timedelta(seconds=30)))

    assert [again.status_code, older.status_code] == [200, 200]
    assert next_one["Location"] == "/ansatt/"


@pytest.mark.parametrize("off", [-60, 60])
def test_a_code_of_another_minute_is_wrong(client: Client, off: int) -> None:
    user = with_both("agnes")
    with time_machine.travel(MOMENT, tick=False):
        give_password(client, user.email)
        refused = give_code(client, code_at(MOMENT + timedelta(seconds=off)))

    assert refused.status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_recovery_code_works_once(client: Client) -> None:
    user = with_both("agnes")
    code, *_ = new_recovery_codes(user=user, now=timezone.now())
    give_password(client, user.email)
    let_in = give_code(client, code)
    second = Client()
    give_password(second, user.email)
    again = give_code(second, code)

    assert let_in["Location"] == "/ansatt/"
    assert again.status_code == 200


def test_half_way_in_lasts_five_minutes(client: Client) -> None:
    user = with_both("agnes")
    with time_machine.travel(MOMENT, tick=False):
        give_password(client, user.email)
    later = MOMENT + timedelta(minutes=5)
    with time_machine.travel(later, tick=False):
        refused = give_code(client, code_at(later))

    assert refused["Location"] == "/ansatt/logg-inn/"


def test_half_way_in_ends_when_the_password_is_changed(client: Client) -> None:
    user = with_both("agnes")
    give_password(client, user.email)
    choose_password(user=user, password=f"{PASSWORD} igjen", now=timezone.now())

    assert give_code(client, code_at(timezone.now()))["Location"] == "/ansatt/logg-inn/"


def test_the_first_login_sets_up_an_app_before_anything_opens(client: Client) -> None:
    user = make_staff("bodil", Role.AUDITOR)
    choose_password(user=user, password=PASSWORD, now=timezone.now())
    assert give_password(client, user.email)["Location"] == "/ansatt/logg-inn/oppsett/"
    page = client.get("/ansatt/logg-inn/oppsett/")
    secret = page.context["secret"]
    assert client.get("/ansatt/").status_code == 302
    wrong = client.post("/ansatt/logg-inn/oppsett/", {"code": "000000"})
    assert wrong.context["form"].errors != {}

    shown = client.post(
        "/ansatt/logg-inn/oppsett/", {"code": code_at(timezone.now(), secret)}
    )

    assert [len(code) for code in shown.context["codes"]] == [8] * 10
    assert client.get("/ansatt/").status_code == 200
    kinds = Authenticator.objects.filter(user=user).values_list("type", flat=True)
    assert sorted(kinds) == ["recovery_codes", "totp"]
    assert secret not in str(Authenticator.objects.get(type="totp").data)


def test_the_code_that_set_up_the_app_is_used_up(client: Client) -> None:
    user = make_staff("bodil", Role.AUDITOR)
    choose_password(user=user, password=PASSWORD, now=timezone.now())
    with time_machine.travel(MOMENT, tick=False):
        give_password(client, user.email)
        secret = client.get("/ansatt/logg-inn/oppsett/").context["secret"]
        client.post("/ansatt/logg-inn/oppsett/", {"code": code_at(MOMENT, secret)})
        second = Client()
        give_password(second, user.email)
        again = give_code(second, code_at(MOMENT, secret))
        next_one = give_code(second, code_at(MOMENT + timedelta(seconds=30), secret))

    assert again.status_code == 200
    assert next_one["Location"] == "/ansatt/"


def test_who_has_a_second_factor_cannot_set_up_another_half_way(
    client: Client,
) -> None:
    user = with_both("agnes")
    give_password(client, user.email)

    assert client.get("/ansatt/logg-inn/oppsett/")["Location"] == "/ansatt/logg-inn/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/"])
def test_a_login_leads_to_no_other_site(client: Client, elsewhere: str) -> None:
    user = with_both("agnes")
    give_password(client, user.email, next=elsewhere)

    assert give_code(client, code_at(timezone.now()))["Location"] == "/ansatt/"


def test_logging_out_ends_the_session() -> None:
    client = logged_in(with_both("agnes"))

    client.post("/ansatt/logg-ut/")

    assert client.get("/ansatt/").status_code == 302
    assert Session.objects.count() == 0


def test_switching_off_ends_every_session_and_switching_on_revives_none() -> None:
    make_staff("siri", Role.ADMINISTRATOR)
    user = with_both("agnes")
    desk, telephone = logged_in(user), logged_in(user)
    assert desk.get("/ansatt/").status_code == 200

    switch_off(user=user, by=SYSTEM, now=timezone.now())
    assert [c.get("/ansatt/").status_code for c in (desk, telephone)] == [302, 302]
    switch_on(user=user, by=SYSTEM, now=timezone.now())

    assert [c.get("/ansatt/").status_code for c in (desk, telephone)] == [302, 302]
    assert give_password(Client(), user.email).status_code == 200


def test_nobody_is_both_staff_and_customer() -> None:
    user = with_both("agnes")
    user.customer = make_customer(KARI)

    with (
        pytest.raises(IntegrityError, match="user_is_staff_or_customer"),
        transaction.atomic(),
    ):
        user.save()


def test_a_customer_with_a_password_gets_nowhere(client: Client) -> None:
    """The constraint gives customers no login name; a password finds none."""
    user = User.objects.create(customer=make_customer(KARI))
    user.set_password(PASSWORD)
    user.save()

    for name in ("", str(user.pk), f"{user.pk}@example.no"):
        assert give_password(client, name).status_code == 200
    assert "half_way_in" not in client.session


def test_the_picture_of_the_secret_is_part_of_the_page(client: Client) -> None:
    user = make_staff("bodil", Role.AUDITOR)
    choose_password(user=user, password=PASSWORD, now=timezone.now())
    give_password(client, user.email)

    page = client.get("/ansatt/logg-inn/oppsett/").content.decode()

    assert len(re.findall(r"<svg[^>]*>", page)) == 1
    assert re.findall(r'(?:src|href)="data:', page) == []
