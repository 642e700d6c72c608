"""Ordering the port opened, in four steps; the third and fourth need the second.

Who comes back to a step when the order is placed (the back button, another window)
is led to the order.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from hanportal.accounts.actions import choose_notices
from hanportal.accounts.guards import acting, customer_required
from hanportal.accounts.models import Customer
from hanportal.minside import drafts
from hanportal.minside.forms import AgreementForm, NoticesForm
from hanportal.minside.presenters.points import (
    held_point,
    live_opening,
    meter_page,
    meter_pages,
    openable_beside,
)
from hanportal.minside.rendering import INVALID, page
from hanportal.minside.views.orders import actor_of
from hanportal.minside.views.placing import place
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


@require_http_methods(FORM_METHODS)
@customer_required
def before(request: HttpRequest, customer: Customer, point_id: UUID) -> HttpResponse:
    """Step 1: what this meter can do, by when the port is open, and which with it."""
    now = timezone.now()
    today = timezone.localdate(now)
    point = held_point(customer, point_id, today=today)
    if under_way := live_opening(customer, point):
        return redirect("minside:order", under_way)
    beside = openable_beside(customer, point, today=today)
    if request.method == "POST":
        wanted = set(request.POST.getlist("also"))
        drafts.keep_others(
            request.session,
            point_id=point_id,
            others=[each.id for each in beside if str(each.id) in wanted],
        )
        return redirect("minside:open_terms", point_id)
    return page(
        request,
        "minside/open_before.html",
        customer=customer,
        context={
            "shown": meter_page(point, today=today),
            "beside": meter_pages(beside, today=today),
            "chosen": drafts.others(request.session, point_id=point_id),
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
        context={
            "point": point,
            "others": _others(request, customer, point),
            "terms": current,
            "form": form,
            "step": 2,
        },
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
        others = _others(request, customer, point)
        return place(request, customer, point, others, agreement)
    return page(
        request,
        "minside/open_check.html",
        customer=customer,
        context={
            "shown": meter_page(point, today=today),
            "others": meter_pages(_others(request, customer, point), today=today),
            "agreement": agreement,
            "security": SecurityPlacement(agreement.security or "").label,
            "due_date": due_date(now),
            "step": 4,
        },
    )


def _others(
    request: HttpRequest, customer: Customer, point: MeteringPoint
) -> list[MeteringPoint]:
    """The points that were chosen with this one and that the customer holds today."""
    chosen = drafts.others(request.session, point_id=point.id)
    if not chosen:
        return []
    held = MeteringPoint.objects.held_by(customer, on=timezone.localdate())
    return list(held.filter(pk__in=chosen).by_address())


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
