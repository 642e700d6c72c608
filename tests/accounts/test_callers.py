"""An agent judges a caller; what that permits, to whom, and for how long."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from hanportal.accounts import actions
from hanportal.accounts.actions import JudgedAnswer
from hanportal.accounts.models import (
    CallerMethod,
    CallerPurpose,
    CallerVerification,
    Customer,
    Representation,
    Role,
    User,
)
from hanportal.audit.log import Actor, ActorKind, Event
from tests.accounts.people import KARI, OLA, make_customer
from tests.accounts.representing import a_representation
from tests.accounts.staff import make_staff
from tests.accounts.test_representations import refused
from tests.accounts.test_staff_login import MOMENT

pytestmark = pytest.mark.django_db

RIGHT = [JudgedAnswer(key=key, is_right=True) for key in ("street", "serial", "email")]
LIFETIME = timedelta(minutes=15)
ORDERS = CallerPurpose.ORDERS


@pytest.fixture
def agent() -> User:
    return make_staff("agnes", Role.AGENT)


@pytest.fixture
def kari() -> Customer:
    return make_customer(KARI)


def verify(
    agent: User,
    caller: Customer,
    *judged: JudgedAnswer,
    method: CallerMethod = CallerMethod.CONTROL_QUESTIONS,
    after: timedelta = timedelta(0),
    purpose: CallerPurpose = CallerPurpose.ORDERS,
    representation: Representation | None = None,
) -> CallerVerification:
    return actions.verify_caller(
        agent=agent,
        caller=caller,
        purpose=purpose,
        representation=representation,
        method=method,
        judged=judged,
        today=MOMENT.date(),
        by=Actor(ActorKind.STAFF, agent.staff_number),
        now=MOMENT + after,
    )


def held(agent: User, caller: Customer, after: timedelta) -> list[CallerVerification]:
    moment = MOMENT + after
    valid = CallerVerification.objects.valid(
        agent=agent, caller=caller, purpose=ORDERS, now=moment
    )
    return list(valid)


def test_three_right_answers_pass_for_a_quarter_of_an_hour(
    agent: User, kari: Customer
) -> None:
    verification = verify(agent, kari, *RIGHT)

    assert held(agent, kari, timedelta(0)) == [verification]
    assert held(agent, kari, LIFETIME - timedelta(seconds=1)) == [verification]
    assert held(agent, kari, LIFETIME) == []
    assert verification.is_valid(agent=agent, purpose=ORDERS, now=MOMENT)
    assert not verification.is_valid(agent=agent, purpose=ORDERS, now=MOMENT + LIFETIME)


def test_how_long_is_the_operators_choice(
    agent: User, kari: Customer, settings: Settings
) -> None:
    settings.CALLER_VERIFICATION_LIFETIME = timedelta(minutes=5)

    verify(agent, kari, *RIGHT)

    assert held(agent, kari, timedelta(minutes=5)) == []


def test_it_holds_for_one_agent_and_one_caller(agent: User, kari: Customer) -> None:
    verification = verify(agent, kari, *RIGHT)
    another = make_staff("berit", Role.AGENT)
    ola = make_customer(OLA, number="1002")

    assert held(another, kari, timedelta(0)) == []
    assert held(agent, ola, timedelta(0)) == []
    assert not verification.is_valid(agent=another, purpose=ORDERS, now=MOMENT)


def test_one_wrong_answer_fails_and_ends_what_was_held(
    agent: User, kari: Customer
) -> None:
    verify(agent, kari, *RIGHT)
    wrong = JudgedAnswer(key="phone", is_right=False)

    failed = verify(agent, kari, *RIGHT, wrong, after=timedelta(minutes=1))

    assert not failed.passed
    assert held(agent, kari, timedelta(minutes=1)) == []


@pytest.mark.parametrize(
    "judged", [[], RIGHT[:2], [*RIGHT[:2], RIGHT[0]]], ids=["none", "two", "one twice"]
)
def test_too_few_questions_pass_nobody(
    agent: User, kari: Customer, judged: list[JudgedAnswer]
) -> None:
    with pytest.raises(actions.TooFewQuestions):
        verify(agent, kari, *judged)

    assert CallerVerification.objects.count() == 0


def test_calling_back_needs_one_answer(agent: User, kari: Customer) -> None:
    answer = JudgedAnswer(key="call_back", is_right=True)

    verification = verify(agent, kari, answer, method=CallerMethod.CALL_BACK)

    assert verification.passed


def test_only_an_agent_verifies(kari: Customer) -> None:
    with pytest.raises(actions.NotAnAgent):
        verify(make_staff("revisor", Role.AUDITOR), kari, *RIGHT)


def test_a_verification_is_ended_once(agent: User, kari: Customer) -> None:
    verification = verify(agent, kari, *RIGHT)
    for minute in (1, 2):
        actions.end_verification(
            verification=verification,
            by=Actor(ActorKind.STAFF, agent.staff_number),
            now=MOMENT + timedelta(minutes=minute),
        )

    verification.refresh_from_db()
    assert verification.ended_at == MOMENT + timedelta(minutes=1)
    assert held(agent, kari, timedelta(minutes=1)) == []
    told = Event.objects.filter(chain=f"customer:{kari.id}").order_by("sequence")
    assert [event.what for event in told] == [
        "caller.verified",
        "caller.verification_ended",
    ]


def test_the_customers_log_says_who_judged_which_questions(
    agent: User, kari: Customer
) -> None:
    verify(agent, kari, JudgedAnswer(key="street", is_right=False))

    event = Event.objects.get(chain=f"customer:{kari.id}")
    assert event.what == "caller.not_verified"
    assert event.facts["agent"] == "S-agnes"
    assert event.facts["questions"] == [{"key": "street", "right": False}]


def test_the_database_lets_no_failure_last(agent: User, kari: Customer) -> None:
    with (
        pytest.raises(IntegrityError, match="caller_verification_lasts_only_if_passed"),
        transaction.atomic(),
    ):
        CallerVerification.objects.create(
            agent=agent,
            caller=kari,
            method=CallerMethod.CONTROL_QUESTIONS,
            questions=[],
            passed=False,
            verified_at=MOMENT,
            expires_at=MOMENT + LIFETIME,
        )


def failing() -> JudgedAnswer:
    return JudgedAnswer(key="phone", is_right=False)


def test_a_control_for_one_purpose_serves_no_other(agent: User, kari: Customer) -> None:
    verification = verify(agent, kari, *RIGHT, purpose=CallerPurpose.REPRESENTATION)

    assert held(agent, kari, timedelta(0)) == []
    assert not verification.is_valid(agent=agent, purpose=ORDERS, now=MOMENT)
    assert verification.is_valid(
        agent=agent, purpose=CallerPurpose.REPRESENTATION, now=MOMENT
    )
    event = Event.objects.get(what="caller.verified")
    assert event.facts["purpose"] == "representation"


def test_a_judgement_ends_only_what_was_held_for_the_same_purpose(
    agent: User, kari: Customer
) -> None:
    first = verify(agent, kari, *RIGHT)

    verify(agent, kari, failing(), purpose=CallerPurpose.CONTACT)

    assert held(agent, kari, timedelta(0)) == [first]


def test_after_three_failures_questions_are_for_supervisors(
    agent: User, kari: Customer
) -> None:
    others = [make_staff(name, Role.AGENT) for name in ("berit", "carl")]
    for each in (agent, *others):
        verify(each, kari, failing())
    leader = make_staff("leader", Role.AGENT, Role.SUPERVISOR)

    with pytest.raises(actions.TooManyFailed):
        verify(agent, kari, *RIGHT)

    assert verify(leader, kari, *RIGHT).passed
    called = JudgedAnswer(key="registered_number", is_right=True)
    assert verify(agent, kari, called, method=CallerMethod.CALL_BACK).passed


def test_failures_are_still_kept_beyond_the_limit(agent: User, kari: Customer) -> None:
    for _ in range(5):
        verify(agent, kari, failing())

    assert CallerVerification.objects.failed_lately(kari, now=MOMENT) == 5


def test_a_day_later_questions_are_asked_again(agent: User, kari: Customer) -> None:
    for _ in range(3):
        verify(agent, kari, failing())

    assert verify(agent, kari, *RIGHT, after=timedelta(days=1)).passed


def test_another_customers_failures_count_nothing(agent: User, kari: Customer) -> None:
    ola = make_customer(OLA, number="1002")
    for _ in range(3):
        verify(agent, ola, failing())

    assert verify(agent, kari, *RIGHT).passed


def second(*keys: str) -> list[JudgedAnswer]:
    return [JudgedAnswer(key=f"representative_{key}", is_right=True) for key in keys]


def test_who_acts_for_another_answers_for_the_right_to_it_too(
    agent: User, kari: Customer
) -> None:
    right = a_representation(kari, now=MOMENT)

    for judged in (RIGHT, [*RIGHT, *second("email")], [*RIGHT[:1], *second("a", "b")]):
        with pytest.raises(actions.TooFewQuestions):
            verify(agent, kari, *judged, representation=right)
    verified = verify(
        agent, kari, *RIGHT, *second("email", "phone"), representation=right
    )

    assert verified.representation == right
    event = Event.objects.get(what="caller.verified")
    assert event.facts["representation"] == str(right.id)


def test_calling_the_representative_back_is_not_enough_alone(
    agent: User, kari: Customer
) -> None:
    right = a_representation(kari, now=MOMENT)
    called = JudgedAnswer(key="registered_number", is_right=True)

    with pytest.raises(actions.TooFewQuestions):
        verify(
            agent,
            kari,
            called,
            method=CallerMethod.CALL_BACK,
            representation=right,
        )


def test_a_right_that_ended_or_is_anothers_makes_nobody_known(
    agent: User, kari: Customer
) -> None:
    over = a_representation(kari, ends_on=MOMENT.date(), now=MOMENT)
    anothers = a_representation(make_customer(OLA, number="1002"), now=MOMENT)

    for right in (over, anothers):
        with pytest.raises(actions.NotTheirRepresentative):
            verify(agent, kari, *RIGHT, *second("a", "b"), representation=right)


def test_the_database_binds_a_control_to_its_own_customers_representation(
    agent: User, kari: Customer
) -> None:
    anothers = a_representation(make_customer(OLA, number="1002"), now=MOMENT)
    verification = verify(agent, kari, *RIGHT)

    answer = refused(
        f"UPDATE accounts_callerverification SET representation_id = '{anothers.id}'"
        f" WHERE id = '{verification.id}'"
    )

    assert "caller_verification_representation_is_of_its_customer" in answer
