"""The same events in any order, in any batches, repeated: the same register."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meters.models import MeteringPoint
from meters.register import deriving
from tests.meters.batches import Item, holders, meters_at, tell
from tests.meters.conftest import Deliver
from tests.meters.deliveries import (
    KARI,
    METER_A,
    METER_B,
    OLA,
    POINT_A,
    POINT_B,
    two_homes,
)

FIRST = date(2026, 11, 15)
"""A week on either side of what is today."""
MOST = 9

days = st.integers(0, 15).map(lambda days: (FIRST + timedelta(days=days)).isoformat())


@st.composite
def items(draw: st.DrawFn) -> Item:
    """Any event about two points, two customers and two meters."""
    kind = draw(
        st.sampled_from(
            [
                *("moved_in", "moved_in", "moved_out", "meter_exchanged"),
                *("point_deactivated", "point_reactivated", "rolled_back"),
            ]
        )
    )
    item: Item = {"kind": kind}
    if kind == "rolled_back":
        return item | {"rolls_back": f"e-{draw(st.integers(0, MOST))}"}
    item |= {
        "gsrn": draw(st.sampled_from([POINT_A, POINT_B])),
        "effective_on": draw(days),
        "order": draw(st.integers(0, 1)),
    }
    if kind in {"moved_in", "moved_out"}:
        item["customer_number"] = draw(st.sampled_from([KARI, OLA]))
    if kind == "meter_exchanged":
        item["manufacturer"] = "Aidon"
        item["serial"] = draw(st.sampled_from([METER_A, METER_B]))
    return item


stories = st.lists(items(), min_size=2, max_size=MOST).map(
    lambda story: [item | {"id": f"e-{n}"} for n, item in enumerate(story)]
)


def register() -> dict[str, Any]:
    """All that events can change."""
    return {
        gsrn: (
            holders(gsrn),
            meters_at(gsrn),
            MeteringPoint.objects.get(gsrn=gsrn).is_active,
        )
        for gsrn in (POINT_A, POINT_B)
    }


def holder_by_day(story: list[Item], gsrn: str, *, first: str) -> dict[str, str]:
    """The reference: goes through the days and asks who lives there."""
    taken_back = {item.get("rolls_back") for item in story}
    standing = [i for i in story if i["id"] not in taken_back and i.get("gsrn") == gsrn]
    holder: str | None = first
    found = {}
    for number in range(20):
        day = (FIRST + timedelta(days=number)).isoformat()
        today = [item for item in standing if item["effective_on"] == day]
        for item in sorted(
            today, key=lambda i: (i["order"], i["kind"] == "moved_in", i["id"])
        ):
            if item["kind"] == "moved_in":
                holder = item["customer_number"]
            elif item["kind"] == "moved_out" and item["customer_number"] == holder:
                holder = None
        if holder:
            found[day] = holder
    return found


def days_held(gsrn: str) -> dict[str, str]:
    found = {}
    for number in range(20):
        day = (FIRST + timedelta(days=number)).isoformat()
        for who, starts_on, ends_on in holders(gsrn):
            if starts_on <= day and (not ends_on or day < ends_on):
                assert day not in found
                found[day] = who
    return found


def told_in(batches: list[list[Item]]) -> dict[str, Any]:
    """The register after these batches; put back as it was afterwards."""
    with transaction.atomic():
        for batch in batches:
            tell(*batch)
        found = register()
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("most_work", [50_000, 12])
def test_any_order_and_any_batches_end_in_the_same_register(
    deliver: Deliver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    most_work: int,
) -> None:
    """Also when there are too many events to look closely at each."""
    monkeypatch.setattr(deriving, "MOST_WORK", most_work)
    deliver(two_homes(tmp_path))

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=8,
        suppress_health_check=list(HealthCheck),
    )
    @given(story=stories, data=st.data())
    def tried(story: list[Item], data: st.DataObject) -> None:
        shuffled = data.draw(st.permutations(story))
        again = data.draw(st.lists(st.sampled_from(story), max_size=3))
        size = data.draw(st.integers(1, MOST))
        one_by_one = [[item] for item in [*shuffled, *again]]
        batches = [shuffled[at : at + size] for at in range(0, len(story), size)]

        with transaction.atomic():
            tell(*story)
            expected = register()
            for gsrn, first in ((POINT_A, KARI), (POINT_B, OLA)):
                assert days_held(gsrn) == holder_by_day(story, gsrn, first=first)
            transaction.set_rollback(True)
        assert told_in(one_by_one) == expected
        assert told_in([*batches, story]) == expected

    tried()
