"""Staff for the tests of every area, and a browser that one of them is logged in to."""

from datetime import datetime

from django.test import Client
from django.utils import timezone

from hanportal.accounts.actions import create_staff, give_role
from hanportal.accounts.models import Role, User
from hanportal.accounts.staff_sessions import BACKEND, mark
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


def logged_in(user: User) -> Client:
    """A browser whose session this person opened with both factors just now."""
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.session
    mark(session, user, factor="totp", now=timezone.now())
    session.save()
    return client
