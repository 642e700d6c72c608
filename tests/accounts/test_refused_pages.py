"""What staff are refused is written down, and nobody fills the log with it."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from uuid6 import uuid7

from hanportal.accounts.models import Role, User
from hanportal.audit.log import Event, staff_reads_chain
from tests.accounts.staff import logged_in, make_staff
from tests.accounts.test_staff_login import MOMENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def agnes() -> User:
    return make_staff("agnes", Role.AGENT)


def refusals(user: User) -> list[tuple[object, ...]]:
    found = Event.objects.filter(chain=staff_reads_chain(user.id), what="page.refused")
    return [
        (event.facts["page"], event.facts["reason"], event.facts["times"])
        for event in found.order_by("sequence")
    ]


def test_a_page_without_the_role_is_written_down(agnes: User) -> None:
    boss = make_staff("boss", Role.ADMINISTRATOR)
    desk = logged_in(agnes)

    desk.get(f"/ansatt/personer/{boss.id}/")

    assert refusals(agnes) == [("staff.person", "forbidden", 1)]
    event = Event.objects.get(what="page.refused")
    assert event.facts["subjects"] == {"person_id": str(boss.id)}
    assert event.actor_reference == "S-agnes"


def test_a_thing_that_is_not_there_is_written_down(agnes: User) -> None:
    missing = uuid7()

    answer = logged_in(agnes).get(f"/kundesenter/kunde/{missing}/")

    assert answer.status_code == 404
    assert refusals(agnes) == [("console.caller", "not_found", 1)]
    event = Event.objects.get(what="page.refused")
    assert event.facts["subjects"] == {"customer_id": str(missing)}


def test_what_is_posted_is_written_down_too(agnes: User) -> None:
    boss = make_staff("boss", Role.ADMINISTRATOR)

    logged_in(agnes).post(f"/ansatt/personer/{boss.id}/av/")

    assert refusals(agnes) == [("staff.switch_off", "forbidden", 1)]


def test_a_hundred_refusals_are_three_events(agnes: User) -> None:
    desk = logged_in(agnes)
    with time_machine.travel(MOMENT, tick=False):
        desk = logged_in(agnes)
        for _ in range(100):
            desk.get("/innsyn/")
    with time_machine.travel(MOMENT + timedelta(minutes=15), tick=False):
        desk.get("/innsyn/")

    page = "oversight.register"
    assert refusals(agnes) == [
        (page, "forbidden", 1),
        (page, "forbidden", 10),
        (page, "forbidden", 100),
        (page, "forbidden", 1),
    ]


def test_a_page_that_is_shown_is_no_refusal_and_strangers_write_nothing(
    agnes: User,
) -> None:
    logged_in(agnes).get("/kundesenter/")
    Client().get("/innsyn/")

    assert Event.objects.filter(what="page.refused").count() == 0
