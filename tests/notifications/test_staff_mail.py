"""Letters to staff: each leaves once, and codes lie in no table."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from hanportal.accounts import actions
from hanportal.accounts.models import NoticeKind, Role, StaffNotice, User
from hanportal.accounts.password_codes import whose_code
from notifications.staff_mail import deliver_staff_notices
from notifications.states import BACKOFF
from tests.accounts.staff import SYSTEM, make_staff
from tests.notifications.conftest import NOON, MailServer

FACTS = {
    "role": "auditor",
    "factor": "webauthn",
    "device": "Firefox på Linux",
    "name": "Bodil Berg",
    "staff_number": "2077",
}


def clock() -> datetime:
    return NOON


@pytest.fixture
def agnes(db: None) -> User:
    """Somebody who has been told nothing yet."""
    user = make_staff("agnes")
    assert StaffNotice.objects.count() == 0
    return user


def tell(user: User, kind: NoticeKind = NoticeKind.ROLE_GIVEN) -> StaffNotice:
    return StaffNotice.objects.add(
        StaffNotice(
            user=user, kind=kind, address=user.email, facts=FACTS, created_at=NOON
        )
    )


def let_the_wait_be_over() -> None:
    StaffNotice.objects.update(not_before=NOON - timedelta(days=1000))


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_has_its_words(agnes: User, kind: NoticeKind) -> None:
    tell(agnes, kind)

    assert deliver_staff_notices(clock=clock) == 1

    [letter] = mail.outbox
    paragraphs = str(letter.body).rstrip("\n").split("\n\n")
    assert letter.to == ["agnes@fjordnett.example"]
    assert letter.subject.strip() == letter.subject != ""
    assert (paragraphs[0], paragraphs[-1]) == (
        "Hei, Agnes.",
        "Hilsen HAN-portalen hos Fjordnett",
    )
    assert len(paragraphs) >= 3
    assert "%(" not in letter.body


def test_a_letter_leaves_once(agnes: User) -> None:
    tell(agnes)

    assert [deliver_staff_notices(clock=clock) for _ in range(2)] == [1, 0]
    assert StaffNotice.objects.get().sent_at == NOON


def test_a_code_is_in_the_letter_and_in_no_table(agnes: User) -> None:
    tell(agnes, NoticeKind.LOGIN_RESET)
    row = dict(StaffNotice.objects.values().get())

    deliver_staff_notices(clock=clock)

    code = str(mail.outbox[0].body).split("\n\n")[3]
    assert whose_code(agnes.email, code) == agnes
    assert code not in str(row) + str(StaffNotice.objects.values().get())


def test_names_are_text_and_never_markup(agnes: User) -> None:
    notice = tell(agnes, NoticeKind.ADMINISTRATOR_MADE)
    StaffNotice.objects.filter(pk=notice.pk).update(
        facts={**FACTS, "name": "<script>alert(1)</script>"}
    )

    deliver_staff_notices(clock=clock)

    letter: Any = mail.outbox[0]
    [(html, _)] = letter.alternatives
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_server_that_is_busy_gets_it_again(
    agnes: User, mail_server: MailServer
) -> None:
    notice = tell(agnes)
    mail_server.answers = ["451 Later"]

    deliver_staff_notices(clock=clock)
    assert mail_server.letters == []
    let_the_wait_be_over()
    deliver_staff_notices(clock=clock)

    [letter] = mail_server.letters
    assert letter["Message-ID"] == f"<{notice.id}@fjordnett.example>"
    assert StaffNotice.objects.get().attempts == 2


def test_an_address_that_does_not_exist_is_given_up(
    agnes: User, mail_server: MailServer
) -> None:
    tell(agnes)
    mail_server.answers = ["550 No such box"]

    deliver_staff_notices(clock=clock)
    let_the_wait_be_over()

    assert deliver_staff_notices(clock=clock) == 0
    kept = StaffNotice.objects.get()
    assert (kept.given_up_at, kept.sent_at) == (NOON, None)


def test_somebody_gives_up_at_last(agnes: User, mail_server: MailServer) -> None:
    tell(agnes)
    tries = len(BACKOFF) + 1
    mail_server.answers = ["451 Later"] * tries

    for _ in range(tries):
        let_the_wait_be_over()
        deliver_staff_notices(clock=clock)

    assert StaffNotice.objects.get().given_up_at == NOON


def test_senders_at_once_send_each_letter_once(committed_database: str) -> None:
    user = make_staff("agnes")
    for _ in range(12):
        tell(user)
    together = threading.Barrier(4)

    def send() -> None:
        together.wait(timeout=10)
        try:
            deliver_staff_notices(clock=clock)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(mail.outbox) == 12
    assert set(StaffNotice.objects.values_list("attempts", flat=True)) == {1}


def test_what_is_undone_is_not_told(agnes: User) -> None:
    """The row is written in the transaction of what it tells about."""
    make_staff("boss", Role.ADMINISTRATOR)
    only = User.objects.get(staff_number="S-boss")
    StaffNotice.objects.all().delete()

    with pytest.raises(actions.LastAdministrator):
        actions.switch_off(user=only, by=SYSTEM, now=timezone.now())

    assert StaffNotice.objects.count() == 0
