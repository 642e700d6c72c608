"""How long staff stay logged in, where they are, and how they end it elsewhere."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from hanportal.accounts import actions
from hanportal.accounts.models import NoticeKind, Role, StaffSession
from hanportal.audit.log import Event
from tests.accounts.staff import SYSTEM, logged_in, make_staff, told
from tests.accounts.test_staff_login import (
    MOMENT,
    code_at,
    give_code,
    give_password,
    with_both,
)

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0"
)


def both_factors(client: Client, email: str, **headers: str) -> None:
    """Log in the whole way, at this moment of a clock that stands still."""
    client.defaults.update(headers)
    give_password(client, email)
    give_code(client, code_at(timezone.now()))


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (30, 302)])
def test_a_session_that_nobody_uses_ends(minutes: int, status: int) -> None:
    user = make_staff("agnes", Role.AGENT)
    with time_machine.travel(MOMENT, tick=False):
        browser = logged_in(user)
    with time_machine.travel(MOMENT + timedelta(minutes=minutes), tick=False):
        assert browser.get("/ansatt/").status_code == status


def test_each_page_lets_the_session_last_longer_until_the_day_is_over() -> None:
    user = make_staff("agnes", Role.AGENT)
    with time_machine.travel(MOMENT, tick=False):
        browser = logged_in(user)
    answers = []
    for twenties in range(1, 37):
        with time_machine.travel(MOMENT + twenties * timedelta(minutes=20), tick=False):
            answers.append(browser.get("/ansatt/").status_code)

    assert answers == [200] * 35 + [302]
    assert "_auth_user_id" not in browser.session


def test_pages_in_the_same_minute_write_no_session() -> None:
    user = make_staff("agnes", Role.AGENT)
    with time_machine.travel(MOMENT, tick=False):
        browser = logged_in(user)
        before = Session.objects.get().session_data
        browser.get("/ansatt/")

    assert Session.objects.get().session_data == before


def test_one_sees_where_one_is_logged_in_and_ends_the_others() -> None:
    user = make_staff("agnes", Role.AGENT)
    other = make_staff("bodil", Role.AGENT)
    desk = logged_in(user, device="Edge på Windows")
    phone = logged_in(user, device="Safari på iPhone")
    stranger = logged_in(other, device="Chrome på Android")
    page = desk.get("/ansatt/sikkerhet/").content.decode()
    assert ["Edge på Windows" in page, "Safari på iPhone" in page] == [True, True]
    assert "Chrome på Android" not in page

    desk.post("/ansatt/sikkerhet/andre/")

    answers = [each.get("/ansatt/").status_code for each in (desk, phone, stranger)]
    assert answers == [200, 302, 200]
    page = desk.get("/ansatt/sikkerhet/").content.decode()
    assert ["Safari på iPhone" in page, "Logg ut alle andre" in page] == [False, False]
    assert Event.objects.filter(what="login.others_ended").count() == 1


def test_a_session_that_is_over_is_not_in_the_list() -> None:
    user = make_staff("agnes", Role.AGENT)
    with time_machine.travel(MOMENT, tick=False):
        logged_in(user, device="Safari på iPhone")
    with time_machine.travel(MOMENT + timedelta(hours=1), tick=False):
        page = logged_in(user).get("/ansatt/sikkerhet/").content.decode()

    assert "Safari på iPhone" not in page


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (FIREFOX, "Firefox på Linux"),
        (IPHONE, "Safari på iPhone"),
        (EDGE, "Edge på Windows"),
        ("curl/8", "Ukjent nettleser"),
        ("", "Ukjent nettleser"),
    ],
)
def test_a_login_from_a_new_device_is_told_once(said: str, name: str) -> None:
    user = with_both("agnes")
    browser = Client()
    with time_machine.travel(MOMENT, tick=False):
        both_factors(browser, user.email, HTTP_USER_AGENT=said)
    browser.post("/ansatt/logg-ut/")
    with time_machine.travel(MOMENT + timedelta(minutes=5), tick=False):
        both_factors(browser, user.email)

    assert told(user).count(NoticeKind.NEW_DEVICE) == 1
    assert StaffSession.objects.latest("began_at").device == name


def test_sessions_of_earlier_days_are_forgotten() -> None:
    user = with_both("agnes")
    for day in range(3):
        moment = MOMENT + timedelta(days=day)
        with time_machine.travel(moment, tick=False):
            both_factors(Client(), user.email)

    assert StaffSession.objects.filter(user=user).count() == 1


def test_anothers_device_is_new_to_oneself() -> None:
    agnes, bodil = with_both("agnes"), with_both("bodil")
    shared = Client()
    with time_machine.travel(MOMENT, tick=False):
        both_factors(shared, agnes.email)
        shared.post("/ansatt/logg-ut/")
        both_factors(shared, bodil.email)

    assert NoticeKind.NEW_DEVICE in told(bodil)


def test_switching_off_removes_what_the_sessions_held() -> None:
    make_staff("siri", Role.ADMINISTRATOR)
    user = with_both("agnes")
    logged_in(user)
    logged_in(user)

    actions.switch_off(user=user, by=SYSTEM, now=timezone.now())

    assert (Session.objects.count(), StaffSession.objects.count()) == (0, 0)


def test_what_changes_ones_login_is_told() -> None:
    user = with_both("agnes")
    before = told(user)
    actions.new_recovery_codes(user=user, now=timezone.now())
    actions.end_role(user=user, role=Role.AGENT, by=SYSTEM, now=timezone.now())
    actions.switch_off(user=user, by=SYSTEM, now=timezone.now())
    actions.switch_on(user=user, by=SYSTEM, now=timezone.now())

    assert before == [
        NoticeKind.ROLE_GIVEN,
        NoticeKind.PASSWORD_CHOSEN,
        NoticeKind.FACTOR_ADDED,
    ]
    assert told(user)[3:] == [
        NoticeKind.CODES_MADE,
        NoticeKind.ROLE_ENDED,
        NoticeKind.SWITCHED_OFF,
        NoticeKind.SWITCHED_ON,
    ]


def test_a_new_administrator_is_told_to_the_others() -> None:
    first = make_staff("first", Role.ADMINISTRATOR)
    second = make_staff("second", Role.ADMINISTRATOR)
    agnes = make_staff("agnes", Role.AGENT)

    actions.give_role(
        user=second,
        role=Role.AGENT,
        granted_by=first,
        by=SYSTEM,
        now=timezone.now(),
    )
    assert NoticeKind.ADMINISTRATOR_MADE not in told(agnes)
    assert told(first).count(NoticeKind.ADMINISTRATOR_MADE) == 1
