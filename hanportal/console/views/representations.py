"""Who may act for a customer: looked at, registered by supervisors, and revoked."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from hanportal.accounts import actions as accounts
from hanportal.accounts.guards import (
    customer_centre_required,
    note_read,
    roles_of,
    supervisor_required,
)
from hanportal.accounts.models import CallerPurpose, Representation, Role, User
from hanportal.console.forms import RepresentationForm
from hanportal.console.presenters.callers import Caller, caller_of, representation_of
from hanportal.console.rendering import INVALID, locked, page
from hanportal.console.views.callers import FORM_METHODS, actor_of
from orders import actions


@require_safe
@customer_centre_required(page="console.representations")
def representations(
    request: HttpRequest, agent: User, customer_id: UUID
) -> HttpResponse:
    """Everybody who may act for the customer, or once might."""
    now = timezone.now()
    caller = caller_of(customer_id, agent=agent, now=now)
    note_read(request, customer=customer_id)
    today = timezone.localdate(now)
    rows = [
        (each, each.is_over(on=today))
        for each in Representation.objects.of_customer(caller.customer)
    ]
    return page(
        request,
        "console/representations.html",
        caller=caller,
        context={
            "rows": rows,
            "may_register": Role.SUPERVISOR in roles_of(request),
            "may_revoke": _may_revoke(request, caller),
        },
    )


@require_http_methods(FORM_METHODS)
@sensitive_post_parameters("national_id")
@supervisor_required(page="console.register_representation")
def register(request: HttpRequest, supervisor: User, customer_id: UUID) -> HttpResponse:
    """Let a person act for the customer, on a document that the centre has seen."""
    now = timezone.now()
    caller = caller_of(customer_id, agent=supervisor, now=now)
    note_read(request, customer=customer_id)
    form = RepresentationForm(
        request.POST or None,
        customer=caller.customer,
        today=timezone.localdate(now),
    )
    if request.method == "POST" and form.is_valid():
        refusal = _register(form, caller, supervisor)
        if not refusal:
            return redirect("console:representations", customer_id)
        form.add_error(*refusal)
    return page(
        request,
        "console/register_representation.html",
        caller=caller,
        status=INVALID if form.errors else 200,
        context={"form": form},
    )


@require_http_methods(FORM_METHODS)
@customer_centre_required(page="console.revoke_representation")
def revoke(
    request: HttpRequest, agent: User, customer_id: UUID, representation_id: UUID
) -> HttpResponse:
    """Ask once, then let nobody act on it any more."""
    now = timezone.now()
    caller = caller_of(customer_id, agent=agent, now=now)
    representation = representation_of(caller, representation_id)
    if not _may_revoke(request, caller):
        return locked(request, caller)
    note_read(request, customer=customer_id)
    if request.method == "POST":
        actions.revoke_representation(
            representation=representation, by=actor_of(agent), now=now
        )
        return redirect("console:representations", customer_id)
    return page(
        request,
        "console/revoke_representation.html",
        caller=caller,
        context={"representation": representation},
    )


def _may_revoke(request: HttpRequest, caller: Caller) -> bool:
    """A supervisor, or an agent who knows that it is the customer who asks."""
    known = caller.known_for(CallerPurpose.REPRESENTATION)
    return known is not None or Role.SUPERVISOR in roles_of(request)


def _register(
    form: RepresentationForm, caller: Caller, supervisor: User
) -> tuple[str, str] | None:
    """Register what the form says; the field at fault and why, where it is refused."""
    facts = form.cleaned_data
    try:
        actions.register_representation(
            represented=caller.customer,
            representative=form.representative,
            ground=form.chosen_ground,
            starts_on=facts["starts_on"],
            ends_on=facts["ends_on"],
            evidence=facts["evidence"],
            died_on=facts.get("died_on"),
            supervisor=supervisor,
            by=actor_of(supervisor),
            now=caller.now,
        )
    except accounts.InvalidNationalId:
        return "national_id", _("Nummeret er ikke et gyldig fødselsnummer.")
    except accounts.RepresentsThemselves:
        return "national_id", _("Dette er kundens eget fødselsnummer.")
    except (accounts.NotDead, accounts.OnlyPeopleDie):
        return "died_on", _("Skriv datoen kunden døde. Den kan ikke være fram i tid.")
    except accounts.GroundDoesNotFit:
        return "ground", _("Grunnlaget passer ikke for denne kunden.")
    return None
