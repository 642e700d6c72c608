"""Making sure who is on the telephone, before anything is done for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from hanportal.accounts.models import (
    CallerMethod,
    CallerPurpose,
    CallerVerification,
    Customer,
    Representation,
    Role,
    Tries,
    User,
)
from hanportal.audit.log import Actor, Subject, customer_chain, record

QUESTIONS_NEEDED = {CallerMethod.CONTROL_QUESTIONS: 3, CallerMethod.CALL_BACK: 1}
A_DAY = timedelta(days=1)
SECOND_LEVEL = "representative_"
"""How the keys of questions begin that only who acts for the customer can answer."""
SECOND_LEVEL_NEEDED = 2


class NotAnAgent(Exception):  # noqa: N818 -- errors are sentences
    """Only somebody with the agent's role verifies callers. Again will not help."""


class TooFewQuestions(Exception):  # noqa: N818 -- errors are sentences
    """Too few different questions were judged. Asking more of them helps."""


class TooManyFailed(Exception):  # noqa: N818 -- errors are sentences
    """Too many controls of this customer failed in a day.

    Calling back helps, and so does somebody who leads the customer centre.
    """


class NotTheirRepresentative(Exception):  # noqa: N818 -- errors are sentences
    """The representation is another customer's, or holds no longer."""


@dataclass(frozen=True, kw_only=True)
class JudgedAnswer:
    """How the agent judged one answer; never the answer itself."""

    key: str
    is_right: bool


@transaction.atomic
def verify_caller(
    *,
    agent: User,
    caller: Customer,
    purpose: CallerPurpose,
    representation: Representation | None,
    method: CallerMethod,
    judged: Sequence[JudgedAnswer],
    today: date,
    by: Actor,
    now: datetime,
) -> CallerVerification:
    """Keep how an agent judged a caller, for one purpose; all answers right is passed.

    One wrong answer fails it, however many were asked. A new judgement ends what the
    same agent held for this caller and purpose before. Who acts for the customer must
    answer for the representation too.

    :param representation: on what the caller acts for the customer; None in person.
    :raises NotAnAgent: the agent lacks the role.
    :raises TooFewQuestions: all were right, but too few were asked to believe it.
    :raises TooManyFailed: questions alone are not enough for this customer today.
    :raises NotTheirRepresentative: the representation does not hold for this customer.
    """
    if not agent.has_role(Role.AGENT):
        raise NotAnAgent("Only a customer-centre agent verifies callers.")
    # One judgement of a customer at a time: the failed ones are counted.
    Customer.objects.select_for_update(no_key=True).get(pk=caller.pk)
    if representation is not None:
        _require_theirs(representation, caller, today=today)
    passed = all(answer.is_right for answer in judged)
    if passed:
        if not may_ask(agent=agent, caller=caller, method=method, now=now):
            raise TooManyFailed("Call back the registered number, or ask a supervisor.")
        _require_enough(judged, method, acts_for_another=representation is not None)
    standing = CallerVerification.objects.standing(
        agent=agent, caller=caller, purpose=purpose
    )
    for earlier in standing.select_for_update().order_by("id"):
        earlier.end(at=now)
    verification = CallerVerification.objects.create(
        agent=agent,
        caller=caller,
        purpose=purpose,
        representation=representation,
        method=method,
        questions=[{"key": each.key, "right": each.is_right} for each in judged],
        passed=passed,
        verified_at=now,
        expires_at=now + settings.CALLER_VERIFICATION_LIFETIME if passed else now,
    )
    _record_judgement(verification, agent=agent, by=by)
    return verification


def may_ask(
    *, agent: User, caller: Customer, method: CallerMethod, now: datetime
) -> bool:
    """Whether this agent may make sure of this caller in this way today.

    After too many controls that failed, questions are for supervisors alone; calling
    back the registered number always goes.
    """
    failed = CallerVerification.objects.failed_lately(caller, now=now)
    return (
        method == CallerMethod.CALL_BACK
        or failed < settings.CALLER_FAILED_CONTROLS
        or agent.has_role(Role.SUPERVISOR)
    )


@transaction.atomic
def end_verification(
    *, verification: CallerVerification, by: Actor, now: datetime
) -> None:
    """The call is over: the verification holds no longer. Twice changes nothing."""
    held = CallerVerification.objects.select_for_update().get(pk=verification.pk)
    if held.ended_at is not None:
        return
    held.end(at=now)
    record(
        chain=customer_chain(held.caller_id),
        what="caller.verification_ended",
        who=by,
        on=Subject(kind="caller_verification", id=held.id),
        at=now,
    )


@transaction.atomic
def begin_questions(*, agent: User, caller: Customer, now: datetime) -> None:
    """Count a control whose first answer is about to be shown.

    Who looks at an answer and walks away has tried too, though nothing was judged.

    :raises TooManyFailed: as many failed or were left, and the agent leads nobody.
    """
    Customer.objects.select_for_update(no_key=True).get(pk=caller.pk)
    failed = CallerVerification.objects.failed_lately(caller, now=now)
    tried = failed + _left_unjudged(caller, now=now)
    if tried >= settings.CALLER_FAILED_CONTROLS and not agent.has_role(Role.SUPERVISOR):
        raise TooManyFailed("Call back the registered number, or ask a supervisor.")
    Tries.objects.count_one(_tries_key(caller), window=A_DAY, now=now)


def _left_unjudged(caller: Customer, *, now: datetime) -> int:
    begun = Tries.objects.filter(key=_tries_key(caller), since__gt=now - A_DAY).first()
    if begun is None:
        return 0
    judged = CallerVerification.objects.filter(
        caller=caller, verified_at__gte=begun.since
    ).count()
    return max(begun.failed - judged, 0)


def _tries_key(caller: Customer) -> str:
    return sha256(f"control:{caller.pk}".encode()).hexdigest()


def _require_theirs(
    representation: Representation, caller: Customer, *, today: date
) -> None:
    is_theirs = representation.represented_id == caller.pk
    if not is_theirs or not representation.is_current(on=today):
        raise NotTheirRepresentative("It does not hold for this customer today.")


def _require_enough(
    judged: Sequence[JudgedAnswer], method: CallerMethod, *, acts_for_another: bool
) -> None:
    keys = {answer.key for answer in judged}
    second = {key for key in keys if key.startswith(SECOND_LEVEL)}
    needed = QUESTIONS_NEEDED[method]
    if len(keys - second) < needed:
        raise TooFewQuestions(f"{needed} different questions are needed.")
    if acts_for_another and len(second) < SECOND_LEVEL_NEEDED:
        raise TooFewQuestions(
            f"{SECOND_LEVEL_NEEDED} questions about the representation are needed."
        )


def _record_judgement(
    verification: CallerVerification, *, agent: User, by: Actor
) -> None:
    representation = verification.representation_id
    record(
        chain=customer_chain(verification.caller_id),
        what="caller.verified" if verification.passed else "caller.not_verified",
        who=by,
        on=Subject(kind="caller_verification", id=verification.id),
        at=verification.verified_at,
        facts={
            "agent": agent.staff_number,
            "purpose": str(verification.purpose),
            "representation": str(representation) if representation else None,
            "method": str(verification.method),
            "questions": verification.questions,
            "expires_at": verification.expires_at.isoformat(),
        },
    )
