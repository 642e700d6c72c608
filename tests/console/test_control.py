"""Nobody learns an answer before the caller's own is written down, and judges it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from hanportal.accounts.models import CallerVerification, Customer
from hanportal.console.questions import Key, right_answers
from tests.console.desk import ASKED, CENTRE, TODAY, Desk
from tests.orders.world import NOW, World

MOST_QUERIES = 30


def verifications() -> list[tuple[str, bool]]:
    rows = CallerVerification.objects.order_by("verified_at", "id")
    return list(rows.values_list("method", "passed"))


def every_page(desk: Desk, world: World) -> list[str]:
    order = world.order_opening()
    return [
        desk.caller,
        *(desk.question(key) for key in Key),
        f"{desk.caller}kontroll/ring-tilbake/",
        f"{CENTRE}?q=Kari",
        f"{CENTRE}?q={world.point.gsrn}",
        f"{CENTRE}bestilling/{order.id}/",
        f"{CENTRE}oppgaver/forfaller/",
    ]


def test_no_page_holds_an_answer_before_the_caller_has_answered(
    world: World, desk: Desk
) -> None:
    answers = desk.answers()
    assert len(answers) == len(Key)
    for path in every_page(desk, world):
        page = desk.get(path)
        assert [answer for answer in answers if answer in page] == [], path


@pytest.mark.parametrize("key", Key)
def test_the_answer_is_shown_when_the_callers_own_is_written_down(
    desk: Desk, key: Key
) -> None:
    (answer,) = right_answers(desk.customer, key, today=TODAY)
    desk.post(desk.question(key), said="noe annet")
    page = desk.get(desk.question(key))
    assert f"<strong>{answer}</strong>" in page
    assert "<strong>noe annet</strong>" in page


def test_the_birth_date_of_a_synthetic_number_is_a_date(desk: Desk) -> None:
    assert desk.customer.open_national_id() == "01908000079"
    answers = right_answers(desk.customer, Key.BIRTH_DATE, today=TODAY)
    assert answers == ("01.10.80",)


def test_a_question_without_what_was_said_reveals_nothing(desk: Desk) -> None:
    answer = desk.post(desk.question(Key.EMAIL), said="  ")
    assert answer.status_code == 422
    assert "kari@eksempel.example" not in answer.content.decode()


def test_what_was_said_is_not_rewritten_once_the_answer_is_known(desk: Desk) -> None:
    desk.post(desk.question(Key.EMAIL), said="feil@eksempel.example")
    desk.post(desk.question(Key.EMAIL), said="kari@eksempel.example")
    assert "<strong>feil@eksempel.example</strong>" in desk.get(
        desk.question(Key.EMAIL)
    )


def test_a_judgement_without_an_answer_counts_for_nothing(desk: Desk) -> None:
    for key in ASKED:
        desk.post(f"{desk.question(key)}vurder/", judged="right")
    assert verifications() == []


def test_three_right_answers_make_the_caller_known(desk: Desk) -> None:
    for key in ASKED[:2]:
        desk.ask(key)
    assert verifications() == []
    assert "Låst til kunden er kontrollert" in desk.get(desk.caller)
    desk.ask(ASKED[2])
    assert verifications() == [("control_questions", True)]
    kept = CallerVerification.objects.get()
    assert kept.questions == [{"key": str(key), "right": True} for key in ASKED]
    page = desk.get(desk.caller)
    assert "Bestill åpning" in page
    assert "Storgata 1, 0155 Oslo" in page


def test_one_question_three_times_is_one_question(desk: Desk) -> None:
    for _ in range(3):
        desk.ask(Key.EMAIL)
    assert verifications() == []


def test_one_wrong_answer_ends_the_control(desk: Desk) -> None:
    desk.ask(ASKED[0])
    desk.ask(ASKED[1], judged="wrong")
    assert verifications() == [("control_questions", False)]
    page = desk.get(desk.caller)
    assert "En kontroll av denne kunden ble ikke bestått det siste døgnet" in page
    assert "Still 3 kontrollspørsmål" in page


def test_no_control_holds_for_another_agent(
    desk: Desk, another_desk: Callable[[], Desk]
) -> None:
    desk.pass_control()
    page = another_desk().get(desk.caller)
    assert "Låst til kunden er kontrollert" in page
    assert "Storgata 1" not in page


def test_a_control_lapses(desk: Desk) -> None:
    desk.pass_control()
    assert "Gjelder i 15 minutter til" in desk.get(desk.caller)
    with time_machine.travel(NOW + settings.CALLER_VERIFICATION_LIFETIME, tick=False):
        assert "Låst til kunden er kontrollert" in desk.get(desk.caller)


def test_the_clock_counts_begun_minutes(desk: Desk) -> None:
    desk.pass_control()
    left = settings.CALLER_VERIFICATION_LIFETIME - timedelta(seconds=59)
    with time_machine.travel(NOW + left, tick=False):
        assert "Gjelder i ett minutt til" in desk.get(desk.caller)


def test_the_end_of_the_call_ends_the_control(desk: Desk) -> None:
    desk.pass_control()
    assert desk.post(f"{desk.caller}avslutt/").status_code == 302
    assert "Låst til kunden er kontrollert" in desk.get(desk.caller)


def test_a_control_that_was_peeked_at_and_dropped_did_not_succeed(desk: Desk) -> None:
    desk.post(desk.question(Key.EMAIL), said="?")
    desk.post(f"{desk.caller}avslutt/")
    assert verifications() == [("control_questions", False)]
    page = desk.get(desk.caller)
    assert "En kontroll av denne kunden ble ikke bestått det siste døgnet" in page


def test_calling_back_the_registered_number_makes_the_caller_known(desk: Desk) -> None:
    path = f"{desk.caller}kontroll/ring-tilbake/"
    assert desk.customer.phone not in desk.get(path)
    desk.post(path)
    assert desk.customer.phone in desk.get(path)
    desk.post(path, judged="right")
    assert verifications() == [("call_back", True)]


def test_a_number_that_was_shown_is_no_control_question(desk: Desk) -> None:
    desk.post(f"{desk.caller}kontroll/ring-tilbake/")
    assert desk.client.get(desk.question(Key.PHONE)).status_code == 302
    desk.ask(Key.PHONE)
    desk.ask(Key.EMAIL)
    desk.ask(Key.STREET_ADDRESS)
    assert verifications() == []


def test_nobody_answers_before_the_number_was_shown(desk: Desk) -> None:
    desk.post(f"{desk.caller}kontroll/ring-tilbake/", judged="right")
    assert verifications() == []


def test_a_protected_address_is_no_question_and_is_never_shown(
    world: World, desk: Desk
) -> None:
    Customer.objects.filter(pk=desk.customer.pk).update(has_protected_address=True)
    assert desk.client.get(desk.question(Key.STREET_ADDRESS)).status_code == 404
    desk.ask(Key.METER_SERIAL_END)
    desk.ask(Key.EMAIL)
    desk.ask(Key.BIRTH_DATE)
    assert verifications() == [("control_questions", True)]
    order = world.order_opening()
    point = f"{desk.caller}malepunkt/{world.point.id}"
    for path in (
        desk.caller,
        f"{point}/apne/",
        f"{point}/steng/",
        f"{CENTRE}bestilling/{order.id}/",
        f"{CENTRE}?q=Kari",
    ):
        page = desk.get(path)
        # The number alone stands in some ids as well.
        shown = [part for part in ("Storgata", "0155 Oslo") if part in page]
        assert shown == [], path


@pytest.mark.parametrize("path", ["", "oppgaver/feilet/"])
def test_nobody_else_gets_in(passer_by: Client, path: str) -> None:
    assert passer_by.get(f"{CENTRE}{path}").status_code == 302
