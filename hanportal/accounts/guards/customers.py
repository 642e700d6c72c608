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
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

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
    """Let only customers in, and hand the view the one who is asking.

    Others are led to the login and back, or told what to do if they are no customer.
    The page is kept by no cache.
    """

    @wraps(view)
    def guarded(
        request: HttpRequest, /, *args: Page.args, **kwargs: Page.kwargs
    ) -> HttpResponse:
        user = request.user
        if not isinstance(user, User) or IDENTIFICATION_KEY not in request.session:
            return _to_login(request)
        if user.customer is None:
            response = _not_a_customer(request)
        else:
            response = view(request, user.customer, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    guarded.audience = "customer"  # type: ignore[attr-defined] # read by the tests
    return guarded


def _not_a_customer(request: HttpRequest) -> HttpResponse:
    context = {"phone": settings.OPERATOR_PHONE}
    return render(request, "accounts/not_a_customer.html", context, status=403)


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
