"""The same events about a street, however they come: the same consents and ports."""

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from meters.models import HanPort, Holding, Installation
from orders.models import Consent
from tests.orders.register_model import Item
from tests.orders.register_world import (
    NATIONAL_IDS,
    POINTS,
    SERIALS,
    Street,
    build_street,
    come_to_rest,
    keep_a_clock_of_stories,
    take_the_clock,
)
from tests.orders.test_any_register import EVENTS
from tests.orders.world import NOW, World

MOST = 8


@st.composite
def items(draw: st.DrawFn) -> Item:
    """Any event about the street, in the week on either side of today."""
    kind = draw(st.sampled_from([kind for kind in EVENTS if "changed" not in kind]))
    item: Item = {"kind": kind, "order": 0}
    if kind == "rolled_back":
        return item | {"rolls_back": f"e-{draw(st.integers(0, MOST))}"}
    on = NOW.date() + timedelta(days=draw(st.integers(-7, 7)))
    item |= {"gsrn": draw(st.sampled_from(POINTS)), "effective_on": on.isoformat()}
    item["order"] = draw(st.integers(0, 1))
    if kind in {"moved_in", "moved_out"}:
        item["customer_number"] = draw(st.sampled_from(sorted(NATIONAL_IDS)))
    if kind == "meter_exchanged":
        item |= {"manufacturer": "Aidon", "serial": draw(st.sampled_from(SERIALS))}
    return item


stories = st.lists(items(), min_size=2, max_size=MOST).map(
    lambda story: [item | {"id": f"e-{n}"} for n, item in enumerate(story)]
)


def outcome(street: Street, batches: list[list[Item]]) -> dict[str, Any]:
    """What follows of these batches, now and in ten days; undone afterwards."""
    before = street.world.now
    with transaction.atomic():
        for batch in batches:
            street.tell(batch)
        found = {}
        for name in ("now", "later"):
            come_to_rest(street)
            found[name] = picture(street)
            street.pass_time(timedelta(days=10))
        transaction.set_rollback(True)
    street.world.now = before
    take_the_clock(before)
    return found


def picture(street: Street) -> dict[str, Any]:
    """Who holds what, which meter sits where, whose consents hold, what is open."""
    columns = "metering_point__gsrn", "starts_on", "ends_on"
    consents = Consent.objects.order_by("gsrn", "given_at", "id")
    return {
        "holdings": set(Holding.objects.values_list(*columns, "customer_id")),
        "installations": set(Installation.objects.values_list(*columns, "meter_id")),
        "consents": list(consents.values_list("gsrn", "customer_id", "end_reason")),
        "ports": {
            port.meter.serial: (port.desired, street.meters.state(port.meter.serial))
            for port in HanPort.objects.installed(on=street.today)
        },
    }


def test_any_order_and_any_repeats_end_in_the_same_consents_and_ports(
    world: World,
) -> None:
    """One of the homes has its port open, the other's order was placed just now."""
    keep_a_clock_of_stories(connection.settings_dict["NAME"])
    world.now = NOW - timedelta(days=30)
    street = build_street(world)
    take_the_clock(world.now)
    world.order_opening()
    come_to_rest(street)
    street.pass_time(NOW - world.now)
    neighbour, point = street.people["K2"], street.points[POINTS[1]]
    world.order_opening(customer=neighbour, metering_point=point)
    ledger = {serial: list(past) for serial, past in street.meters.ledger.items()}

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=12,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(story=stories, data=st.data())
    def tried(story: list[Item], data: st.DataObject) -> None:
        shuffled = data.draw(st.permutations(story))
        again = data.draw(st.lists(st.sampled_from(story), max_size=3))
        found = []
        for batches in ([story], [[item] for item in [*shuffled, *again]]):
            street.meters.ledger = {key: list(past) for key, past in ledger.items()}
            found.append(outcome(street, batches))
        assert found[0] == found[1]

    tried()
