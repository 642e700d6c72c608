"""Pages for customers: the guard hands the view its customer."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

from hanportal.accounts.guards.acting import (
    RightEnded,
    find_acting,
    representations_of,
)
from hanportal.accounts.login import IDENTIFICATION_KEY
from hanportal.accounts.models import Customer, Identification, User

Page = ParamSpec("Page")


class NotIdentified(Exception):  # noqa: N818 -- errors are sentences
    """The session does not say how the person was identified. A new login helps."""


def identification(request: HttpRequest) -> Identification:
    """How the person behind the request proved who they are.

    :raises NotIdentified: nobody logged in with an eID in this session.
    """
    kept = request.session.get(IDENTIFICATION_KEY)
    if not request.user.is_authenticated or not isinstance(kept, dict):
        raise NotIdentified("Nobody has logged in with an eID in this session.")
    return Identification(
        issuer=kept["issuer"],
        subject=kept["subject"],
        level=kept["level"],
        authenticated_at=datetime.fromisoformat(kept["authenticated_at"]),
    )


def customer_required(
    view: Callable[Concatenate[HttpRequest, Customer, Page], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Page], HttpResponse]:
    """Let only customers and who acts for them in; hand the view the customer.

    That is the one whose pages these are; `acting` says who is behind the request. Who
    is no customer but may act for one chooses first; others are led to the login and
    back, or told what to do if they are no customer. The page is kept by no cache.
    """

    @wraps(view)
    def guarded(
        request: HttpRequest, /, *args: Page.args, **kwargs: Page.kwargs
    ) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or IDENTIFICATION_KEY not in request.session:
            return _to_login(request)
        today = timezone.localdate()
        try:
            found = find_acting(request, user, today=today)
        except RightEnded:
            return _right_ended(request)
        if found is not None:
            response = view(request, found.customer, *args, **kwargs)
        elif representations_of(request, user, today=today).exists():
            response = HttpResponseRedirect(reverse("act_for"))
        else:
            response = not_a_customer(request)
        add_never_cache_headers(response)
        return response

    guarded.audience = "customer"  # type: ignore[attr-defined] # read by the tests
    return guarded


def person_required(
    view: Callable[Concatenate[HttpRequest, User, Page], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Page], HttpResponse]:
    """Let everybody in who came by the eID, customer or not; hand the view the user."""

    @wraps(view)
    def guarded(
        request: HttpRequest, /, *args: Page.args, **kwargs: Page.kwargs
    ) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or IDENTIFICATION_KEY not in request.session:
            return _to_login(request)
        response = view(request, user, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    guarded.audience = "person"  # type: ignore[attr-defined] # read by the tests
    return guarded


def not_a_customer(request: HttpRequest) -> HttpResponse:
    """Say that there is nothing here for this person, and what to do."""
    context = {"phone": settings.OPERATOR_PHONE}
    return render(request, "accounts/not_a_customer.html", context, status=403)


def _right_ended(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        # A fragment cannot say it: the whole page goes where it is said.
        return HttpResponseClientRedirect(reverse("act_for"))
    context = {"phone": settings.OPERATOR_PHONE}
    response = render(request, "accounts/right_ended.html", context, status=403)
    add_never_cache_headers(response)
    return response


def _to_login(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        # A fragment cannot show the login: the whole page goes there and comes back.
        page = urlsplit(request.headers.get("HX-Current-URL", "")).path
        return HttpResponseClientRedirect(_login_address(page))
    page = request.get_full_path() if request.method in {"GET", "HEAD"} else ""
    return HttpResponseRedirect(_login_address(page))


def _login_address(page: str) -> str:
    login = reverse("account_login")
    return f"{login}?{urlencode({'next': page})}" if page else login
