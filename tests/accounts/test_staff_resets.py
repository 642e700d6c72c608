"""A lost login: two administrators, and a code that neither of them sees."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from hanportal.accounts import actions
from hanportal.accounts.models import (
    RESET_LASTS,
    CompanyLogin,
    LoginReset,
    NoticeKind,
    Role,
    User,
)
from hanportal.audit.log import Event
from notifications.staff_mail import deliver_staff_notices
from tests.accounts.staff import SYSTEM, logged_in, make_staff, told
from tests.accounts.test_staff_login import MOMENT, PASSWORD, give_password, with_both
from tests.accounts.test_staff_people import choose

pytestmark = pytest.mark.django_db

NOT_THE_CODE = (
    "Koden er brukt, for gammel eller ikke til denne e-postadressen. "
    "En administrator kan gi deg en ny."
)


@pytest.fixture
def boss() -> User:
    return make_staff("boss", Role.ADMINISTRATOR)


@pytest.fixture
def second() -> User:
    return make_staff("second", Role.ADMINISTRATOR)


@pytest.fixture
def agnes() -> User:
    return with_both("agnes")


def page_of(user: User, verb: str = "") -> str:
    return f"/ansatt/personer/{user.id}/ny-innlogging/{verb}"


def mailed_code() -> str:
    """The code in the newest letter: the paragraph after the page's address."""
    deliver_staff_notices(clock=timezone.now)
    paragraphs = str(mail.outbox[-1].body).split("\n\n")
    return paragraphs[3]


def test_one_asks_another_approves_and_only_the_person_gets_the_code(
    boss: User, second: User, agnes: User
) -> None:
    desk = logged_in(agnes)

    logged_in(boss).post(page_of(agnes))
    assert desk.get("/ansatt/").status_code == 200
    answer = logged_in(second).post(page_of(agnes, "godkjenn/"), follow=True)

    assert desk.get("/ansatt/").status_code == 302
    assert give_password(Client(), agnes.email).status_code == 200
    assert Authenticator.objects.filter(user=agnes).count() == 0
    code = mailed_code()
    assert mail.outbox[-1].to == [agnes.email]
    assert code not in answer.content.decode()
    choose(agnes.email, code)
    entry = give_password(Client(), agnes.email)
    assert entry["Location"] == "/ansatt/logg-inn/oppsett/"


def test_everybody_concerned_is_told_and_the_log_names_both(
    boss: User, second: User, agnes: User
) -> None:
    before = len(told(agnes))

    logged_in(boss).post(page_of(agnes))
    logged_in(second).post(page_of(agnes, "godkjenn/"))

    assert told(agnes)[before:] == [NoticeKind.RESET_ASKED, NoticeKind.LOGIN_RESET]
    assert told(second)[-1] == NoticeKind.RESET_WAITS
    assert NoticeKind.RESET_WAITS not in told(boss)
    asked, approved = Event.objects.filter(chain="staff").order_by("sequence")[
        Event.objects.filter(chain="staff").count() - 2 :
    ]
    assert [asked.what, approved.what] == [
        "staff.login_reset_asked",
        "staff.login_reset",
    ]
    assert [asked.actor_reference, approved.actor_reference] == ["S-boss", "S-second"]
    assert approved.facts["asked_by"] == "S-boss"


@pytest.mark.parametrize("approver", ["boss", "agnes"])
def test_neither_who_asked_nor_whom_it_is_for_approves(
    boss: User, agnes: User, approver: str
) -> None:
    actions.give_role(
        user=agnes, role=Role.ADMINISTRATOR, by=SYSTEM, now=timezone.now()
    )
    logged_in(boss).post(page_of(agnes))
    alone = {"boss": boss, "agnes": agnes}[approver]

    answer = logged_in(alone).post(page_of(agnes, "godkjenn/"))

    assert answer.status_code == 409
    assert Authenticator.objects.filter(user=agnes).count() == 1


def test_the_database_refuses_one_person_too(boss: User, agnes: User) -> None:
    now = timezone.now()
    reset = actions.ask_for_reset(user=agnes, administrator=boss, now=now)

    for alone in (boss, agnes):
        with (
            pytest.raises(IntegrityError, match="login_reset_takes_two"),
            transaction.atomic(),
        ):
            reset.approve(by=alone, at=now)


def test_nobody_asks_for_themselves(boss: User, second: User) -> None:
    assert logged_in(boss).post(page_of(boss)).status_code == 409
    assert LoginReset.objects.count() == 0


def test_an_approval_comes_within_a_day(boss: User, second: User, agnes: User) -> None:
    with time_machine.travel(MOMENT, tick=False):
        logged_in(boss).post(page_of(agnes))
    with time_machine.travel(MOMENT + RESET_LASTS, tick=False):
        late = logged_in(second).post(page_of(agnes, "godkjenn/"))
        logged_in(boss).post(page_of(agnes))
        in_time = logged_in(second).post(page_of(agnes, "godkjenn/"))

    assert [late.status_code, in_time.status_code] == [409, 302]
    assert LoginReset.objects.filter(stopped_at__isnull=False).count() == 1


def test_asked_twice_is_asked_once(boss: User, agnes: User) -> None:
    office = logged_in(boss)

    for _ in range(2):
        assert office.post(page_of(agnes)).status_code == 302

    assert LoginReset.objects.count() == 1
    assert told(agnes).count(NoticeKind.RESET_ASKED) == 1


def test_approved_twice_is_approved_once(boss: User, second: User, agnes: User) -> None:
    logged_in(boss).post(page_of(agnes))
    other = logged_in(second)

    answers = [other.post(page_of(agnes, "godkjenn/")).status_code for _ in range(2)]

    assert answers == [302, 409]
    assert told(agnes).count(NoticeKind.LOGIN_RESET) == 1


def test_the_person_can_stop_what_somebody_asked_for_in_their_name(
    boss: User, second: User, agnes: User
) -> None:
    desk = logged_in(agnes)
    logged_in(boss).post(page_of(agnes))
    page = desk.get("/ansatt/sikkerhet/").content.decode()
    assert "Stopp den nye innloggingen" in page

    desk.post("/ansatt/sikkerhet/stopp/")

    assert logged_in(second).post(page_of(agnes, "godkjenn/")).status_code == 409
    assert desk.get("/ansatt/").status_code == 200
    assert desk.post("/ansatt/sikkerhet/stopp/").status_code == 404


def test_an_administrator_can_stop_it(boss: User, second: User, agnes: User) -> None:
    logged_in(boss).post(page_of(agnes))

    assert logged_in(second).post(page_of(agnes, "stopp/")).status_code == 302

    assert logged_in(second).post(page_of(agnes, "godkjenn/")).status_code == 409


def test_somebody_who_is_switched_off_gets_no_new_login(
    boss: User, second: User, agnes: User
) -> None:
    logged_in(boss).post(page_of(agnes))
    actions.switch_off(user=agnes, by=SYSTEM, now=timezone.now())

    answers = [
        logged_in(second).post(page_of(agnes, "godkjenn/")).status_code,
        logged_in(boss).post(page_of(agnes)).status_code,
    ]

    assert answers == [409, 409]


def test_the_company_login_is_forgotten_too(
    boss: User, second: User, agnes: User
) -> None:
    now = timezone.now()
    actions.bind_company_login(
        user=agnes, issuer="https://login.example", subject="agnes", now=now
    )

    logged_in(boss).post(page_of(agnes))
    logged_in(second).post(page_of(agnes, "godkjenn/"))

    assert CompanyLogin.objects.count() == 0


def test_the_page_says_who_waits_and_offers_the_second_alone_to_approve(
    boss: User, second: User, agnes: User
) -> None:
    logged_in(boss).post(page_of(agnes))

    pages = [
        logged_in(each).get(f"/ansatt/personer/{agnes.id}/").content.decode()
        for each in (boss, second)
    ]

    assert ["Godkjenn ny innlogging" in page for page in pages] == [False, True]
    assert "Ny innlogging for Agnes" in (
        logged_in(second).get("/ansatt/personer/").content.decode()
    )


def test_the_command_is_for_the_only_administrator(
    boss: User, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = logged_in(boss)
    call_command("reset_staff_login", "--email", boss.email)
    _, code = capsys.readouterr().out.split()

    choose(boss.email, code)

    assert desk.get("/ansatt/").status_code == 302
    assert give_password(Client(), boss.email)["Location"] == (
        "/ansatt/logg-inn/oppsett/"
    )
    assert NoticeKind.LOGIN_RESET_INSIDE in told(boss)
    with pytest.raises(CommandError):
        call_command("reset_staff_login", "--email", "nobody@fjordnett.example")


def test_an_old_code_is_no_good_after_the_password_is_chosen(
    boss: User, second: User, agnes: User
) -> None:
    logged_in(boss).post(page_of(agnes))
    logged_in(second).post(page_of(agnes, "godkjenn/"))
    code = mailed_code()
    choose(agnes.email, code)

    choose(agnes.email, code, "et helt annet passord")

    assert give_password(Client(), agnes.email, PASSWORD).status_code == 302


def test_codes_are_guessed_in_vain(agnes: User) -> None:
    client = Client()
    with time_machine.travel(MOMENT, tick=False):
        for number in range(9):
            given = {"email": agnes.email, "code": f"guess-{number}"}
            page = client.post("/ansatt/passord/", {**given, "password": PASSWORD})
    later = MOMENT + timedelta(minutes=15)
    with time_machine.travel(later, tick=False):
        after = client.post("/ansatt/passord/", {**given, "password": PASSWORD})

    assert page.context["form"].non_field_errors() == [
        "Det er gjort for mange forsøk. Vent et kvarter og prøv igjen."
    ]
    assert after.context["form"].non_field_errors() == [NOT_THE_CODE]
