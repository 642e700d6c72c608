"""The pages on which administrators let people in, give roles and take them away."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from hanportal.accounts import actions
from hanportal.accounts.forms import InvitationForm, NewPasswordForm
from hanportal.accounts.guards import administrator_required
from hanportal.accounts.models import Role, RoleGrant, User
from hanportal.accounts.password_codes import password_code
from hanportal.accounts.provider import portal_address
from hanportal.accounts.views.staff import in_bokmal
from hanportal.audit.log import Actor, ActorKind

PEOPLE_SHOWN = 500


@require_http_methods(["GET", "HEAD"])
@in_bokmal
@administrator_required(page="staff.people")
def people(request: HttpRequest, administrator: User) -> HttpResponse:
    """Everybody who works here, and what each may do."""
    context = {
        "people": User.objects.staff_with_roles()[:PEOPLE_SHOWN],
        "administrator": administrator,
    }
    return render(request, "accounts/staff/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@in_bokmal
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
            text = "E-postadressen eller ansattnummeret er i bruk fra før."
            form.add_error(None, text)
        else:
            return _with_code(request, person)
    context = {"form": form}
    return render(request, "accounts/staff/invite.html", context)


@require_http_methods(["GET", "HEAD"])
@in_bokmal
@administrator_required(page="staff.person")
def person(request: HttpRequest, administrator: User, person_id: UUID) -> HttpResponse:
    """One person, and what can be changed."""
    return _person(request, administrator, _found(person_id))


@require_POST
@in_bokmal
@administrator_required(page="staff.give_role")
def give_role(
    request: HttpRequest, administrator: User, person_id: UUID
) -> HttpResponse:
    """Let the person do what one more role does."""
    found = _found(person_id)
    try:
        actions.give_role(
            user=found,
            role=_role(request),
            granted_by=administrator,
            by=_actor(administrator),
            now=timezone.now(),
        )
    except actions.NotToOneself:
        refusal = "Du kan ikke gi deg selv roller. Be en annen administrator."
        return _person(request, administrator, found, refusal=refusal)
    return redirect("staff_person", person_id)


@require_POST
@in_bokmal
@administrator_required(page="staff.end_role")
def end_role(
    request: HttpRequest, administrator: User, person_id: UUID
) -> HttpResponse:
    """Take a role away."""
    found = _found(person_id)
    by, now = _actor(administrator), timezone.now()
    try:
        actions.end_role(user=found, role=_role(request), by=by, now=now)
    except actions.LastAdministrator:
        return _person(request, administrator, found, refusal=LAST_ADMINISTRATOR)
    return redirect("staff_person", person_id)


@require_POST
@in_bokmal
@administrator_required(page="staff.switch_off")
def switch_off(
    request: HttpRequest, administrator: User, person_id: UUID
) -> HttpResponse:
    """Let the person in no more; sessions end at once."""
    found = _found(person_id)
    by, now = _actor(administrator), timezone.now()
    try:
        actions.switch_off(user=found, by=by, now=now)
    except actions.LastAdministrator:
        return _person(request, administrator, found, refusal=LAST_ADMINISTRATOR)
    return redirect("staff_person", person_id)


@require_POST
@in_bokmal
@administrator_required(page="staff.switch_on")
def switch_on(
    request: HttpRequest,  # noqa: ARG001 -- a guarded view
    administrator: User,
    person_id: UUID,
) -> HttpResponse:
    """Let the person in again, with a new password."""
    found = _found(person_id)
    actions.switch_on(user=found, by=_actor(administrator), now=timezone.now())
    return redirect("staff_person", person_id)


@require_POST
@in_bokmal
@administrator_required(page="staff.new_login")
def new_login(
    request: HttpRequest, administrator: User, person_id: UUID
) -> HttpResponse:
    """For someone who lost the password or the second factor: both are set up anew."""
    found = _found(person_id)
    if not found.is_active:
        return redirect("staff_person", person_id)
    by, now = _actor(administrator), timezone.now()
    actions.reset_second_factor(user=found, by=by, now=now)
    return _with_code(request, _found(person_id))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "code")
@in_bokmal
def choose_password(request: HttpRequest) -> HttpResponse:
    """Where a new staff member brings the code that an administrator gave them."""
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and form.user is not None:
        password = form.cleaned_data["password"]
        actions.choose_password(user=form.user, password=password, now=timezone.now())
        return redirect("staff_login")
    return render(request, "accounts/staff/choose_password.html", {"form": form})


LAST_ADMINISTRATOR = "Dette er den siste administratoren. Gi rollen til en annen først."


def _person(
    request: HttpRequest, administrator: User, found: User, *, refusal: str = ""
) -> HttpResponse:
    held = RoleGrant.objects.current().filter(user=found).order_by("granted_at", "id")
    roles = {grant.role for grant in held}
    context = {
        "person": found,
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
