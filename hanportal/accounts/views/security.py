"""What a staff member logs in with, and where they are logged in."""

from allauth.mfa.models import Authenticator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from hanportal.accounts import actions, company_login, staff_login
from hanportal.accounts.forms import ChangedPasswordForm
from hanportal.accounts.guards import fresh_second_factor, staff_required
from hanportal.accounts.models import CompanyLogin, LoginReset, StaffSession, User
from hanportal.accounts.staff_sessions import leave
from hanportal.accounts.views.entering import origin_of
from hanportal.accounts.views.staff import judged

WRONG_CURRENT = _("Passordet du har nå, stemmer ikke.")


@require_http_methods(["GET", "HEAD"])
@staff_required(page="staff.security", partial=True)
def security(request: HttpRequest, user: User) -> HttpResponse:
    """What the person logs in with, where they are logged in, and what is afoot."""
    now = timezone.now()
    sessions = StaffSession.objects.live(user, now=now)
    context = {
        "factors": Authenticator.objects.filter(user=user).order_by("created_at", "id"),
        "company_login": CompanyLogin.objects.filter(user=user).first(),
        "is_company_offered": company_login.is_offered(),
        "sessions": sessions,
        "this_session": request.session.session_key,
        "others": sum(s.session_key != request.session.session_key for s in sessions),
        "reset": LoginReset.objects.waiting(now=now).filter(user=user).first(),
    }
    return render(request, "accounts/staff/security.html", context)


@require_POST
@staff_required(page="staff.end_sessions")
def end_sessions(request: HttpRequest, user: User) -> HttpResponse:
    """Log the person out everywhere else."""
    key = str(request.session.session_key)
    actions.end_other_sessions(user=user, session_key=key, now=timezone.now())
    return redirect("staff_security")


@require_POST
@staff_required(page="staff.stop_own_reset")
def stop_own_reset(request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """Say no to a new login that somebody asked for in one's name."""
    now = timezone.now()
    reset = LoginReset.objects.waiting(now=now).filter(user=user).first()
    if reset is None:
        raise Http404
    actions.stop_reset(reset=reset, by=user, now=now)
    return redirect("staff_security")


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("current", "password")
@staff_required(page="staff.change_password", partial=True)
@fresh_second_factor(doing=gettext_noop("bytte passord"))
def change_password(request: HttpRequest, user: User) -> HttpResponse:
    """Take a new password for the one that the person has; every session ends."""
    if not user.has_usable_password():
        raise Http404
    form = ChangedPasswordForm(
        request.POST if request.method == "POST" else None, user=user
    )
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        is_right = judged(
            form,
            lambda: staff_login.right_password(
                user.email,
                form.cleaned_data["current"],
                origin=origin_of(request),
                now=now,
            ),
            otherwise=WRONG_CURRENT,
        )
        if is_right is not None:
            password = form.cleaned_data["password"]
            actions.choose_password(user=user, password=password, now=now)
            leave(request)
            return render(request, "accounts/staff/password_changed.html")
    return render(request, "accounts/staff/change_password.html", {"form": form})
