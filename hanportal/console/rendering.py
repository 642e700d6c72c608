"""One way to answer with a page of the customer centre."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from hanportal.console.presenters.callers import Caller

INVALID = 422
CONFLICT = 409


def page(
    request: HttpRequest,
    template: str,
    *,
    caller: Caller | None = None,
    context: Mapping[str, object],
    status: int = 200,
) -> HttpResponse:
    """The page, with the caller it is about; never kept by a cache."""
    everything = {"caller": caller, **context}
    response = render(request, template, everything, status=status)
    response["Cache-Control"] = "no-store"
    return response


def stopped(
    request: HttpRequest, *, caller: Caller, heading: str, reason: str
) -> HttpResponse:
    """Say in plain words why nothing was done, and lead back to the caller."""
    return page(
        request,
        "console/stopped.html",
        caller=caller,
        status=CONFLICT,
        context={
            "heading": heading,
            "reason": reason,
            "next_url": reverse("console:caller", args=[caller.customer.id]),
        },
    )


def locked(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Nothing is done for a caller whom this agent does not know."""
    return stopped(
        request,
        caller=caller,
        heading=_("Kontroller først hvem som ringer"),
        reason=_("Kontrollen mangler, er utløpt eller avsluttet. Ingenting er gjort."),
    )
