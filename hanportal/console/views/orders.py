"""Ordering for a caller whom the agent knows, and following an order."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hanportal.accounts.guards import agent_required, note_read
from hanportal.accounts.models import CallerPurpose, User
from hanportal.console.forms import JudgedAloudForm
from hanportal.console.presenters.callers import (
    Caller,
    caller_of,
    point_of,
)
from hanportal.console.presenters.orders import order_page
from hanportal.console.rendering import INVALID, locked, page, stopped
from hanportal.console.views.callers import FORM_METHODS, actor_of
from orders import actions
from orders.deadlines import due_date
from orders.models import Order, Terms

SOURCE_LANGUAGE = "nb"
NOT_IN_PERSON = gettext_lazy(
    "Den som ringer, må være registrert med rett til å handle for kunden, og være"
    " kontrollert som det."
)
REFUSALS: dict[type[Exception], Promise] = {
    actions.AlreadyOpen: gettext_lazy(
        "Porten er bestilt åpnet før, og samtykket gjelder fortsatt."
    ),
    actions.NothingToClose: gettext_lazy(
        "Porten er ikke åpen, og det finnes ikke noe samtykke å avslutte."
    ),
    actions.NoMeter: gettext_lazy("Ingen måler er registrert på målepunktet."),
    actions.NotHolder: gettext_lazy(
        "Kunden har ikke lenger nettavtalen for målepunktet."
    ),
    actions.ConsentIncomplete: gettext_lazy(
        "Noe av det som må bekreftes, mangler. Les opp vilkårene på nytt."
    ),
    actions.NotRepresented: NOT_IN_PERSON,
    actions.HolderDead: NOT_IN_PERSON,
}
"""What the agent is told where an order was refused."""


@require_safe
@agent_required(page="console.order")
def order(request: HttpRequest, agent: User, order_id: UUID) -> HttpResponse:
    """How far an order has come, what was sent, and what the customer was told."""
    now = timezone.now()
    shown = order_page(order_id, today=timezone.localdate(now))
    customer_id = shown.order.placement.customer_id
    note_read(request, customer=customer_id)
    caller = caller_of(customer_id, agent=agent, now=now)
    return page(request, "console/order.html", caller=caller, context={"shown": shown})


@require_http_methods(FORM_METHODS)
@agent_required(page="console.open")
def open_port(
    request: HttpRequest, agent: User, customer_id: UUID, point_id: UUID
) -> HttpResponse:
    """Read the terms aloud, judge each statement, and order for the caller."""
    now = timezone.now()
    caller = caller_of(customer_id, agent=agent, now=now)
    row = point_of(caller, point_id, today=timezone.localdate(now))
    verification = caller.known_for(CallerPurpose.ORDERS)
    if verification is None:
        return locked(request, caller)
    note_read(request, customer=customer_id)
    terms = _terms(caller.customer.language)
    form = JudgedAloudForm(request.POST or None, terms=terms)
    if request.method == "POST" and form.is_valid():
        agreement = actions.Agreement(
            terms=terms,
            confirmed=form.confirmed,
            security=form.cleaned_data["security"],
        )
        return _placed(
            request,
            caller,
            lambda: actions.place_opening_for_caller(
                verification=verification,
                metering_point=row.point,
                agreement=agreement,
                by=actor_of(agent),
                now=now,
            ),
        )
    return page(
        request,
        "console/open.html",
        caller=caller,
        status=INVALID if form.errors else 200,
        context={"row": row, "terms": terms, "form": form, "due_date": due_date(now)},
    )


@require_http_methods(FORM_METHODS)
@agent_required(page="console.close")
def close_port(
    request: HttpRequest, agent: User, customer_id: UUID, point_id: UUID
) -> HttpResponse:
    """Ask once, then end the consent and order the port closed for the caller."""
    now = timezone.now()
    caller = caller_of(customer_id, agent=agent, now=now)
    row = point_of(caller, point_id, today=timezone.localdate(now))
    verification = caller.known_for(CallerPurpose.ORDERS)
    if verification is None:
        return locked(request, caller)
    note_read(request, customer=customer_id)
    if request.method == "POST":
        return _placed(
            request,
            caller,
            lambda: actions.place_closing_for_caller(
                verification=verification,
                metering_point=row.point,
                by=actor_of(agent),
                now=now,
            ),
        )
    return page(
        request,
        "console/close.html",
        caller=caller,
        context={"row": row, "due_date": due_date(now)},
    )


def _terms(language: str) -> Terms:
    """The terms in the caller's language, else in bokmål."""
    try:
        return Terms.objects.current(language)
    except Terms.DoesNotExist:
        return Terms.objects.current(SOURCE_LANGUAGE)


def _placed(
    request: HttpRequest, caller: Caller, place: Callable[[], Order]
) -> HttpResponse:
    """Order, and show the order; or say why nothing was ordered."""
    try:
        placed = place()
    except actions.AlreadyOrdered as already:
        return redirect("console:order", already.order.id)
    except actions.NotVerified:
        return locked(request, caller)
    except actions.MeterCannotOpen as cannot:
        reason = _("Måleren %(what)s. Den må byttes før porten kan åpnes.") % {
            "what": cannot.capability.label
        }
    except tuple(REFUSALS) as refused:
        reason = str(REFUSALS[type(refused)])
    else:
        return redirect("console:order", placed.id)
    return stopped(
        request, caller=caller, heading=_("Ingenting er bestilt"), reason=reason
    )
