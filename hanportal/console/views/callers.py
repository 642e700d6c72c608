"""The caller's page: what an agent sees of a customer, and the end of the call."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from hanportal.accounts.actions import (
    JudgedAnswer,
    end_verification,
    verify_caller,
)
from hanportal.accounts.guards import agent_required, note_read
from hanportal.accounts.models import CallerMethod, User
from hanportal.audit.log import Actor, ActorKind
from hanportal.console import control
from hanportal.console.presenters.callers import caller_of, caller_page
from hanportal.console.questions import questions_for
from hanportal.console.rendering import page

FORM_METHODS = ["GET", "HEAD", "POST"]


def actor_of(agent: User) -> Actor:
    """The agent, as the log names them."""
    return Actor(kind=ActorKind.STAFF, reference=agent.staff_number)


@require_safe
@agent_required(page="console.caller")
def caller(request: HttpRequest, agent: User, customer_id: UUID) -> HttpResponse:
    """What the caller has with us; the answers to control questions stay hidden."""
    now = timezone.now()
    today = timezone.localdate(now)
    shown = caller_of(customer_id, agent=agent, now=now)
    note_read(request, customer=customer_id)
    under_way = control.of(request.session, customer_id)
    return page(
        request,
        "console/caller.html",
        caller=shown,
        context={
            "shown": caller_page(shown.customer, now=now),
            "questions": questions_for(shown.customer, today=today),
            "control": under_way,
            "language_name": dict(settings.LANGUAGES)[shown.customer.language],
        },
    )


@require_POST
@agent_required(page="console.end_call")
def end_call(request: HttpRequest, agent: User, customer_id: UUID) -> HttpResponse:
    """The call is over: whoever rings next must be controlled anew."""
    now = timezone.now()
    shown = caller_of(customer_id, agent=agent, now=now)
    under_way = control.of(request.session, customer_id)
    if under_way.spent and shown.verification is None:
        # Answers were on the screen: that is a control that did not succeed.
        verify_caller(
            agent=agent,
            caller=shown.customer,
            method=CallerMethod.CONTROL_QUESTIONS,
            judged=[
                JudgedAnswer(key=key, is_right=False) for key in sorted(under_way.spent)
            ],
            by=actor_of(agent),
            now=now,
        )
    control.forget(request.session, customer_id)
    if shown.verification is not None:
        end_verification(verification=shown.verification, by=actor_of(agent), now=now)
    return redirect("console:search")
