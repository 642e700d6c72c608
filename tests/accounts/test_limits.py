"""Where tries are counted: by the address that our proxies saw, and by device."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from hanportal.accounts.addresses import client_address
from hanportal.accounts.checks import limits_know_who_asks
from hanportal.accounts.devices import COOKIE
from hanportal.accounts.models import Tries
from hanportal.accounts.tasks import forget_tries
from tests.accounts.test_staff_login import (
    MOMENT,
    code_at,
    give_code,
    give_password,
    with_both,
)

PROXIES = ["10.0.0.0/8", "fd00::/8"]
LOCKED = ["Det er gjort for mange forsøk. Vent et kvarter og prøv igjen."]


def counted(remote: str, forwarded: str | None = None) -> str:
    extra: dict[str, Any] = {"REMOTE_ADDR": remote}
    if forwarded is not None:
        extra["HTTP_X_FORWARDED_FOR"] = forwarded
    return client_address(RequestFactory().get("/", **extra))


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        # Somebody who is no proxy of ours says whatever they like.
        ("192.0.2.1", "198.51.100.9", "192.0.2.1"),
        ("10.0.0.2", "198.51.100.9", "198.51.100.9"),
        # What the browser wrote itself stands to the left, and is not reached.
        ("10.0.0.2", "203.0.113.7, 198.51.100.9", "198.51.100.9"),
        ("10.0.0.2", "203.0.113.7, 198.51.100.9, 10.0.0.1", "198.51.100.9"),
        ("10.0.0.2", "10.9.9.9", "10.9.9.9"),
        ("10.0.0.2", None, "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("10.0.0.2", "198.51.100.9:41234", "198.51.100.9"),
        ("fd00::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fd00::1", "[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.2", "198.51.100.9", "198.51.100.9"),
        ("", None, "unknown"),
    ],
)
def test_the_address_is_what_the_nearest_of_our_proxies_saw(
    settings: Settings, remote: str, forwarded: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXIES = PROXIES

    assert counted(remote, forwarded) == expected


@given(header=st.text(alphabet="0123456789abcdef.:[], \tx", max_size=80))
def test_no_header_is_believed_without_a_proxy_and_none_breaks_anything(
    header: str,
) -> None:
    assert counted("192.0.2.1", header) == "192.0.2.1"


@given(header=st.text(alphabet="0123456789abcdef.:[], \tx", max_size=80))
def test_whatever_a_proxy_says_gives_an_address(header: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.TRUSTED_PROXIES", PROXIES)

        assert counted("10.0.0.2", header) != "unknown"


@pytest.mark.django_db
def test_an_attacker_behind_the_proxy_locks_out_nobody_elses_address(
    settings: Settings,
) -> None:
    settings.TRUSTED_PROXIES = PROXIES
    settings.STAFF_LOGIN_TRIES_PER_ADDRESS = 3
    user = with_both("agnes")

    def from_address(number: int, forged: int) -> Any:
        client = Client(REMOTE_ADDR="10.0.0.2")
        client.defaults["HTTP_X_FORWARDED_FOR"] = (
            f"203.0.113.{forged}, 198.51.100.{number}"
        )
        return client

    with time_machine.travel(MOMENT, tick=False):
        for forged in range(4):
            refused = give_password(from_address(1, forged), "nobody@fjordnett.example")
        let_in = give_password(from_address(2, 0), user.email)

    assert refused.context["form"].non_field_errors() == LOCKED
    assert let_in["Location"] == "/ansatt/logg-inn/kode/"


@pytest.mark.django_db
def test_strangers_lock_nobody_out_of_a_device_they_have_used() -> None:
    user = with_both("agnes")
    own = Client()
    with time_machine.travel(MOMENT, tick=False):
        give_password(own, user.email)
        give_code(own, code_at(MOMENT))
        own.post("/ansatt/logg-ut/")
        for _ in range(20):
            stranger = give_password(Client(), user.email, "galt passord for henne")
        from_own = give_password(own, user.email)
        from_new = give_password(Client(), user.email)

    assert stranger.context["form"].non_field_errors() == LOCKED
    assert from_own["Location"] == "/ansatt/logg-inn/kode/"
    assert from_new.context["form"].non_field_errors() == LOCKED


@pytest.mark.django_db
def test_a_known_device_has_no_more_tries_than_others() -> None:
    user = with_both("agnes")
    own = Client()
    with time_machine.travel(MOMENT, tick=False):
        give_password(own, user.email)
        give_code(own, code_at(MOMENT))
        for _ in range(8):
            give_password(own, user.email, "galt passord for henne")
        locked = give_password(own, user.email)
        elsewhere = give_password(Client(), user.email)

    assert locked.context["form"].non_field_errors() == LOCKED
    assert elsewhere["Location"] == "/ansatt/logg-inn/kode/"


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["forged", "another person's", "too old"])
def test_a_device_that_is_not_proved_is_a_strangers(change: str) -> None:
    user, bodil = with_both("agnes"), with_both("bodil")
    own = Client()
    whose = bodil if change == "another person's" else user
    begun = MOMENT - timedelta(days=181) if change == "too old" else MOMENT
    with time_machine.travel(begun, tick=False):
        give_password(own, whose.email)
        give_code(own, code_at(begun))
    device = own.cookies[COOKIE].value
    browser = Client()
    browser.cookies[COOKIE] = f"{device}x" if change == "forged" else device
    with time_machine.travel(MOMENT, tick=False):
        for _ in range(8):
            give_password(Client(), user.email, "galt passord for henne")
        refused = give_password(browser, user.email)

    assert refused.context["form"].non_field_errors() == LOCKED


@pytest.mark.django_db
def test_the_cookie_of_a_device_opens_nothing_and_no_script_reads_it() -> None:
    user = with_both("agnes")
    own = Client()
    with time_machine.travel(MOMENT, tick=False):
        give_password(own, user.email)
        give_code(own, code_at(MOMENT))
    cookie = own.cookies[COOKIE]
    browser = Client()
    browser.cookies[COOKIE] = cookie.value

    assert browser.get("/ansatt/").status_code == 302
    assert (bool(cookie["httponly"]), cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize(
    ("proxies", "header", "problems"),
    [
        ([], None, []),
        ([], ("HTTP_X_FORWARDED_PROTO", "https"), ["accounts.E003"]),
        (PROXIES, ("HTTP_X_FORWARDED_PROTO", "https"), []),
        (["10.0.0.1/8"], None, ["accounts.E002"]),
        (["the proxy"], None, ["accounts.E002"]),
    ],
)
def test_a_proxy_that_is_not_named_is_said_before_deployment(
    settings: Settings,
    proxies: list[str],
    header: tuple[str, str] | None,
    problems: list[str],
) -> None:
    settings.TRUSTED_PROXIES = proxies
    settings.SECURE_PROXY_SSL_HEADER = header

    assert [found.id for found in limits_know_who_asks(None)] == problems


def test_counts_that_no_window_holds_any_more_are_forgotten(db: None) -> None:
    now = timezone.now()
    for days in (0, 1, 3):
        Tries.objects.create(
            key=f"{days}" * 64, failed=1, since=now - timedelta(days=days)
        )

    forget_tries()

    kept = set(Tries.objects.values_list("key", flat=True))
    assert kept == {"0" * 64, "1" * 64}
