"""One way to answer with a page of Min side."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hanportal.accounts.guards import acting
from hanportal.accounts.models import Customer
from notifications.models import Message

INVALID = 422
CONFLICT = 409


def page(
    request: HttpRequest,
    template: str,
    *,
    customer: Customer,
    context: Mapping[str, object],
    status: int = 200,
) -> HttpResponse:
    """The page with what every page of a customer shows; never kept by a cache."""
    unread = Message.objects.visible_to(customer).unread().count()
    everything = {
        "customer": customer,
        "acting": acting(request),
        "unread": unread,
        **context,
    }
    response = render(request, template, everything, status=status)
    response["Cache-Control"] = "no-store"
    return response


def stopped(
    request: HttpRequest,
    *,
    customer: Customer,
    heading: str,
    reason: str,
    next_url: str,
    next_label: str,
) -> HttpResponse:
    """Say in plain words why nothing was done, and where to go from here."""
    return page(
        request,
        "minside/stopped.html",
        customer=customer,
        status=CONFLICT,
        context={
            "heading": heading,
            "reason": reason,
            "next_url": next_url,
            "next_label": next_label,
        },
    )
