"""People who work here, let in with both factors."""

from datetime import datetime

from django.test import Client

from hanportal.accounts import staff_sessions
from hanportal.accounts.actions import create_staff, give_role
from hanportal.accounts.models import Role, User
from hanportal.audit.log import Actor, ActorKind

BY = Actor(ActorKind.SYSTEM, "test")
NUMBERS = {role: str(2000 + number) for number, role in enumerate(Role)}


def a_staff_member(role: Role, *, now: datetime) -> User:
    """Somebody with one role."""
    user = create_staff(
        email=f"{role}@fjordnett.example",
        name=f"Test {role.label}",
        staff_number=NUMBERS[role],
        by=BY,
        now=now,
    )
    give_role(user=user, role=role, by=BY, now=now)
    return user


def a_browser_of(user: User, *, now: datetime) -> Client:
    """A browser in which this person gave password and second factor."""
    client = Client()
    client.force_login(user)
    session = client.session
    staff_sessions.mark(session, user, factor="totp", now=now)
    session.save()
    return client
