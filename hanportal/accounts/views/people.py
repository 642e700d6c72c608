"""The pages on which administrators let people in, give roles and take them away."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from hanportal.accounts import actions, company_login, staff_login
from hanportal.accounts.addresses import portal_address
from hanportal.accounts.forms import InvitationForm, NewPasswordForm
from hanportal.accounts.guards import administrator_required, fresh_second_factor
from hanportal.accounts.models import LoginReset, Role, RoleGrant, User
from hanportal.accounts.password_codes import password_code
from hanportal.accounts.views.entering import origin_of
from hanportal.audit.log import Actor, ActorKind

PEOPLE_SHOWN = 500


@require_http_methods(["GET", "HEAD"])
@administrator_required(page="staff.people")
def people(request: HttpRequest, administrator: User) -> HttpResponse:
    """Everybody who works here, and what each may do."""
    waiting = LoginReset.objects.waiting(now=timezone.now())
    context = {
        "resets": waiting.select_related("user", "asked_by"),
        "people": User.objects.staff_with_roles()[:PEOPLE_SHOWN],
        "administrator": administrator,
    }
    return render(request, "accounts/staff/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required(page="staff.invite")
def invite(request: HttpRequest, administrator: User) -> HttpResponse:
    """Let somebody in who begins to work here."""
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given, now, by = form.cleaned_data, timezone.now(), _actor(administrator)
        try:
            person = actions.invite_staff(
                email=given["email"],
                name=given["name"],
                staff_number=given["staff_number"],
                role=Role(given["role"]),
                administrator=administrator,
                by=by,
                now=now,
            )
        except actions.AlreadyStaff:
            text = _("E-postadressen eller ansattnummeret er i bruk fra før.")
            form.add_error(None, text)
        else:
            return _with_code(request, person)
    context = {"form": form}
    return render(request, "accounts/staff/invite.html", context)


@require_http_methods(["GET", "HEAD"])
@administrator_required(page="staff.person")
def person(request: HttpRequest, administrator: User, person_id: UUID) -> HttpResponse:
    """One person, and what can be changed."""
    return _person(request, administrator, _found(person_id))


@require_POST
@administrator_required(page="staff.give_role")
@fresh_second_factor(doing=gettext_noop("gi en rolle"))
def give_role(
    request: HttpRequest, administrator: User, person_id: UUID
) -> HttpResponse:
    """Let the person do what one more role does."""
    role, by = _role(request), _actor(administrator)

    def change(found: User, now: datetime) -> None:
        actions.give_role(
            user=found, role=role, granted_by=administrator, by=by, now=now
        )

    return _changed(request, administrator, person_id, change)


@require_POST
@administrator_required(page="staff.end_role")
@fresh_second_factor(doing=gettext_noop("ta fra noen en rolle"))
def end_role(
    request: HttpRequest, administrator: User, person_id: UUID
) -> HttpResponse:
    """Take a role away."""
    role, by = _role(request), _actor(administrator)

    def change(found: User, now: datetime) -> None:
        actions.end_role(user=found, role=role, by=by, now=now)

    return _changed(request, administrator, person_id, change)


@require_POST
@administrator_required(page="staff.switch_off")
@fresh_second_factor(doing=gettext_noop("slå av adgangen til en ansatt"))
def switch_off(
    request: HttpRequest, administrator: User, person_id: UUID
) -> HttpResponse:
    """Let the person in no more; sessions end at once."""
    by = _actor(administrator)

    def change(found: User, now: datetime) -> None:
        actions.switch_off(user=found, by=by, now=now)

    return _changed(request, administrator, person_id, change)


@require_POST
@administrator_required(page="staff.switch_on")
@fresh_second_factor(doing=gettext_noop("slå på adgangen til en ansatt"))
def switch_on(
    request: HttpRequest, administrator: User, person_id: UUID
) -> HttpResponse:
    """Let the person in again; a new login takes two administrators."""
    by = _actor(administrator)

    def change(found: User, now: datetime) -> None:
        actions.switch_on(user=found, by=by, now=now)

    return _changed(request, administrator, person_id, change)


@require_POST
@administrator_required(page="staff.ask_for_reset")
@fresh_second_factor(doing=gettext_noop("be om ny innlogging for en ansatt"))
def ask_for_reset(
    request: HttpRequest, administrator: User, person_id: UUID
) -> HttpResponse:
    """For someone who lost what they log in with: another administrator approves."""

    def change(found: User, now: datetime) -> None:
        actions.ask_for_reset(user=found, administrator=administrator, now=now)

    return _changed(request, administrator, person_id, change)


@require_POST
@administrator_required(page="staff.approve_reset")
@fresh_second_factor(doing=gettext_noop("godkjenne ny innlogging for en ansatt"))
def approve_reset(
    request: HttpRequest, administrator: User, person_id: UUID
) -> HttpResponse:
    """Be the second; the code goes to the person, not to this page."""

    def change(found: User, now: datetime) -> None:
        actions.approve_reset(
            reset=_waiting(found, now), administrator=administrator, now=now
        )

    return _changed(request, administrator, person_id, change)


@require_POST
@administrator_required(page="staff.stop_reset")
def stop_reset(
    request: HttpRequest, administrator: User, person_id: UUID
) -> HttpResponse:
    """Let it come to nothing. Saying no needs no second factor."""

    def change(found: User, now: datetime) -> None:
        actions.stop_reset(reset=_waiting(found, now), by=administrator, now=now)

    return _changed(request, administrator, person_id, change)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "code")
def choose_password(request: HttpRequest) -> HttpResponse:
    """Where a new staff member brings the code that an administrator gave them."""
    form = NewPasswordForm(
        request.POST if request.method == "POST" else None,
        whose=lambda email, code: staff_login.right_one_time_code(
            email, code, origin=origin_of(request), now=timezone.now()
        ),
    )
    if request.method == "POST" and form.is_valid() and form.user is not None:
        password = form.cleaned_data["password"]
        actions.choose_password(user=form.user, password=password, now=timezone.now())
        return redirect("staff_login")
    return render(request, "accounts/staff/choose_password.html", {"form": form})


REFUSALS: dict[type[Exception], Promise] = {
    actions.NotToOneself: gettext_lazy(
        "Dette kan du ikke gjøre for deg selv. Be en annen administrator."
    ),
    actions.LastAdministrator: gettext_lazy(
        "Dette er den siste administratoren. Gi rollen til en annen først."
    ),
    actions.SwitchedOff: gettext_lazy(
        "Den som er slått av, får ingen ny innlogging. Slå på adgangen først."
    ),
    actions.NotTheSecond: gettext_lazy(
        "En annen administrator må godkjenne, og ikke den det gjelder."
    ),
    actions.ResetIsOver: gettext_lazy(
        "Ingen ny innlogging venter på godkjenning. Be om den på nytt."
    ),
}
"""What the page says where a change was refused."""


def _changed(
    request: HttpRequest,
    administrator: User,
    person_id: UUID,
    change: Callable[[User, datetime], None],
) -> HttpResponse:
    """Change it and show the person as they are then; or say why it was refused."""
    found = _found(person_id)
    try:
        change(found, timezone.now())
    except tuple(REFUSALS) as refused:
        return _person(request, administrator, found, refusal=REFUSALS[type(refused)])
    return redirect("staff_person", person_id)


def _waiting(found: User, now: datetime) -> LoginReset:
    reset = LoginReset.objects.waiting(now=now).filter(user=found).first()
    if reset is None:
        raise actions.ResetIsOver("Nothing waits.")
    return reset


def _person(
    request: HttpRequest,
    administrator: User,
    found: User,
    *,
    refusal: Promise | str = "",
) -> HttpResponse:
    held = RoleGrant.objects.current().filter(user=found).order_by("granted_at", "id")
    roles = {grant.role for grant in held}
    waiting = LoginReset.objects.waiting(now=timezone.now())
    reset = waiting.filter(user=found).select_related("asked_by").first()
    context = {
        "person": found,
        "reset": reset,
        "can_approve": reset is not None and reset.asked_by_id != administrator.pk,
        "held": held.select_related("granted_by"),
        "others": [role for role in Role if role not in roles],
        "is_oneself": found == administrator,
        "refusal": refusal,
    }
    status = 409 if refusal else 200
    return render(request, "accounts/staff/person.html", context, status=status)


def _with_code(request: HttpRequest, found: User) -> HttpResponse:
    context = {
        "person": found,
        "code": password_code(found),
        "company": company_login.is_offered(),
        "address": portal_address(reverse("staff_choose_password")),
    }
    return render(request, "accounts/staff/code.html", context)


def _found(person_id: UUID) -> User:
    found = User.objects.staff().filter(pk=person_id).first()
    if found is None:
        raise Http404
    return found


def _role(request: HttpRequest) -> Role:
    try:
        return Role(request.POST.get("role", ""))
    except ValueError:
        raise Http404 from None


def _actor(administrator: User) -> Actor:
    return Actor(kind=ActorKind.STAFF, reference=administrator.staff_number)
