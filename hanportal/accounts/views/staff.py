"""The pages on which staff log in, and choose where to go."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from django.forms import Form
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from hanportal.accounts import company_login, staff_login
from hanportal.accounts.forms import (
    TOO_MANY,
    CodeForm,
    KeyAnswerForm,
    PasswordForm,
)
from hanportal.accounts.guards import roles_of, staff_required
from hanportal.accounts.models import Role, User
from hanportal.accounts.staff_login import TooManyTries
from hanportal.accounts.staff_sessions import begin_half_way, half_way, leave
from hanportal.accounts.views.entering import let_in, origin_of

Judged = TypeVar("Judged")
log = structlog.get_logger(__name__)

WRONG_PASSWORD = _("E-postadressen eller passordet stemmer ikke.")
WRONG_CODE = _("Koden stemmer ikke, eller den er brukt før. Vent på den neste.")
WRONG_KEY = _(
    "Sikkerhetsnøkkelen lot seg ikke bekrefte. Prøv igjen, eller bruk en kode."
)
OPERATIONS = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask for e-mail address and password; a right one leads to the second factor."""
    next_page = local_page(request.POST.get("next") or request.GET.get("next"))
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        user = judged(
            form,
            lambda: staff_login.right_password(
                form.cleaned_data["email"],
                form.cleaned_data["password"],
                origin=origin_of(request),
                now=now,
            ),
            otherwise=WRONG_PASSWORD,
        )
        if user is not None:
            begin_half_way(request, user, next_page=next_page, now=now)
            is_set_up = staff_login.has_second_factor(user)
            return redirect("staff_second_factor" if is_set_up else "staff_enrol")
    context = {
        "form": form,
        "next_page": next_page,
        "company": company_login.is_offered(),
    }
    return render(request, "accounts/staff/log_in.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor of the person whose password was right."""
    now = timezone.now()
    begun = half_way(request, now=now)
    if begun is None:
        return redirect("staff_login")
    user = begun.user
    if not staff_login.has_second_factor(user):
        return redirect("staff_enrol")
    form: Form = CodeForm()
    if request.method == "POST":
        by_key = "credential" in request.POST
        form = KeyAnswerForm(request.POST) if by_key else CodeForm(request.POST)
        factor = given_factor(request, form, user) if form.is_valid() else None
        if factor is not None:
            return let_in(
                request,
                user,
                factor=factor,
                now=now,
                answer=lambda: HttpResponseRedirect(begun.next_page),
            )
    context = {
        "form": form,
        "options": staff_login.has_key(user) and staff_login.key_challenge(user),
    }
    return render(request, "accounts/staff/second_factor.html", context)


@never_cache
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session, also one that is only half-way in."""
    leave(request)
    return redirect("staff_login")


@require_http_methods(["GET", "HEAD"])
@staff_required(page="staff.home", partial=True)
def home(request: HttpRequest, user: User) -> HttpResponse:
    """Where a staff member can go."""
    roles = roles_of(request)
    context = {
        "is_agent": Role.AGENT in roles,
        "is_auditor": Role.AUDITOR in roles,
        "sees_operations": bool(roles & OPERATIONS),
        "is_administrator": Role.ADMINISTRATOR in roles,
        "roles": [role.label for role in Role if role in roles],
        "person": user,
    }
    return render(request, "accounts/staff/home.html", context)


def judged(
    form: Form, judge: Callable[[], Judged | None], *, otherwise: Promise
) -> Judged | None:
    """What a judge found, or None with the reason on the form."""
    try:
        found = judge()
    except TooManyTries:
        log.warning("staff_login_refused", reason="too_many_tries")
        form.add_error(None, TOO_MANY)
        return None
    if not found:
        log.warning("staff_login_refused", reason="wrong")
        form.add_error(None, str(otherwise))
    return found


def given_factor(request: HttpRequest, form: Form, user: User) -> str | None:
    """Which second factor a valid form held; None with the reason on the form."""
    origin, now = origin_of(request), timezone.now()
    if "code" in form.cleaned_data:
        code = form.cleaned_data["code"]
        return judged(
            form,
            lambda: staff_login.spend_code(user, code, origin=origin, now=now),
            otherwise=WRONG_CODE,
        )
    answer = form.cleaned_data["credential"]
    is_right = judged(
        form,
        lambda: staff_login.right_key(user, answer, origin=origin, now=now),
        otherwise=WRONG_KEY,
    )
    return "webauthn" if is_right else None


def local_page(address: str | None) -> str:
    """The address if it is a page of ours, else where staff choose what to do."""
    if address and url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return address
    return reverse("staff_home")
