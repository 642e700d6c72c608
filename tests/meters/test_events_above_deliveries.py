"""Deliveries and events about one point: an event stands above what was delivered."""

from pathlib import Path

from hanportal.accounts.models import Customer
from meters.models import DeliveredHolding, MeteringPoint, RegisterDelivery
from meters.register import import_register
from tests.meters.batches import (
    event,
    holders,
    meters_at,
    outcomes,
    rollback,
    tell,
    upsert,
)
from tests.meters.conftest import NOW, Deliver
from tests.meters.deliveries import (
    KARI,
    METER_A,
    METER_B,
    OLA,
    POINT_A,
    POINT_B,
    Delivery,
    two_homes,
)

OLA_MOVES_IN = event("moved_in", "m-1", "2026-11-01", customer_number=OLA)
MOVED = [(KARI, "2020-01-01", "2026-11-01"), (OLA, "2026-11-01", "")]
EXCHANGE = event("meter_exchanged", "x-1", "2026-11-01", manufacturer="Aidon")


def test_an_older_file_does_not_undo_an_event(deliver: Deliver, tmp_path: Path) -> None:
    deliver(two_homes(tmp_path))
    tell(OLA_MOVES_IN)

    report = deliver(two_homes(tmp_path / "again"))

    assert holders() == MOVED
    assert not report.changed_something


def test_a_file_that_knows_of_the_move_changes_nothing(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    tell(OLA_MOVES_IN)
    later = Delivery(tmp_path / "later")
    later.add("holdings", ends_on="2026-11-01")
    later.add("holdings", starts_on="2026-11-01", customer_number=OLA)

    report = deliver(later)

    assert report.rejected == 0
    assert holders() == MOVED
    # And a rollback takes away what the file had learnt of it, too.
    assert outcomes(rollback("r-1", of="m-1")) == ["applied"]
    assert holders() == [(KARI, "2020-01-01", "")]


def test_a_rollback_leaves_an_end_that_the_file_told_of_otherwise(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    tell(OLA_MOVES_IN)
    later = Delivery(tmp_path / "later")
    deliver(later.add("holdings", ends_on="2026-11-01"))

    tell(rollback("r-1", of="m-1"))

    # Kari has moved out, whoever came or did not come after her.
    assert holders() == [(KARI, "2020-01-01", "2026-11-01")]


def test_what_is_delivered_for_other_dates_lands_beneath(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    tell(OLA_MOVES_IN)

    earlier = {
        "id": "h-1",
        "gsrn": POINT_A,
        "starts_on": "2019-01-01",
        "ends_on": "2020-01-01",
        "customer_number": OLA,
    }
    coming = earlier | {"id": "h-2", "starts_on": "2026-12-24", "ends_on": ""}
    assert upsert("holdings", earlier, coming | {"customer_number": KARI}) == [
        "applied",
        "applied",
    ]
    assert upsert("holdings", earlier) == ["unchanged"]

    assert holders() == [
        (OLA, "2019-01-01", "2020-01-01"),
        (KARI, "2020-01-01", "2026-11-01"),
        (OLA, "2026-11-01", "2026-12-24"),
        (KARI, "2026-12-24", ""),
    ]


def test_the_order_of_file_and_event_does_not_matter(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    Delivery(tmp_path / "later")
    ends = Delivery(tmp_path / "later").add("holdings", ends_on="2026-10-01")
    deliver(ends)
    tell(OLA_MOVES_IN)
    file_first = holders()

    tell(rollback("r-1", of="m-1"))
    tell(OLA_MOVES_IN | {"id": "m-2"})
    deliver(ends)

    assert holders() == file_first
    assert file_first == [(KARI, "2020-01-01", "2026-10-01"), (OLA, "2026-11-01", "")]


def test_a_complete_delivery_ends_what_was_delivered_and_no_event(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    tell(OLA_MOVES_IN | {"gsrn": POINT_A})
    tell(event("moved_out", "o-1", "2030-01-01", customer_number=OLA, gsrn=POINT_B))
    complete = Delivery(tmp_path / "complete")
    for name in ("installations", "metering_points", "meters"):
        complete.lines[name] = two_homes(tmp_path / "x").lines[name]

    report = import_register(complete.write_complete(), now=NOW)

    # Of A's the delivered row ended long ago by the event; B's ends by its absence.
    assert report.endings is not None
    assert report.endings.holdings == 2
    assert holders() == MOVED
    assert holders(POINT_B) == [(OLA, "2020-01-01", "2026-11-23")]


def test_a_meter_exchange_stands_above_the_files(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    tell(EXCHANGE | {"serial": METER_B})

    report = deliver(two_homes(tmp_path / "again"))

    assert not report.changed_something
    assert meters_at()[-1] == (METER_B, "2026-11-01", "")
    assert meters_at(POINT_B) == [(METER_B, "2018-05-01", "2026-11-01")]
    late = Delivery(tmp_path / "late")
    late.add("installations", ends_on="2026-11-01")
    late.add("installations", starts_on="2026-11-01", serial=METER_B)
    late.add("installations", gsrn=POINT_B, serial=METER_B, ends_on="2026-11-01")
    deliver(late)
    tell(rollback("r-1", of="x-1"))
    assert meters_at() == [(METER_A, "2018-05-01", "")]
    assert meters_at(POINT_B) == [(METER_B, "2018-05-01", "")]


def test_a_deactivation_stands_above_the_files(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    tell(event("point_deactivated", "d-1", "2026-11-01"))

    again = deliver(two_homes(tmp_path / "again"))
    moved = deliver(
        Delivery(tmp_path / "moved").add("metering_points", street_address="Storgata 2")
    )

    point = MeteringPoint.objects.get(gsrn=POINT_A)
    assert not again.changed_something
    assert moved.changed_something
    assert (point.is_active, point.street_address) == (False, "Storgata 2")

    file_knows = Delivery(tmp_path / "knows").add("metering_points", active="no")
    deliver(file_knows)
    tell(rollback("r-1", of="d-1"))
    point.refresh_from_db()
    assert not point.is_active


def test_points_without_events_are_as_they_were(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    tell(OLA_MOVES_IN)

    deliver(
        Delivery(tmp_path / "b").add("holdings", gsrn=POINT_B, customer_number=KARI)
    )

    assert holders(POINT_B) == [(KARI, "2020-01-01", "")]
    assert set(
        DeliveredHolding.objects.values_list("metering_point__gsrn", flat=True)
    ) == {POINT_A}


def test_a_batch_of_rows_that_changed_something_is_a_delivery(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    before = RegisterDelivery.objects.count()
    kari = Customer.objects.get(customer_number=KARI)
    row = {
        "id": "h-1",
        "gsrn": POINT_A,
        "starts_on": "2020-01-01",
        "customer_number": kari.customer_number,
    }

    assert upsert("holdings", row) == ["unchanged"]
    assert RegisterDelivery.objects.count() == before
    assert upsert("holdings", row | {"ends_on": "2026-12-01"}) == ["applied"]
    newest = RegisterDelivery.objects.order_by("-id").first()
    assert newest is not None
    assert newest.folder == "api:kis"
