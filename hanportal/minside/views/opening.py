"""Ordering the port opened, in four steps; the third and fourth need the second.

Who comes back to a step when the order is placed (the back button, another window)
is led to the order.
"""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hanportal.accounts.actions import choose_notices
from hanportal.accounts.guards import acting, customer_required, identification
from hanportal.accounts.models import Customer
from hanportal.minside import drafts
from hanportal.minside.forms import AgreementForm, NoticesForm
from hanportal.minside.presenters.points import held_point, live_opening, meter_page
from hanportal.minside.rendering import INVALID, page, stopped
from hanportal.minside.views.orders import actor_of
from meters.models import MeteringPoint
from orders import actions
from orders.deadlines import due_date
from orders.models import Terms
from orders.states import SecurityPlacement

FORM_METHODS = ["GET", "HEAD", "POST"]
SOURCE_LANGUAGE = "nb"


def _terms() -> Terms:
    """The terms in the language that the customer reads now, else in bokmål."""
    try:
        return Terms.objects.current(get_language() or SOURCE_LANGUAGE)
    except Terms.DoesNotExist:
        return Terms.objects.current(SOURCE_LANGUAGE)


@require_safe
@customer_required
def before(request: HttpRequest, customer: Customer, point_id: UUID) -> HttpResponse:
    """Step 1: what this meter can do, and by which date the port will be open."""
    now = timezone.now()
    today = timezone.localdate(now)
    point = held_point(customer, point_id, today=today)
    if under_way := live_opening(customer, point):
        return redirect("minside:order", under_way)
    return page(
        request,
        "minside/open_before.html",
        customer=customer,
        context={
            "shown": meter_page(point, today=today),
            "due_date": due_date(now),
            "step": 1,
        },
    )


@require_http_methods(FORM_METHODS)
@customer_required
def terms(request: HttpRequest, customer: Customer, point_id: UUID) -> HttpResponse:
    """Step 2: the terms in full, each statement, and how the meter is secured."""
    point = held_point(customer, point_id, today=timezone.localdate())
    if under_way := live_opening(customer, point):
        return redirect("minside:order", under_way)
    current = _terms()
    form = AgreementForm(request.POST or None, terms=current)
    if request.method == "POST" and form.is_valid():
        drafts.keep(
            request.session,
            point_id=point_id,
            agreement=actions.Agreement(
                terms=current,
                confirmed=form.confirmed,
                security=form.cleaned_data["security"],
            ),
        )
        return redirect("minside:open_notices", point_id)
    return page(
        request,
        "minside/open_terms.html",
        customer=customer,
        status=INVALID if form.errors else 200,
        context={"point": point, "terms": current, "form": form, "step": 2},
    )


@require_http_methods(FORM_METHODS)
@customer_required
def notices(request: HttpRequest, customer: Customer, point_id: UUID) -> HttpResponse:
    """Step 3: where we tell the customer how it goes."""
    now = timezone.now()
    point = held_point(customer, point_id, today=timezone.localdate(now))
    if drafts.find(request.session, point_id=point_id) is None:
        return redirect("minside:open_terms", point_id)
    if acting(request).representation is not None:
        return _notices_as_registered(request, customer, point)
    form = NoticesForm(request.POST or None, customer=customer)
    if request.method == "POST" and form.is_valid():
        choose_notices(
            customer=customer,
            email=form.cleaned_data["email"],
            language=form.cleaned_data["language"],
            by=actor_of(request),
            now=now,
        )
        return redirect("minside:open_check", point_id)
    return page(
        request,
        "minside/open_notices.html",
        customer=customer,
        status=INVALID if form.errors else 200,
        context={"point": point, "form": form, "step": 3},
    )


@require_http_methods(FORM_METHODS)
@customer_required
def check(request: HttpRequest, customer: Customer, point_id: UUID) -> HttpResponse:
    """Step 4: the answers once more, and the button that consents and orders."""
    now = timezone.now()
    today = timezone.localdate(now)
    point = held_point(customer, point_id, today=today)
    draft = drafts.find(request.session, point_id=point_id)
    agreement = None if draft is None else draft.agreement_to(_terms())
    if draft is None and (under_way := live_opening(customer, point)):
        return redirect("minside:order", under_way)
    if agreement is None:
        return redirect("minside:open_terms", point_id)
    if request.method == "POST":
        try:
            return _place(request, customer, point, agreement)
        except actions.NotRepresented:
            return redirect("act_for")
        except actions.HolderDead:
            return _holder_dead(request, customer)
    return page(
        request,
        "minside/open_check.html",
        customer=customer,
        context={
            "shown": meter_page(point, today=today),
            "agreement": agreement,
            "security": SecurityPlacement(agreement.security or "").label,
            "due_date": due_date(now),
            "step": 4,
        },
    )


def _place(
    request: HttpRequest,
    customer: Customer,
    point: MeteringPoint,
    agreement: actions.Agreement,
) -> HttpResponse:
    try:
        placed = actions.place_opening(
            customer=customer,
            metering_point=point,
            agreement=agreement,
            identification=identification(request),
            by=actor_of(request),
            now=timezone.now(),
            representation=acting(request).representation,
        )
    except actions.IdentificationTooOld:
        back = urlencode({"next": request.path})
        return redirect(f"{reverse('reauthenticate')}?{back}")
    except actions.AlreadyOrdered as already:
        return redirect("minside:order", already.order.id)
    except actions.NotHolder as missing:
        raise Http404 from missing
    except actions.ConsentIncomplete:
        return redirect("minside:open_terms", point.id)
    except actions.AlreadyOpen:
        return stopped(
            request,
            customer=customer,
            heading=_("Du har allerede bestilt åpning"),
            reason=_(
                "Samtykket ditt gjelder fortsatt, så du trenger ikke bestille på nytt."
            ),
            next_url=reverse("minside:points"),
            next_label=_("Til målepunktene mine"),
        )
    except (actions.MeterCannotOpen, actions.NoMeter):
        return redirect("minside:open_before", point.id)
    drafts.forget(request.session, point_id=point.id)
    return redirect("minside:order", placed.id)


def _notices_as_registered(
    request: HttpRequest, customer: Customer, point: MeteringPoint
) -> HttpResponse:
    """Step 3 for who acts for another: the customer is told where the customer chose.

    Whoever could change that, could hide what they do.
    """
    if request.method == "POST":
        return redirect("minside:open_check", point.id)
    return page(
        request,
        "minside/open_notices_registered.html",
        customer=customer,
        context={"point": point, "step": 3},
    )


def _holder_dead(request: HttpRequest, customer: Customer) -> HttpResponse:
    return stopped(
        request,
        customer=customer,
        heading=_("Her kan bare dødsboet bestille"),
        reason=_(
            "Vi har fått melding om et dødsfall. Den som representerer dødsboet, kan"
            " logge inn og bestille. Er dette feil, må du ringe kundesenteret."
        ),
        next_url=reverse("minside:points"),
        next_label=_("Til målepunktene mine"),
    )
