"""The control of a caller: ask, write down, compare, judge. Or call them back."""

from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from hanportal.accounts.actions import JudgedAnswer, verify_caller
from hanportal.accounts.guards import agent_required, note_read
from hanportal.accounts.models import CallerMethod, User
from hanportal.console import control
from hanportal.console.forms import SaidForm
from hanportal.console.presenters.callers import Caller, caller_of
from hanportal.console.questions import Key, Question, questions_for, right_answers
from hanportal.console.rendering import INVALID, page
from hanportal.console.views.callers import FORM_METHODS, actor_of

RIGHT = "right"


@require_http_methods(FORM_METHODS)
@agent_required(page="console.question")
def question(
    request: HttpRequest, agent: User, customer_id: UUID, key: str
) -> HttpResponse:
    """Ask, write down what was said, and only then see what is right."""
    now = timezone.now()
    shown = caller_of(customer_id, agent=agent, now=now)
    asked = _question(shown, key)
    under_way = control.of(request.session, customer_id)
    if shown.is_known or key in {*under_way.right, *under_way.seen}:
        return redirect("console:caller", customer_id)
    note_read(request, customer=customer_id)
    form = SaidForm(request.POST or None)
    if request.method == "POST" and key not in under_way.spent and form.is_valid():
        under_way.said[key] = form.cleaned_data["said"]
        control.keep(request.session, under_way)
        return redirect("console:question", customer_id, key)
    said = under_way.said.get(key)
    answers: Sequence[str] = ()
    if said is not None:
        answers = right_answers(shown.customer, asked.key, today=timezone.localdate())
    return page(
        request,
        "console/question.html",
        caller=shown,
        status=INVALID if form.errors else 200,
        context={"question": asked, "form": form, "said": said, "answers": answers},
    )


@require_POST
@agent_required(page="console.judge")
def judge(
    request: HttpRequest, agent: User, customer_id: UUID, key: str
) -> HttpResponse:
    """Right or wrong. The third right one lets the caller in; a wrong one ends it."""
    now = timezone.now()
    shown = caller_of(customer_id, agent=agent, now=now)
    asked = _question(shown, key)
    under_way = control.of(request.session, customer_id)
    if under_way.said.pop(asked.key, None) is None:
        return redirect("console:question", customer_id, key)
    is_right = request.POST.get("judged") == RIGHT
    if is_right:
        under_way.right.append(asked.key)
        control.keep(request.session, under_way)
        if under_way.missing:
            return redirect("console:caller", customer_id)
    judged = [JudgedAnswer(key=each, is_right=True) for each in under_way.right]
    if not is_right:
        judged.append(JudgedAnswer(key=asked.key, is_right=False))
    _settle(request, agent, shown, CallerMethod.CONTROL_QUESTIONS, judged)
    return redirect("console:caller", customer_id)


@require_http_methods(FORM_METHODS)
@agent_required(page="console.call_back")
def call_back(request: HttpRequest, agent: User, customer_id: UUID) -> HttpResponse:
    """Call the registered number and see who answers."""
    now = timezone.now()
    shown = caller_of(customer_id, agent=agent, now=now)
    under_way = control.of(request.session, customer_id)
    if shown.is_known or not shown.customer.phone:
        return redirect("console:caller", customer_id)
    note_read(request, customer=customer_id)
    is_shown = control.CALL_BACK in under_way.seen
    answered = request.POST.get("judged")
    if answered and is_shown:
        judged = JudgedAnswer(key=control.CALL_BACK, is_right=answered == RIGHT)
        _settle(request, agent, shown, CallerMethod.CALL_BACK, [judged])
        return redirect("console:caller", customer_id)
    if request.method == "POST":
        under_way.seen += [control.CALL_BACK, Key.PHONE.value]
        control.keep(request.session, under_way)
        return redirect("console:call_back", customer_id)
    return page(
        request,
        "console/call_back.html",
        caller=shown,
        context={"number": shown.customer.phone if is_shown else ""},
    )


def _question(caller: Caller, key: str) -> Question:
    today = timezone.localdate(caller.now)
    for asked in questions_for(caller.customer, today=today):
        if asked.key == key:
            return asked
    raise Http404


def _settle(
    request: HttpRequest,
    agent: User,
    caller: Caller,
    method: CallerMethod,
    judged: Sequence[JudgedAnswer],
) -> None:
    verify_caller(
        agent=agent,
        caller=caller.customer,
        method=method,
        judged=judged,
        by=actor_of(agent),
        now=caller.now,
    )
    control.forget(request.session, caller.customer.id)
