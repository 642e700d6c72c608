"""Who works here, and what they may do. Every change stands in the log."""

from collections.abc import Mapping
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.views.decorators.debug import sensitive_variables

from hanportal.accounts.actions.notices import tell, tell_administrators
from hanportal.accounts.models import (
    CompanyLogin,
    NoticeKind,
    Role,
    RoleGrant,
    StaffSession,
    User,
    login_name,
)
from hanportal.audit.log import Actor, ActorKind, Json, Subject, record

STAFF_CHAIN = "staff"


class AlreadyStaff(Exception):  # noqa: N818 -- errors are sentences
    """The e-mail address or the staff number is another's. Take a different one."""


class NotStaff(Exception):  # noqa: N818 -- errors are sentences
    """A customer's login can never be given a role. Again will not help."""


class NotToOneself(Exception):  # noqa: N818 -- errors are sentences
    """Nobody gives roles to themselves. Another administrator can."""


class LastAdministrator(Exception):  # noqa: N818 -- errors are sentences
    """Nobody else could give roles. Give another person the role first."""


@transaction.atomic
def create_staff(
    *, email: str, name: str, staff_number: str, by: Actor, now: datetime
) -> User:
    """Let a person in who works here, without a password and without any role.

    :raises AlreadyStaff: the address or the number is taken.
    """
    user = User(
        email=login_name(email),
        display_name=name,
        staff_number=staff_number,
        is_staff=True,
    )
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user = User.objects.add(user)
    except IntegrityError as refused:
        raise AlreadyStaff(
            "Somebody already has this e-mail address or staff number."
        ) from refused
    _record("staff.created", user, by=by, now=now)
    return user


@transaction.atomic
def invite_staff(
    *,
    email: str,
    name: str,
    staff_number: str,
    role: Role,
    administrator: User,
    by: Actor,
    now: datetime,
) -> User:
    """Let a person in who works here, with a first role.

    :raises AlreadyStaff: the address or the number is taken.
    """
    user = create_staff(
        email=email, name=name, staff_number=staff_number, by=by, now=now
    )
    give_role(user=user, role=role, granted_by=administrator, by=by, now=now)
    return user


@sensitive_variables("password")
@transaction.atomic
def choose_password(*, user: User, password: str, now: datetime) -> None:
    """Keep the password that a staff member chose; it was held to the rules before.

    Every session that the old password opened ends.

    :raises NotStaff: customers have no password.
    """
    held = _locked(user)
    if not held.is_staff:
        raise NotStaff("Customers log in with an eID, never with a password.")
    held.keep_password(password)
    StaffSession.objects.end_all(held)
    tell(user=held, kind=NoticeKind.PASSWORD_CHOSEN, now=now)
    by = Actor(kind=ActorKind.STAFF, reference=held.staff_number)
    _record("staff.password_chosen", held, by=by, now=now)


@transaction.atomic
def give_role(
    *, user: User, role: Role, by: Actor, now: datetime, granted_by: User | None = None
) -> RoleGrant:
    """Let a staff member do what the role does. Given twice, it is given once.

    :raises NotStaff: the user is a customer's.
    :raises NotToOneself: an administrator asks for more.
    """
    if granted_by is not None and granted_by.pk == user.pk:
        raise NotToOneself("Ask another administrator for the role.")
    held = _locked(user)
    if not held.is_staff:
        raise NotStaff("Only people who work here have roles.")
    current = RoleGrant.objects.current().filter(user=held, role=role).first()
    if current is not None:
        return current
    grant = RoleGrant.objects.create(
        user=held, role=role, granted_by=granted_by, granted_at=now
    )
    facts: dict[str, Json] = {"role": str(role.value)}
    tell(user=held, kind=NoticeKind.ROLE_GIVEN, now=now, facts=facts)
    if role == Role.ADMINISTRATOR:
        made = NoticeKind.ADMINISTRATOR_MADE
        tell_administrators(kind=made, about=held, but=granted_by, now=now)
    _record("role.given", held, by=by, now=now, facts=facts)
    return grant


@transaction.atomic
def end_role(*, user: User, role: Role, by: Actor, now: datetime) -> None:
    """Take a role away; from the next request on it opens nothing.

    :raises LastAdministrator: nobody else could give roles.
    """
    if role == Role.ADMINISTRATOR:
        _another_must_remain(user)
    held = _locked(user)
    grant = RoleGrant.objects.current().filter(user=held, role=role).first()
    if grant is None:
        return
    grant.end(at=now)
    facts: dict[str, Json] = {"role": str(role.value)}
    tell(user=held, kind=NoticeKind.ROLE_ENDED, now=now, facts=facts)
    _record("role.ended", held, by=by, now=now, facts=facts)


@transaction.atomic
def switch_off(*, user: User, by: Actor, now: datetime) -> None:
    """Let a person in no more. Every session of theirs ends with this commit.

    :raises LastAdministrator: nobody else could give roles.
    """
    if user.has_role(Role.ADMINISTRATOR):
        _another_must_remain(user)
    held = _locked(user)
    if held.is_active:
        held.switch_off()
        StaffSession.objects.end_all(held)
        tell(user=held, kind=NoticeKind.SWITCHED_OFF, now=now)
        _record("staff.switched_off", held, by=by, now=now)


@transaction.atomic
def switch_on(*, user: User, by: Actor, now: datetime) -> None:
    """Let a person in again, who needs a new password; roles are as they were."""
    held = _locked(user)
    if not held.is_active:
        held.switch_on()
        tell(user=held, kind=NoticeKind.SWITCHED_ON, now=now)
        _record("staff.switched_on", held, by=by, now=now)


@transaction.atomic
def reset_login(*, user: User, by: Actor, now: datetime) -> None:
    """Let a person begin anew, on the word of those who run the machines.

    They hand over the code. On the pages it takes two administrators: `ask_for_reset`.
    """
    held = _locked(user)
    forget_login(held)
    tell(user=held, kind=NoticeKind.LOGIN_RESET_INSIDE, now=now)
    _record("staff.login_reset", held, by=by, now=now)


def forget_login(held: User) -> None:
    """Take away all that a person logs in with; every session ends.

    :param held: locked.
    """
    Authenticator.objects.filter(user=held).delete()
    CompanyLogin.objects.filter(user=held).delete()
    held.forget_password()
    StaffSession.objects.end_all(held)


def _locked(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _another_must_remain(user: User) -> None:
    # All grants of the role are locked in one order: two who end each other wait.
    everyone = RoleGrant.objects.current().filter(role=Role.ADMINISTRATOR)
    list(everyone.select_for_update().order_by("id"))
    if not RoleGrant.objects.other_administrators(than=user).exists():
        raise LastAdministrator("Somebody must be able to give roles.")


def _record(
    what: str,
    user: User,
    *,
    by: Actor,
    now: datetime,
    facts: Mapping[str, Json] | None = None,
) -> None:
    record(
        chain=STAFF_CHAIN,
        what=what,
        who=by,
        on=Subject(kind="staff", id=user.id),
        at=now,
        facts={"staff_number": user.staff_number, **(facts or {})},
    )
