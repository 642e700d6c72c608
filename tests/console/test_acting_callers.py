"""Callers who act for the customer, purposes of a control, and its limits."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.core.signing import dumps
from django.test import Client

from hanportal.accounts import actions as accounts
from hanportal.accounts.actions import give_role
from hanportal.accounts.models import (
    CallerPurpose,
    CallerVerification,
    Ground,
    Representation,
    Role,
)
from hanportal.console.questions import Key, SecondKey, second_answers
from notifications.models import Message
from orders.models import Consent, Order
from tests.accounts.representing import (
    BY,
    VERA_ID,
    a_business,
    a_representation,
)
from tests.console.desk import ASKED, TODAY, Desk
from tests.orders.world import NOW, World, a_point_with_meter

SECOND = (SecondKey.BIRTH_DATE, SecondKey.EVIDENCE)
SAID = "noe som ingen andre sier"


@pytest.fixture
def right(world: World) -> Representation:
    """Vera is Kari's guardian."""
    return a_representation(world.customer)


@pytest.fixture
def leader(desk: Desk) -> Desk:
    """The same agent, who leads the others too."""
    give_role(user=desk.agent, role=Role.SUPERVISOR, by=BY, now=NOW)
    return desk


def begin(
    desk: Desk,
    right: Representation | None,
    purpose: CallerPurpose = CallerPurpose.ORDERS,
) -> int:
    chosen = str(right.id) if right else ""
    answer = desk.post(f"{desk.caller}kontroll/", purpose=purpose, **{"for": chosen})
    return answer.status_code


def opening(desk: Desk, world: World) -> str:
    return f"{desk.caller}malepunkt/{world.point.id}/apne/"


def test_who_acts_for_the_customer_answers_for_both(
    world: World, desk: Desk, right: Representation
) -> None:
    begin(desk, right)
    desk.pass_control()
    assert not CallerVerification.objects.exists()
    page = desk.get(desk.caller)
    assert "Kontroller retten til å handle for kunden" in page
    assert "Still også 2 spørsmål om den som ringer" in page

    for key in SECOND:
        desk.ask(key)

    verification = CallerVerification.objects.get()
    assert (verification.passed, verification.representation) == (True, right)
    desk.post(opening(desk, world), **desk.agreement(world.terms))
    consent = Consent.objects.get()
    assert (consent.customer, consent.representation) == (world.customer, right)
    told = Message.objects.get()
    assert "Vera Verge (verge)" in told.body_text
    assert f"ansattnummer {desk.agent.staff_number}" in told.body_text


def test_the_answers_about_the_representative_are_hidden_too(
    desk: Desk, right: Representation
) -> None:
    begin(desk, right)
    answers = [a for key in SecondKey for a in second_answers(right, key)]
    assert answers[0] == "17.04.75"

    for path in (desk.caller, *(desk.question(key) for key in SecondKey)):
        page = desk.get(path)
        assert [answer for answer in answers if answer in page] == [], path
    desk.post(desk.question(SecondKey.EVIDENCE), said="noe")
    assert "<strong>2026/1234</strong>" in desk.get(desk.question(SecondKey.EVIDENCE))


def test_a_wrong_second_answer_fails_the_whole(
    desk: Desk, right: Representation
) -> None:
    begin(desk, right)
    desk.pass_control()
    desk.ask(SECOND[0], judged="wrong")

    assert not CallerVerification.objects.get().passed


def test_the_second_level_is_no_way_in_for_the_customer_in_person(desk: Desk) -> None:
    assert desk.client.get(desk.question(SecondKey.EVIDENCE)).status_code == 404


def test_the_representative_is_called_back_on_their_own_number(
    desk: Desk, right: Representation
) -> None:
    begin(desk, right)
    path = f"{desk.caller}kontroll/ring-tilbake/"
    desk.post(path)
    page = desk.get(path)
    assert right.phone in page
    assert desk.customer.phone not in page
    desk.post(path, judged="right")
    assert not CallerVerification.objects.exists()
    assert desk.client.get(desk.question(SecondKey.PHONE)).status_code == 302

    for key in SECOND:
        desk.ask(key)

    kept = CallerVerification.objects.get()
    assert (kept.method, kept.passed) == ("call_back", True)


def test_a_right_that_is_revoked_meanwhile_orders_nothing(
    world: World, desk: Desk, right: Representation
) -> None:
    begin(desk, right)
    desk.pass_control()
    for key in SECOND:
        desk.ask(key)
    accounts.revoke_representation(representation=right, by=BY, now=NOW)

    answer = desk.post(opening(desk, world), **desk.agreement(world.terms))

    assert answer.status_code == 409
    assert "må være registrert med rett til å handle" in answer.content.decode()
    assert not Order.objects.exists()


def test_for_a_business_nobody_orders_in_person(world: World, desk: Desk) -> None:
    desk.customer = a_business()
    point, _port = a_point_with_meter(desk.customer, world.head_end, number=2)
    assert "En virksomhet ringer ikke selv" in desk.get(desk.caller)
    for key in (Key.STREET_ADDRESS, Key.METER_SERIAL_END, Key.CUSTOMER_NUMBER):
        desk.ask(key)

    path = f"{desk.caller}malepunkt/{point.id}/apne/"
    answer = desk.post(path, **desk.agreement(world.terms))

    assert answer.status_code == 409
    assert not Order.objects.exists()


def test_nothing_can_be_ordered_on_a_control_for_something_else(
    world: World, desk: Desk
) -> None:
    begin(desk, None, CallerPurpose.REPRESENTATION)
    desk.pass_control()

    assert CallerVerification.objects.get().purpose == "representation"
    assert desk.client.get(opening(desk, world)).status_code == 409
    assert "Bestill åpning" not in desk.get(desk.caller)


def test_a_purpose_is_not_changed_in_the_middle(
    desk: Desk, right: Representation
) -> None:
    desk.ask(ASKED[0])

    assert begin(desk, right) == 409


@pytest.mark.parametrize("purpose", ["", "contact", "anything"])
def test_a_purpose_that_has_no_page_is_none(desk: Desk, purpose: str) -> None:
    answer = desk.post(f"{desk.caller}kontroll/", purpose=purpose)

    assert answer.status_code == 404


def test_somebody_elses_representation_is_none(world: World, desk: Desk) -> None:
    anothers = a_representation(a_business())

    assert begin(desk, anothers) == 404


def test_after_three_failed_controls_no_question_is_asked(
    desk: Desk, another_desk: Callable[[], Desk]
) -> None:
    for each in (desk, another_desk(), desk):
        each.ask(ASKED[0], judged="wrong")

    page = desk.get(desk.caller)
    assert "Kontrollspørsmål er stengt for denne kunden i dag" in page
    assert "Ring heller tilbake" in page
    assert desk.client.get(desk.question(ASKED[1])).status_code == 302
    desk.post(f"{desk.caller}kontroll/ring-tilbake/")
    desk.post(f"{desk.caller}kontroll/ring-tilbake/", judged="right")
    assert "Bestill åpning" in desk.get(desk.caller)


def test_a_supervisor_asks_after_three_failed_controls(leader: Desk) -> None:
    for _ in range(3):
        leader.ask(ASKED[0], judged="wrong")

    leader.pass_control()

    assert "Bestill åpning" in leader.get(leader.caller)


def test_what_the_caller_said_is_in_no_row_in_clear(desk: Desk) -> None:
    desk.post(desk.question(ASKED[0]), said=SAID)

    assert SAID in desk.get(desk.question(ASKED[0]))
    kept = [session.get_decoded() for session in Session.objects.all()]
    assert any("control:" in key for session in kept for key in session)
    assert SAID not in str(kept)
    assert SAID not in dumps(kept)


def facts(**changes: str) -> dict[str, str]:
    return {
        "ground": Ground.GUARDIAN,
        "name": "Vera Verge",
        "national_id": VERA_ID,
        "email": "vera@post.example",
        "phone": "+4799887766",
        "evidence": "2026/1234",
        "starts_on": TODAY.isoformat(),
        "ends_on": "",
        "died_on": "",
        **changes,
    }


def test_a_supervisor_registers_a_guardian_and_the_customer_is_told(
    leader: Desk,
) -> None:
    answer = leader.post(f"{leader.caller}representanter/ny/", **facts())

    assert answer["Location"] == f"{leader.caller}representanter/"
    right = Representation.objects.get()
    assert (right.represented, right.ground) == (leader.customer, Ground.GUARDIAN)
    assert right.registered_by == leader.agent.staff_number
    told = Message.objects.get()
    assert told.deliveries.get().address == "kari@eksempel.example"
    assert "Vera Verge" in leader.get(answer["Location"])


def test_an_estate_is_registered_with_the_death(leader: Desk) -> None:
    form = facts(ground=Ground.ESTATE, died_on="2026-09-30")

    leader.post(f"{leader.caller}representanter/ny/", **form)

    leader.customer.refresh_from_db()
    assert str(leader.customer.died_on) == "2026-09-30"
    assert Representation.objects.get().is_current(on=TODAY)
    assert "Kunden er død" in leader.get(leader.caller)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"national_id": "17847532123"}, "ikke et gyldig fødselsnummer"),
        ({"national_id": "01908000079"}, "kundens eget fødselsnummer"),
        ({"ground": Ground.ESTATE}, "Skriv datoen kunden døde"),
        (
            {"ground": Ground.ESTATE, "died_on": "2026-10-06"},
            "Den kan ikke være fram i tid",
        ),
        ({"died_on": "2026-09-30"}, "Datoen er bare for dødsbo"),
        ({"ends_on": TODAY.isoformat()}, "Sluttdatoen må være etter"),
        ({"evidence": " "}, "Skriv hvilket dokument som gir retten"),
        ({"ground": ""}, "Velg grunnlaget"),
        ({"ground": Ground.BUSINESS}, "Velg et av grunnlagene"),
    ],
)
def test_what_does_not_hold_is_refused_and_nothing_is_kept(
    leader: Desk, changes: dict[str, str], sentence: str
) -> None:
    answer = leader.post(f"{leader.caller}representanter/ny/", **facts(**changes))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert f'value="{facts(**changes)["national_id"]}"' not in page
    assert not Representation.objects.exists()
    leader.customer.refresh_from_db()
    assert leader.customer.died_on is None


def test_an_agent_registers_nobody(desk: Desk) -> None:
    path = f"{desk.caller}representanter/ny/"

    assert desk.client.get(path).status_code == 403
    assert desk.post(path, **facts()).status_code == 403


def test_the_customer_has_a_right_revoked_by_telephone(
    desk: Desk, right: Representation
) -> None:
    path = f"{desk.caller}representanter/{right.id}/trekk/"
    assert desk.post(path).status_code == 409
    desk.pass_control()
    assert desk.post(path).status_code == 409
    desk.post(f"{desk.caller}avslutt/")

    begin(desk, None, CallerPurpose.REPRESENTATION)
    desk.pass_control()
    desk.post(path)

    right.refresh_from_db()
    assert right.revoked_by == desk.agent.staff_number
    assert Message.objects.get().kind == "not_represented"


def test_a_right_is_found_under_its_own_customer_only(
    leader: Desk, right: Representation
) -> None:
    leader.customer = a_business()
    path = f"{leader.caller}representanter/{right.id}/trekk/"

    assert leader.client.get(path).status_code == 404


def test_nobody_else_sees_who_acts_for_whom(
    passer_by: Client, desk: Desk, right: Representation
) -> None:
    assert passer_by.get(f"{desk.caller}representanter/").status_code == 302


def test_an_answer_that_was_looked_at_and_left_counts_as_a_failed_control(
    desk: Desk, another_desk: Callable[[], Desk]
) -> None:
    for _ in range(3):
        desk.client = Client()
        desk.log_in()
        assert desk.post(desk.question(ASKED[0]), said="?").status_code == 302

    answer = another_desk().post(desk.question(ASKED[1]), said="?")

    assert answer.status_code == 409
    assert "For mange kontroller" in answer.content.decode()
    assert not CallerVerification.objects.exists()


def test_controls_that_were_judged_are_not_counted_twice(
    desk: Desk, another_desk: Callable[[], Desk]
) -> None:
    for each in (desk, another_desk()):
        each.pass_control()
        each.post(f"{each.caller}avslutt/")
        each.ask(ASKED[0], judged="wrong")

    desk.pass_control()

    assert "Bestill åpning" in desk.get(desk.caller)
