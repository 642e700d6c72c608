"""The pages on which staff log in with the company's own login."""

from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hanportal.accounts import actions, company_login, staff_login
from hanportal.accounts.company_login import BIND, CONFIRM, FACTOR, LOG_IN, CameBack
from hanportal.accounts.eid.answer import Returned
from hanportal.accounts.eid.refusals import LoginRefused, Reason
from hanportal.accounts.forms import OneTimeCodeForm
from hanportal.accounts.guards import fresh_second_factor, staff_required
from hanportal.accounts.models import CompanyLogin, User
from hanportal.accounts.staff_sessions import confirm, has_second_factor, is_fresh
from hanportal.accounts.views.entering import let_in, origin_of
from hanportal.accounts.views.refusals import refused_page
from hanportal.accounts.views.staff import local_page

BOUND_ALREADY = _(
    "Du har en firmainnlogging fra før, eller denne er en annens. "
    "Snakk med en administrator."
)


@never_cache
@require_POST
def log_in(request: HttpRequest) -> HttpResponse:
    """The button on the login page: go to the company."""
    next_page = local_page(request.POST.get("next"))
    return _lead_to_company(request, purpose=LOG_IN, next_page=next_page)


@require_POST
@staff_required(page="staff.company_confirm")
def ask_again(request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """Let the company ask again who is there, before something grave."""
    return _lead_to_company(request, purpose=CONFIRM, next_page="")


@require_POST
@staff_required(page="staff.company_bind")
@fresh_second_factor(doing=gettext_noop("koble til firmainnloggingen din"))
def bind_from_inside(request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """Bind the company's login to the person who is logged in here."""
    return _lead_to_company(request, purpose=BIND, next_page="")


@never_cache
@require_GET
@sensitive_variables()
def callback(request: HttpRequest) -> HttpResponse:
    """Receive the browser that the company sent back."""
    _offered_or_404()
    returned = Returned(
        code=request.GET.get("code", ""),
        error=request.GET.get("error", ""),
        issuer=request.GET.get("iss", ""),
    )
    state, now = request.GET.get("state", ""), timezone.now()
    try:
        came = company_login.finish(request, state=state, returned=returned, now=now)
        return _received(request, came)
    except LoginRefused as refused:
        return _refused(request, refused)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
def bind(request: HttpRequest) -> HttpResponse:
    """Whose company login this is: shown by a one-time code, once."""
    _offered_or_404()
    now = timezone.now()
    came = company_login.unbound(request, now=now)
    if came is None:
        return redirect("staff_login")
    form = OneTimeCodeForm(
        request.POST if request.method == "POST" else None,
        whose=lambda email, code: staff_login.right_one_time_code(
            email, code, origin=origin_of(request), now=now
        ),
    )
    if request.method == "POST" and form.is_valid() and form.user is not None:
        try:
            actions.spend_code_for_company_login(
                user=form.user, issuer=came.issuer, subject=came.subject, now=now
            )
        except actions.BoundAlready:
            form.add_error(None, BOUND_ALREADY)
        else:
            return _let_in(request, came)
    return render(request, "accounts/staff/bind_company_login.html", {"form": form})


def _received(request: HttpRequest, came: CameBack) -> HttpResponse:
    """What happens now depends on what the login was begun for.

    :raises LoginRefused: it is somebody else's, or of somebody who is switched off.
    """
    if came.purpose == CONFIRM:
        return _confirmed(request, came)
    if came.purpose == BIND:
        return _bound_from_inside(request, came)
    user = CompanyLogin.objects.user_of(issuer=came.issuer, subject=came.subject)
    if user is not None:
        return _let_in(request, came)
    logout(request)
    company_login.keep_unbound(request, came, now=timezone.now())
    return redirect("staff_company_bind")


def _let_in(request: HttpRequest, came: CameBack) -> HttpResponse:
    user = CompanyLogin.objects.user_of(issuer=came.issuer, subject=came.subject)
    if user is None or not user.is_active:
        raise LoginRefused(Reason.USER_INACTIVE)
    logout(request)
    return let_in(
        request,
        user,
        factor=FACTOR,
        now=timezone.now(),
        answer=lambda: HttpResponseRedirect(came.next_page),
    )


def _confirmed(request: HttpRequest, came: CameBack) -> HttpResponse:
    user, now = _inside(request), timezone.now()
    bound_to = CompanyLogin.objects.user_of(issuer=came.issuer, subject=came.subject)
    if bound_to != user:
        raise LoginRefused(Reason.SUBJECT_MISMATCH)
    confirm(request.session, factor=FACTOR, now=now)
    actions.record_confirmation(user=user, factor=FACTOR, now=now)
    return redirect("staff_continue")


def _bound_from_inside(request: HttpRequest, came: CameBack) -> HttpResponse:
    user, now = _inside(request), timezone.now()
    if not is_fresh(request, now=now):
        raise LoginRefused(Reason.AUTHENTICATION_TOO_OLD)
    try:
        actions.bind_company_login(
            user=user, issuer=came.issuer, subject=came.subject, now=now
        )
    except actions.BoundAlready:
        raise LoginRefused(Reason.SUBJECT_MISMATCH) from None
    return redirect("staff_security")


def _inside(request: HttpRequest) -> User:
    user = request.user
    if (
        not isinstance(user, User)
        or not user.is_staff
        or not has_second_factor(request)
    ):
        raise LoginRefused(Reason.UNKNOWN_STATE)
    return user


def _lead_to_company(
    request: HttpRequest, *, purpose: str, next_page: str
) -> HttpResponse:
    _offered_or_404()
    try:
        address = company_login.begin(
            request, purpose=purpose, next_page=next_page, now=timezone.now()
        )
    except LoginRefused as refused:
        return _refused(request, refused)
    return HttpResponseRedirect(address)


def _refused(request: HttpRequest, refused: LoginRefused) -> HttpResponse:
    template = "accounts/staff/login_refused.html"
    return refused_page(request, refused, template=template)


def _offered_or_404() -> None:
    if not company_login.is_offered():
        raise Http404
