"""Staff for the tests of every area, and a browser that one of them is logged in to."""

from datetime import datetime

from django.test import Client
from django.utils import timezone

from hanportal.accounts.actions import create_staff, give_role
from hanportal.accounts.models import Role, StaffNotice, StaffSession, User
from hanportal.accounts.staff_sessions import BACKEND, SECOND_FACTOR_KEY, mark
from hanportal.audit.log import Actor, ActorKind

SYSTEM = Actor(kind=ActorKind.SYSTEM, reference="tests")


def make_staff(name: str, *roles: Role, now: datetime | None = None) -> User:
    """A person who works here, with these roles; the name is one word."""
    moment = now or timezone.now()
    user = create_staff(
        email=f"{name}@fjordnett.example",
        name=name.capitalize(),
        staff_number=f"S-{name}",
        by=SYSTEM,
        now=moment,
    )
    for role in roles:
        give_role(user=user, role=role, by=SYSTEM, now=moment)
    return user


def logged_in(
    user: User, *, at: datetime | None = None, device: str = "Firefox på Linux"
) -> Client:
    """A browser whose session this person opened with both factors, just now or then.

    The session is used just now in any case.
    """
    now = timezone.now()
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.session
    mark(session, user, factor="totp", now=at or now)
    session[SECOND_FACTOR_KEY]["seen_at"] = now.isoformat()
    session.save()
    StaffSession.objects.create(
        user=user,
        session_key=str(session.session_key),
        device=device,
        factor="totp",
        began_at=at or now,
    )
    return client


def told(user: User) -> list[str]:
    """What a person was told about their login, in order."""
    found = StaffNotice.objects.filter(user=user).order_by("created_at", "id")
    return [notice.kind for notice in found]
