"""What the meter takes is told before ordering, and followed after it."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from hanportal.audit import log
from meters.models import Meter
from meters.states import HanCapability
from orders import actions
from orders.models import Case, Order
from orders.states import OrderStatus
from tests.minside.conftest import LogIn
from tests.minside.test_opening import base, everything_ticked, fill_in
from tests.minside.test_orders import heading, page_of, steps
from tests.minside.test_points import get, states
from tests.orders.life import follow_register
from tests.orders.world import World, a_point_with_meter

STAFF = log.Actor(log.ActorKind.STAFF, "S7")
TAKES = [
    (HanCapability.NEEDS_MODULE, "sender vi den i posten", "en HAN-modul i posten"),
    (HanCapability.NEEDS_VISIT, "avtaler vi et besøk", "En montør kommer til måleren"),
]


def the_meter_is(world: World, capability: HanCapability) -> None:
    Meter.objects.filter(pk=world.port.meter_id).update(han_capability=capability)


def said(page: str) -> str:
    """The words of a page, without its elements."""
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def held(world: World, capability: HanCapability = HanCapability.NEEDS_MODULE) -> Order:
    the_meter_is(world, capability)
    return world.order_opening()


@pytest.mark.parametrize(("capability", "before", "after"), TAKES)
def test_it_is_told_before_ordering_and_seen_on_the_order(
    world: World, kari: Client, capability: HanCapability, before: str, after: str
) -> None:
    the_meter_is(world, capability)
    assert states(get(kari)) == ["never_ordered"]
    first = said(kari.get(base(world)).content.decode())
    assert before in first
    assert "Bestiller du nå, er fristen torsdag 8. oktober 2026" in first
    assert "er porten åpen senest" not in first
    fill_in(kari, world)
    assert "først." in kari.get(f"{base(world)}se-over/").content.decode()

    kari.post(f"{base(world)}se-over/")

    order = Order.objects.get()
    assert order.status == OrderStatus.ON_HOLD
    page = page_of(kari, order)
    assert heading(page) == "Bestillingen er på vent"
    assert after in page
    assert "torsdag 8. oktober 2026" in page
    assert "Avbestill" in page
    assert states(get(kari)) == ["held"]


def test_the_steps_of_what_was_held(world: World, kari: Client) -> None:
    order = held(world)
    assert steps(page_of(kari, order)) == [
        ("done", "Bestilt"),
        ("now", "HAN-modulen er på plass"),
        ("ahead", "Sendt til måleren"),
        ("ahead", "Måleren har bekreftet"),
        ("ahead", "Porten er åpen"),
    ]
    the_meter_is(world, HanCapability.REMOTE)
    follow_register(world)

    page = page_of(kari, order)

    assert heading(page) == "Vi åpner porten"
    assert steps(page)[1:3] == [
        ("done", "Det som manglet, er på plass"),
        ("now", "Sendt til måleren"),
    ]


def test_the_customer_sees_when_the_module_was_sent(world: World, kari: Client) -> None:
    order = held(world)
    assert "HAN-modulen ble sendt" not in page_of(kari, order)

    actions.send_module(case_id=Case.objects.get().id, by=STAFF, now=world.now)

    page = said(page_of(kari, order))
    assert "HAN-modulen ble sendt i posten 5. oktober 2026 kl. 12.00" in page


def test_what_is_late_still_says_what_it_waits_for(
    world: World, kari: Client, log_in: LogIn
) -> None:
    order = held(world, HanCapability.NEEDS_VISIT)
    later = world.now + timedelta(days=7)

    with time_machine.travel(later, tick=False):
        page = page_of(log_in(world.customer, at=later), order)

    assert "Vi er forsinket" in page
    assert "En montør kommer til måleren" in page
    assert "fortsatt være åpen senest" not in page
    assert "Måleren har ikke bekreftet ennå" not in page


def test_what_waits_is_cancelled_with_one_confirmation(
    world: World, kari: Client
) -> None:
    order = held(world)

    kari.post(f"/min-side/bestilling/{order.id}/avbryt/")

    order.refresh_from_db()
    assert order.status == OrderStatus.CANCELLED
    assert heading(page_of(kari, order)) == "Bestillingen er avbestilt"


def test_each_of_several_points_says_what_it_takes(world: World, kari: Client) -> None:
    other, _port = a_point_with_meter(
        world.customer,
        world.head_end,
        number=2,
        capability=HanCapability.NEEDS_VISIT,
    )
    a_point_with_meter(
        world.customer,
        world.head_end,
        number=3,
        capability=HanCapability.UNSUPPORTED,
    )
    first = kari.get(base(world)).content.decode()
    assert "Storgata 2" in first
    assert "En montør må besøke måleren først." in first
    assert "Storgata 3" not in first
    kari.post(base(world), {"also": [str(other.id)]})
    fill_in(kari, world)
    check = kari.get(f"{base(world)}se-over/").content.decode()
    assert "En montør må besøke måleren først." in check

    kari.post(f"{base(world)}se-over/")

    orders = Order.objects.order_by("metering_point__gsrn")
    assert [order.status for order in orders] == [
        OrderStatus.PLACED,
        OrderStatus.ON_HOLD,
    ]


def test_a_meter_without_a_port_says_what_would_help(
    world: World, kari: Client
) -> None:
    the_meter_is(world, HanCapability.UNSUPPORTED)

    page = kari.get(base(world)).content.decode()

    assert "Måleren har ingen HAN-port som kan åpnes" in page
    assert "Måleren må byttes før du kan få data fra den." in page
    kari.post(f"{base(world)}vilkar/", everything_ticked(world))
    assert kari.post(f"{base(world)}se-over/")["Location"] == base(world)
    assert not Order.objects.exists()
