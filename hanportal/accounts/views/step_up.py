"""Proving again who one is before something grave, and going on with it."""

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from hanportal.accounts import company_login, staff_login
from hanportal.accounts.actions import record_confirmation
from hanportal.accounts.forms import CodeForm, KeyAnswerForm
from hanportal.accounts.guards import staff_required
from hanportal.accounts.guards.fresh import forget_unfinished, unfinished
from hanportal.accounts.models import CompanyLogin, User
from hanportal.accounts.staff_sessions import confirm, is_fresh
from hanportal.accounts.views.staff import given_factor


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@staff_required(page="staff.step_up", partial=True)
def step_up(request: HttpRequest, user: User) -> HttpResponse:
    """Ask for the second factor again, in the session that is open."""
    now = timezone.now()
    form: Form = CodeForm()
    if request.method == "POST":
        by_key = "credential" in request.POST
        form = KeyAnswerForm(request.POST) if by_key else CodeForm(request.POST)
        factor = given_factor(request, form, user) if form.is_valid() else None
        if factor is not None:
            confirm(request.session, factor=factor, now=now)
            record_confirmation(user=user, factor=factor, now=now)
            return redirect("staff_continue")
    begun = unfinished(request.session, now=now)
    uses_company = (
        company_login.is_offered() and CompanyLogin.objects.filter(user=user).exists()
    )
    context = {
        "form": form,
        "options": staff_login.has_key(user) and staff_login.key_challenge(user),
        "has_code": staff_login.has_second_factor(user),
        "uses_company": uses_company,
        "doing": begun.doing if begun else "",
    }
    return render(request, "accounts/staff/step_up.html", context)


@require_http_methods(["GET", "HEAD"])
@staff_required(page="staff.continue", partial=True)
def go_on(request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG001 -- a guarded view
    """Show again what the person was about to do; they confirm it with a button."""
    now = timezone.now()
    begun = unfinished(request.session, now=now)
    forget_unfinished(request.session)
    if begun is None:
        return redirect("staff_home")
    if not is_fresh(request, now=now):
        return redirect("staff_step_up")
    if begun.fields is None:
        return HttpResponseRedirect(begun.path)
    return render(request, "accounts/staff/continue.html", {"begun": begun})
