"""An auditor who is logged in with both factors, and a street to look at."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.test import Client

from hanportal.accounts.models import Role
from tests.minside.conftest import log_in
from tests.orders.world import NOW, World, build_world
from tests.oversight.staff import a_browser_of, a_staff_member
from tests.oversight.street import Street

__all__ = ["log_in"]

StaffBrowser = Callable[[Role], Client]


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """One customer with one point, on a Monday morning that stands still."""
    with time_machine.travel(NOW, tick=False):
        yield build_world()


@pytest.fixture
def street(world: World) -> Street:
    """The customer and their neighbours."""
    return Street(world)


@pytest.fixture
def auditor(world: World) -> Client:
    """The browser of an auditor."""
    return a_browser_of(a_staff_member(Role.AUDITOR, now=NOW), now=NOW)


@pytest.fixture
def browser_of(world: World) -> StaffBrowser:
    """The browser of somebody else among the staff."""

    def opened(role: Role) -> Client:
        return a_browser_of(a_staff_member(role, now=NOW), now=NOW)

    return opened
