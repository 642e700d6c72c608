"""Making sure who is on the telephone, before anything is done for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from hanportal.accounts.models import (
    CallerMethod,
    CallerVerification,
    Customer,
    Role,
    User,
)
from hanportal.audit.log import Actor, Subject, customer_chain, record

QUESTIONS_NEEDED = {CallerMethod.CONTROL_QUESTIONS: 3, CallerMethod.CALL_BACK: 1}


class NotAnAgent(Exception):  # noqa: N818 -- errors are sentences
    """Only somebody with the agent's role verifies callers. Again will not help."""


class TooFewQuestions(Exception):  # noqa: N818 -- errors are sentences
    """Too few different questions were judged. Asking more of them helps."""


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
    method: CallerMethod,
    judged: Sequence[JudgedAnswer],
    by: Actor,
    now: datetime,
) -> CallerVerification:
    """Keep how an agent judged a caller; passed when every answer was right.

    One wrong answer fails it, however many were asked. A new judgement ends what the
    same agent held for this caller before.

    :raises NotAnAgent: the agent lacks the role.
    :raises TooFewQuestions: all were right, but too few were asked to believe it.
    """
    if not agent.has_role(Role.AGENT):
        raise NotAnAgent("Only a customer-centre agent verifies callers.")
    passed = all(answer.is_right for answer in judged)
    needed = QUESTIONS_NEEDED[method]
    if passed and len({answer.key for answer in judged}) < needed:
        raise TooFewQuestions(f"{needed} different questions are needed.")
    standing = CallerVerification.objects.standing(agent=agent, caller=caller)
    for earlier in standing.select_for_update().order_by("id"):
        earlier.end(at=now)
    lasts_until = now + settings.CALLER_VERIFICATION_LIFETIME if passed else now
    verification = CallerVerification.objects.create(
        agent=agent,
        caller=caller,
        method=method,
        questions=[{"key": each.key, "right": each.is_right} for each in judged],
        passed=passed,
        verified_at=now,
        expires_at=lasts_until,
    )
    record(
        chain=customer_chain(caller.id),
        what="caller.verified" if passed else "caller.not_verified",
        who=by,
        on=Subject(kind="caller_verification", id=verification.id),
        at=now,
        facts={
            "agent": agent.staff_number,
            "method": str(method.value),
            "questions": verification.questions,
            "expires_at": lasts_until.isoformat(),
        },
    )
    return verification


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
