"""What two people must let happen: each on their own log-in, with a fresh factor."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods

from hanportal.accounts.guards import (
    fresh_second_factor,
    release_required,
)
from hanportal.accounts.models import User
from hanportal.console.presenters.operations import (
    brake_page,
    has_released,
    held_delivery,
)
from hanportal.console.rendering import CONFLICT, page
from hanportal.console.views.callers import FORM_METHODS
from meters.register import (
    ImportRunning,
    RegisterUnusable,
    ReleaseRefused,
    release_delivery,
)
from orders.actions import ClosingReleaseRefused, release_closings


@require_http_methods(FORM_METHODS)
@release_required(page="console.release_closings")
@fresh_second_factor(doing=gettext_noop("frigi stengingene som bremsen holder"))
def closings(request: HttpRequest, person: User) -> HttpResponse:
    """Let the closings that the brake holds leave."""
    now = timezone.now()
    if request.method == "POST":
        try:
            release_closings(by=person, now=now)
        except ClosingReleaseRefused as refusal:
            return _refused(request, str(refusal))
        return redirect("console:operations")
    brake = brake_page(now=now)
    first = brake.begun.first_released_by if brake.begun else None
    return page(
        request,
        "console/release_closings.html",
        context={
            "brake": brake,
            "first": first,
            "is_second_try": has_released(first, person),
        },
    )


@require_http_methods(FORM_METHODS)
@release_required(page="console.release_delivery")
@fresh_second_factor(doing=gettext_noop("frigi en leveranse som bremsen holder"))
def delivery(request: HttpRequest, person: User, delivery_id: UUID) -> HttpResponse:
    """Let a complete delivery of the register end what it lacks."""
    held = held_delivery(delivery_id)
    if request.method == "POST":
        try:
            release_delivery(held.id, by=person, now=timezone.now())
        except (ReleaseRefused, RegisterUnusable, ImportRunning) as refusal:
            return _refused(request, str(refusal))
        return redirect("console:operations")
    first = held.first_released_by
    return page(
        request,
        "console/release_delivery.html",
        context={
            "delivery": held,
            "first": first,
            "is_second_try": has_released(first, person),
        },
    )


def _refused(request: HttpRequest, reason: str) -> HttpResponse:
    return page(
        request,
        "console/refused.html",
        status=CONFLICT,
        context={
            "heading": _("Ingenting er frigitt"),
            "reason": reason,
            "next_url": reverse("console:operations"),
        },
    )
