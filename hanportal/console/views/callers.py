"""The caller's page: what an agent sees of a customer, and the end of the call."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from hanportal.accounts.actions import (
    JudgedAnswer,
    end_verification,
    may_ask,
    verify_caller,
)
from hanportal.accounts.guards import agent_required, note_read
from hanportal.accounts.models import CallerMethod, CallerPurpose, User
from hanportal.audit.log import Actor, ActorKind
from hanportal.console import control
from hanportal.console.presenters.callers import caller_of, caller_page
from hanportal.console.questions import questions_for, second_questions
from hanportal.console.rendering import page

FORM_METHODS = ["GET", "HEAD", "POST"]
PURPOSES = (
    (CallerPurpose.ORDERS, _("Åpne eller stenge porten")),
    (CallerPurpose.REPRESENTATION, _("Endre hvem som kan handle for kunden")),
)
"""What a control can be made for here."""


def actor_of(agent: User) -> Actor:
    """The agent, as the log names them."""
    return Actor(kind=ActorKind.STAFF, reference=agent.staff_number)


@require_safe
@agent_required(page="console.caller")
def caller(request: HttpRequest, agent: User, customer_id: UUID) -> HttpResponse:
    """What the caller has with us; the answers to control questions stay hidden."""
    now = timezone.now()
    shown = caller_of(customer_id, agent=agent, now=now)
    note_read(request, customer=customer_id)
    under_way = control.of(request.session, customer_id)
    everything = caller_page(shown.customer, now=now)
    behalf = under_way.representation
    stands_on = next((r for r in everything.representations if r.id == behalf), None)
    return page(
        request,
        "console/caller.html",
        caller=shown,
        context={
            "shown": everything,
            "questions": questions_for(shown.customer, today=timezone.localdate(now)),
            "second_questions": second_questions(stands_on) if stands_on else (),
            "stands_on": stands_on,
            "control": under_way,
            "is_control_over": shown.known_for(under_way.purpose) is not None,
            "may_ask": may_ask(
                agent=agent,
                caller=shown.customer,
                method=CallerMethod.CONTROL_QUESTIONS,
                now=now,
            ),
            "purposes": PURPOSES,
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
    if under_way.spent and shown.known_for(under_way.purpose) is None:
        # Answers were on the screen: that is a control that did not succeed.
        verify_caller(
            agent=agent,
            caller=shown.customer,
            purpose=under_way.purpose,
            representation=None,
            method=CallerMethod.CONTROL_QUESTIONS,
            judged=[
                JudgedAnswer(key=key, is_right=False) for key in sorted(under_way.spent)
            ],
            today=timezone.localdate(now),
            by=actor_of(agent),
            now=now,
        )
    control.forget(request.session, customer_id)
    for verification in shown.verifications:
        end_verification(verification=verification, by=actor_of(agent), now=now)
    return redirect("console:search")
