"""The control of a caller: ask, write down, compare, judge. Or call them back."""

from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hanportal.accounts import actions
from hanportal.accounts.actions import JudgedAnswer
from hanportal.accounts.guards import agent_required, note_read
from hanportal.accounts.models import (
    CallerMethod,
    CallerPurpose,
    Representation,
    User,
)
from hanportal.console import control
from hanportal.console.control import Control
from hanportal.console.forms import SaidForm
from hanportal.console.presenters.callers import Caller, caller_of, representation_of
from hanportal.console.questions import (
    Key,
    Question,
    SecondKey,
    questions_for,
    right_answers,
    second_answers,
    second_questions,
)
from hanportal.console.rendering import INVALID, page, stopped
from hanportal.console.views.callers import FORM_METHODS, PURPOSES, actor_of

RIGHT = "right"


@require_POST
@agent_required(page="console.begin_control")
def begin(request: HttpRequest, agent: User, customer_id: UUID) -> HttpResponse:
    """What the call is about, and on what the caller acts if not the customer."""
    now = timezone.now()
    shown = caller_of(customer_id, agent=agent, now=now)
    if control.of(request.session, customer_id).spent:
        return stopped(
            request,
            caller=shown,
            heading=_("Kontrollen er alt i gang"),
            reason=_("Fullfør den, eller avslutt samtalen og begynn på nytt."),
        )
    purpose = request.POST.get("purpose", "")
    if purpose not in {each.value for each, _label in PURPOSES}:
        raise Http404
    control.keep(
        request.session,
        Control(
            caller=customer_id,
            purpose=CallerPurpose(purpose),
            representation=_chosen(shown, request.POST.get("for", "")),
        ),
    )
    return redirect("console:caller", customer_id)


@require_http_methods(FORM_METHODS)
@agent_required(page="console.question")
def question(
    request: HttpRequest, agent: User, customer_id: UUID, key: str
) -> HttpResponse:
    """Ask, write down what was said, and only then see what is right."""
    now = timezone.now()
    shown = caller_of(customer_id, agent=agent, now=now)
    under_way = control.of(request.session, customer_id)
    asked = _question(shown, under_way, key)
    is_over = shown.known_for(under_way.purpose) or not actions.may_ask(
        agent=agent,
        caller=shown.customer,
        method=_method_with(under_way, key),
        now=now,
    )
    if is_over or key in {*under_way.right, *under_way.seen}:
        return redirect("console:caller", customer_id)
    note_read(request, customer=customer_id)
    form = SaidForm(request.POST or None)
    if request.method == "POST" and key not in under_way.spent and form.is_valid():
        try:
            _count(agent, shown, under_way)
        except actions.TooManyFailed as refused:
            return _not_let_in(request, shown, refused)
        under_way.said[key] = form.cleaned_data["said"]
        control.keep(request.session, under_way)
        return redirect("console:question", customer_id, key)
    said = under_way.said.get(key)
    answers: Sequence[str] = ()
    if said is not None:
        answers = _answers(shown, under_way, asked)
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
    """Right or wrong. The last right one lets the caller in; a wrong one ends it."""
    now = timezone.now()
    shown = caller_of(customer_id, agent=agent, now=now)
    under_way = control.of(request.session, customer_id)
    asked = _question(shown, under_way, key)
    if under_way.said.pop(asked.key, None) is None:
        return redirect("console:question", customer_id, key)
    is_right = request.POST.get("judged") == RIGHT
    return _judged(request, agent, shown, under_way, asked.key, is_right=is_right)


@require_http_methods(FORM_METHODS)
@agent_required(page="console.call_back")
def call_back(request: HttpRequest, agent: User, customer_id: UUID) -> HttpResponse:
    """Call the registered number and see who answers."""
    now = timezone.now()
    shown = caller_of(customer_id, agent=agent, now=now)
    under_way = control.of(request.session, customer_id)
    acts_on = _acts_on(shown, under_way)
    number = acts_on.phone if acts_on else shown.customer.phone
    is_done = control.CALL_BACK in under_way.right
    if shown.known_for(under_way.purpose) or not number or is_done:
        return redirect("console:caller", customer_id)
    note_read(request, customer=customer_id)
    is_shown = control.CALL_BACK in under_way.seen
    answered = request.POST.get("judged")
    if answered and is_shown:
        return _judged(
            request,
            agent,
            shown,
            under_way,
            control.CALL_BACK,
            is_right=answered == RIGHT,
        )
    if request.method == "POST":
        revealed = SecondKey.PHONE.value if acts_on else Key.PHONE.value
        under_way.seen += [control.CALL_BACK, revealed]
        control.keep(request.session, under_way)
        return redirect("console:call_back", customer_id)
    return page(
        request,
        "console/call_back.html",
        caller=shown,
        context={"number": number if is_shown else "", "acts_on": acts_on},
    )


def _count(agent: User, caller: Caller, under_way: Control) -> None:
    """Before the first answer of a control is shown, also if it is never judged."""
    if not under_way.spent:
        actions.begin_questions(agent=agent, caller=caller.customer, now=caller.now)


def _method_with(under_way: Control, key: str) -> CallerMethod:
    """After calling back, what is asked still is about the representation alone."""
    is_second = key in list(SecondKey)
    return CallerMethod.CALL_BACK if is_second else under_way.method


def _chosen(caller: Caller, representation_id: str) -> UUID | None:
    if not representation_id:
        return None
    try:
        wanted = UUID(representation_id)
    except ValueError as error:
        raise Http404 from error
    found = representation_of(caller, wanted)
    if not found.is_current(on=timezone.localdate(caller.now)):
        raise Http404
    return found.id


def _acts_on(caller: Caller, under_way: Control) -> Representation | None:
    if under_way.representation is None:
        return None
    return representation_of(caller, under_way.representation)


def _question(caller: Caller, under_way: Control, key: str) -> Question:
    today = timezone.localdate(caller.now)
    acts_on = _acts_on(caller, under_way)
    second = second_questions(acts_on) if acts_on else ()
    for asked in (*questions_for(caller.customer, today=today), *second):
        if asked.key == key:
            return asked
    raise Http404


def _answers(caller: Caller, under_way: Control, asked: Question) -> Sequence[str]:
    acts_on = _acts_on(caller, under_way)
    if isinstance(asked.key, SecondKey):
        return second_answers(acts_on, asked.key) if acts_on else ()
    today = timezone.localdate(caller.now)
    return right_answers(caller.customer, asked.key, today=today)


def _judged(
    request: HttpRequest,
    agent: User,
    caller: Caller,
    under_way: Control,
    key: str,
    *,
    is_right: bool,
) -> HttpResponse:
    """One more judgement; the control is settled when it is wrong, or the last."""
    judged = [JudgedAnswer(key=each, is_right=True) for each in under_way.right]
    judged.append(JudgedAnswer(key=str(key), is_right=is_right))
    if is_right:
        under_way.right.append(str(key))
        control.keep(request.session, under_way)
        if not under_way.is_complete:
            return redirect("console:caller", caller.customer.id)
    try:
        actions.verify_caller(
            agent=agent,
            caller=caller.customer,
            purpose=under_way.purpose,
            representation=_acts_on(caller, under_way),
            method=CallerMethod.CALL_BACK
            if key == control.CALL_BACK
            else under_way.method,
            judged=judged,
            today=timezone.localdate(caller.now),
            by=actor_of(agent),
            now=caller.now,
        )
    except (actions.TooManyFailed, actions.NotTheirRepresentative) as refused:
        control.forget(request.session, caller.customer.id)
        return _not_let_in(request, caller, refused)
    control.forget(request.session, caller.customer.id)
    return redirect("console:caller", caller.customer.id)


def _not_let_in(
    request: HttpRequest, caller: Caller, refused: Exception
) -> HttpResponse:
    reason = _("Retten til å handle for kunden gjelder ikke lenger.")
    if isinstance(refused, actions.TooManyFailed):
        reason = _(
            "For mange kontroller av denne kunden er ikke bestått det siste døgnet."
            " Ring tilbake på det registrerte nummeret, eller be en leder om hjelp."
        )
    return stopped(
        request, caller=caller, heading=_("Kontrollen teller ikke"), reason=reason
    )
