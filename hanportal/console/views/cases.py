"""The queue of cases, each case with its story, and what is done about it."""

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hanportal.accounts.guards import (
    note_read,
    operations_required,
    roles_of,
    switches_required,
)
from hanportal.accounts.models import User
from hanportal.console.forms import CloseCaseForm, GiveUpForm
from hanportal.console.presenters.cases import (
    CasePage,
    CaseVerb,
    Filters,
    case_list,
    case_page,
    exchange_of,
    retry_page,
)
from hanportal.console.rendering import CONFLICT, INVALID, page
from hanportal.console.views.callers import FORM_METHODS, actor_of
from hanportal.console.views.operations import SWITCHERS
from orders import actions
from orders.states import CaseEnd

REFUSALS: dict[type[Exception], Promise] = {
    actions.CaseSettled: gettext_lazy("Saken er lukket allerede."),
    actions.NothingToRetry: gettext_lazy(
        "Porten er som den skal være, eller saken gjelder ingen port."
    ),
    actions.NothingIsSent: gettext_lazy(
        "Frontsystemet er slått av, eller det bare ses på. Ingenting sendes til det."
    ),
    actions.AlreadyUnderWay: gettext_lazy(
        "En kommando er allerede sendt. Vent på hva den fører til."
    ),
    actions.RetryNotPermitted: gettext_lazy(
        "Ingen samtykker lenger i at porten åpnes. Kunden må bestille på nytt."
    ),
    actions.NotHeld: gettext_lazy("Ingen bestilling venter på dette lenger."),
    actions.ModuleAlreadySent: gettext_lazy("Modulen er alt merket som sendt."),
    actions.OrderStillWaits: gettext_lazy(
        "Bestillingen venter fortsatt. Saken kan ikke lukkes før den er utført, "
        "avbestilt eller gitt opp."
    ),
    actions.NotToBeClosed: gettext_lazy(
        "Porten skal ikke stenges, eller den er alt sett stengt."
    ),
    actions.VisitAlreadyAsked: gettext_lazy("Montør er allerede bedt om."),
    actions.PortStillOpen: gettext_lazy(
        "Måleren ble sist sett åpen, og ingen samtykker i det. Saken kan ikke lukkes "
        "før måleren er sett stengt."
    ),
}
"""What is said where nothing was done."""

DO: dict[CaseVerb, Callable[..., object]] = {
    CaseVerb.RETRY: actions.retry_case,
    CaseVerb.RESTART: actions.restart_for_case,
    CaseVerb.MODULE: actions.send_module,
    CaseVerb.VISIT: actions.send_fitter,
    CaseVerb.OPENED: actions.opened_by_fitter,
    CaseVerb.CLOSED: actions.closed_by_fitter,
}
"""What is asked once, and needs no words."""


@require_safe
@operations_required(page="console.cases")
def cases(request: HttpRequest, person: User) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """The queue, filtered by what its address says."""
    asked = request.GET
    filters = Filters(
        shown=asked.get("vis", ""),
        kind=asked.get("slag", ""),
        head_end=asked.get("frontsystem", ""),
    )
    shown = case_list(filters, after=asked.get("etter", ""))
    return page(request, "console/cases.html", context={"shown": shown})


@require_safe
@operations_required(page="console.case")
def case(request: HttpRequest, person: User, case_id: UUID) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """What it is about, what was tried, and what can be done."""
    shown = _found(request, case_id)
    may_see_raw = bool(roles_of(request) & SWITCHERS)
    return page(
        request,
        "console/case.html",
        context={"shown": shown, "may_see_raw": may_see_raw},
    )


@require_safe
@switches_required(page="console.case_exchange")
def exchange(
    request: HttpRequest,
    person: User,  # noqa: ARG001 -- a guarded view
    case_id: UUID,
    exchange_id: UUID,
) -> HttpResponse:
    """What was sent to the head-end and what it answered, with numbers hidden."""
    shown = _found(request, case_id)
    return page(
        request,
        "console/case_exchange.html",
        context={"shown": shown, "said": exchange_of(shown.case, exchange_id)},
    )


@require_http_methods(FORM_METHODS)
@operations_required(page="console.case_verb")
def act(
    request: HttpRequest, person: User, case_id: UUID, case_verb: str
) -> HttpResponse:
    """Ask once, then do it."""
    try:
        verb = CaseVerb(case_verb)
    except ValueError as error:
        raise Http404 from error
    shown = _found(request, case_id)
    if verb == CaseVerb.CLOSE:
        return _close(request, person, shown)
    if verb == CaseVerb.GIVE_UP:
        return _give_up(request, person, shown)
    if request.method == "POST":
        do = DO[verb]
        return _done(
            request,
            shown,
            lambda: do(case_id=case_id, by=actor_of(person), now=timezone.now()),
        )
    context = {"shown": shown, "verb": verb}
    return page(request, "console/case_verb.html", context=context)


@require_http_methods(FORM_METHODS)
@operations_required(page="console.retry_cases")
def retry_all(request: HttpRequest, person: User, head_end_id: UUID) -> HttpResponse:
    """Say how many, ask once, and try them again; say what became of them."""
    shown = retry_page(head_end_id)
    retried: actions.Retried | None = None
    if request.method == "POST":
        try:
            retried = actions.retry_cases(
                head_end_id=head_end_id, by=actor_of(person), now=timezone.now()
            )
        except actions.NothingIsSent:
            return _refused(
                request,
                actions.NothingIsSent,
                next_url=f"{reverse('console:cases')}?frontsystem={shown.head_end.code}",
            )
    context = {"shown": shown, "retried": retried}
    return page(request, "console/retry_cases.html", context=context)


def _close(request: HttpRequest, person: User, shown: CasePage) -> HttpResponse:
    form = CloseCaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _done(
            request,
            shown,
            lambda: actions.close_case(
                case_id=shown.case.id,
                end=CaseEnd(form.cleaned_data["end"]),
                note=form.cleaned_data["note"],
                by=actor_of(person),
                now=timezone.now(),
            ),
        )
    return page(
        request,
        "console/close_case.html",
        status=INVALID if form.errors else 200,
        context={"shown": shown, "form": form},
    )


def _give_up(request: HttpRequest, person: User, shown: CasePage) -> HttpResponse:
    form = GiveUpForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _done(
            request,
            shown,
            lambda: actions.give_up_opening(
                case_id=shown.case.id,
                note=form.cleaned_data["note"],
                by=actor_of(person),
                now=timezone.now(),
            ),
        )
    return page(
        request,
        "console/give_up.html",
        status=INVALID if form.errors else 200,
        context={"shown": shown, "form": form},
    )


def _found(request: HttpRequest, case_id: UUID) -> CasePage:
    shown = case_page(case_id)
    if shown.case.order is not None:
        note_read(request, customer=shown.case.order.placement.customer_id)
    return shown


def _done(
    request: HttpRequest, shown: CasePage, verb: Callable[[], object]
) -> HttpResponse:
    address = reverse("console:case", args=[shown.case.id])
    try:
        verb()
    except tuple(REFUSALS) as refusal:
        return _refused(request, type(refusal), next_url=address)
    return redirect(address)


def _refused(
    request: HttpRequest, refusal: type[Exception], *, next_url: str
) -> HttpResponse:
    return page(
        request,
        "console/case_refused.html",
        status=CONFLICT,
        context={
            "heading": _("Ingenting er gjort"),
            "reason": REFUSALS[refusal],
            "next_url": next_url,
        },
    )
