"""The pages of customers who log in and out."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hanportal.accounts import login
from hanportal.accounts.eid.answer import Returned
from hanportal.accounts.eid.refusals import LoginRefused
from hanportal.accounts.views.refusals import refused_page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Explain the eID; the button leads to it."""
    return _lead_to_eid(request, fresh=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """Ask the person to prove again who they are, before they consent."""
    return _lead_to_eid(request, fresh=True)


@never_cache
@require_GET
@sensitive_variables()
def callback(request: HttpRequest) -> HttpResponse:
    """Receive the browser that the eID sent back."""
    returned = Returned(
        code=request.GET.get("code", ""),
        error=request.GET.get("error", ""),
        issuer=request.GET.get("iss", ""),
    )
    try:
        return login.finish(
            request,
            state=request.GET.get("state", ""),
            returned=returned,
            now=timezone.now(),
        )
    except LoginRefused as refused:
        return _refused(request, refused)


@never_cache
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """Log out here, then at the eID."""
    return HttpResponseRedirect(login.end(request))


def _lead_to_eid(request: HttpRequest, *, fresh: bool) -> HttpResponse:
    next_page = login.local_page(request.POST.get("next") or request.GET.get("next"))
    if request.method == "POST":
        max_age = timedelta(0) if fresh else settings.EID_MAX_AGE
        try:
            address = login.begin(
                request, next_page=next_page, max_age=max_age, now=timezone.now()
            )
        except LoginRefused as refused:
            return _refused(request, refused)
        return HttpResponseRedirect(address)
    if login.came_by_eid(request) and not fresh:
        return HttpResponseRedirect(next_page)
    phone = settings.OPERATOR_PHONE
    context = {"next_page": next_page, "fresh": fresh, "phone": phone}
    return render(request, "accounts/log_in.html", context)


def _refused(request: HttpRequest, refused: LoginRefused) -> HttpResponse:
    return refused_page(request, refused, template="accounts/login_refused.html")
