"""An agent who is logged in, and a caller with answers worth hiding."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.test import Client

from hanportal.accounts.actions import seal_national_id
from hanportal.accounts.models import Customer
from meters.models import Meter
from tests.console.desk import Desk, an_agent
from tests.orders.world import NOW, World, build_world

PHONE = "+4791234567"
CUSTOMER_NUMBER = "K-480213"
NATIONAL_ID = "01908000079"
SERIAL = "7359992847361"


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Kari Nordmann, who can be called, on a Monday morning that stands still."""
    with time_machine.travel(NOW, tick=False):
        world = build_world()
        make_unmistakable(world)
        yield world


def make_unmistakable(world: World) -> None:
    """Answers that stand on no page by chance."""
    facts = {"phone": PHONE, "customer_number": CUSTOMER_NUMBER}
    Customer.objects.filter(pk=world.customer.pk).update(**facts)
    world.customer.refresh_from_db()
    sealed = seal_national_id(NATIONAL_ID, customer_number=CUSTOMER_NUMBER)
    world.customer.keep_national_id(sealed)
    Meter.objects.filter(pk=world.port.meter_id).update(serial=SERIAL)
    world.port.meter.refresh_from_db()


@pytest.fixture
def desk(world: World) -> Desk:
    """The browser of one agent, with Kari on the line."""
    desk = Desk(agent=an_agent(), customer=world.customer)
    desk.log_in()
    return desk


@pytest.fixture
def another_desk(world: World) -> Callable[[], Desk]:
    """Another agent's browser, with the same caller."""

    def opened() -> Desk:
        agent = an_agent("berit@fjordnett.example", staff_number="1002")
        desk = Desk(agent=agent, customer=world.customer)
        desk.log_in()
        return desk

    return opened


@pytest.fixture
def passer_by(db: None) -> Client:
    """A browser in which nobody has logged in."""
    return Client()
