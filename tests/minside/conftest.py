"""A customer who is logged in, and what they hold."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from hanportal.accounts.login import IDENTIFICATION_KEY
from hanportal.accounts.models import Customer, User
from tests.orders.world import NOW, World, build_world

LogIn = Callable[..., Client]


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """One customer with one point, on a Monday morning that stands still."""
    with time_machine.travel(NOW, tick=False):
        yield build_world()


@pytest.fixture
def log_in() -> LogIn:
    """A browser in which somebody has logged in with an eID."""

    def logged_in(
        customer: Customer | None,
        *,
        at: datetime = NOW,
        age: timedelta = timedelta(minutes=1),
    ) -> Client:
        user = User.objects.create(customer=customer, display_name="Kari Nordmann")
        client = Client()
        client.force_login(user)
        session = client.session
        session[IDENTIFICATION_KEY] = {
            "issuer": "https://eid.example",
            "subject": str(user.id),
            "level": "idporten-loa-high",
            "authenticated_at": (at - age).isoformat(),
        }
        session.save()
        return client

    return logged_in


@pytest.fixture
def kari(world: World, log_in: LogIn) -> Client:
    """The browser of the world's customer."""
    return log_in(world.customer)
