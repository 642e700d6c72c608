"""The pages on which staff set up and change their second factors."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from hanportal.accounts import actions, staff_login
from hanportal.accounts.forms import CodeForm, KeyForm
from hanportal.accounts.guards import fresh_second_factor, staff_required
from hanportal.accounts.models import User
from hanportal.accounts.staff_sessions import half_way
from hanportal.accounts.views.entering import let_in
from hanportal.accounts.views.staff import WRONG_CODE, WRONG_KEY

CHANGING = gettext_noop("endre hva du logger inn med")
SECRET_KEY = "new_app_secret"  # noqa: S105 -- a key of the session


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
def enrol(request: HttpRequest) -> HttpResponse:
    """Set up the first second factor. The person is not logged in before that."""
    now = timezone.now()
    begun = half_way(request, now=now)
    if begun is None or staff_login.has_second_factor(begun.user):
        return redirect("staff_login")
    factor, context = _set_up(request, begun.user, now=now)
    if not factor:
        return render(request, "accounts/staff/enrol.html", context)
    codes = actions.new_recovery_codes(user=begun.user, now=now)
    context = {"codes": codes, "next_page": begun.next_page}
    return let_in(
        request,
        begun.user,
        factor=factor,
        now=now,
        answer=lambda: render(request, "accounts/staff/recovery_codes.html", context),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@staff_required(page="staff.add_factor", partial=True)
@fresh_second_factor(doing=CHANGING)
def add_factor(request: HttpRequest, user: User) -> HttpResponse:
    """Add an app or a key beside what is there."""
    factor, context = _set_up(request, user, now=timezone.now())
    if factor:
        return redirect("staff_security")
    context["is_another"] = True
    context["has_app"] = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.TOTP
    ).exists()
    return render(request, "accounts/staff/enrol.html", context)


@require_POST
@staff_required(page="staff.remove_factor")
@fresh_second_factor(doing=CHANGING)
def remove_factor(request: HttpRequest, user: User, factor_id: int) -> HttpResponse:
    """Take an app or a key away; the page says so where it is the last."""
    try:
        actions.remove_factor(user=user, factor_id=factor_id, now=timezone.now())
    except actions.NotTheirs:
        raise Http404 from None
    except actions.LastSecondFactor:
        return render(request, "accounts/staff/last_factor.html", status=409)
    return redirect("staff_security")


@require_POST
@staff_required(page="staff.recovery_codes")
@fresh_second_factor(doing=CHANGING)
def recovery_codes(request: HttpRequest, user: User) -> HttpResponse:
    """Make new recovery codes and show them, this once."""
    codes = actions.new_recovery_codes(user=user, now=timezone.now())
    return render(request, "accounts/staff/recovery_codes.html", {"codes": codes})


def _set_up(
    request: HttpRequest, user: User, *, now: datetime
) -> tuple[str, dict[str, object]]:
    """Which kind of factor was added, or empty and what the page then shows."""
    by_key = "credential" in request.POST
    key_form = KeyForm(request.POST if by_key else None)
    code_form = CodeForm(request.POST if "code" in request.POST else None)
    if by_key and _add_key(key_form, user, now=now):
        return Authenticator.Type.WEBAUTHN, {}
    secret = request.session.setdefault(SECRET_KEY, staff_login.new_app_secret())
    if "code" in request.POST and _add_app(code_form, user, secret, now=now):
        request.session.pop(SECRET_KEY)
        return Authenticator.Type.TOTP, {}
    return "", {
        "form": key_form if by_key else code_form,
        "code_form": code_form,
        "key_form": key_form,
        "secret": secret,
        "picture": staff_login.app_picture(user, secret),
        "options": staff_login.new_key_challenge(user),
    }


def _add_key(form: KeyForm, user: User, *, now: datetime) -> bool:
    if not form.is_valid():
        return False
    credential = form.cleaned_data["credential"]
    if not staff_login.is_new_key(credential):
        form.add_error(None, WRONG_KEY)
        return False
    name = form.cleaned_data["name"]
    actions.add_key(user=user, name=name, credential=credential, now=now)
    return True


def _add_app(form: CodeForm, user: User, secret: str, *, now: datetime) -> bool:
    if not form.is_valid():
        return False
    code = "".join(form.cleaned_data["code"].split())
    step = staff_login.matching_step(secret, code, now=now)
    if step is None:
        form.add_error("code", WRONG_CODE)
        return False
    try:
        actions.add_app(user=user, secret=secret, now=now, spent_step=step)
    except actions.AlreadyHasApp:
        form.add_error(None, _("Du har en app fra før. Fjern den først."))
        return False
    return True
