"""Periods of one place never overlap: refused in deliveries, and by the database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from hanportal.accounts.models import Customer
from meters.models import Holding, Installation, Meter, MeteringPoint
from meters.register import ImportReport, Reason, import_register
from tests.meters.conftest import NOW, Deliver
from tests.meters.deliveries import (
    METER_B,
    OLA,
    POINT_A,
    POINT_B,
    Delivery,
    two_homes,
)


def refused(report: ImportReport) -> list[tuple[int, str, Reason, str]]:
    """Line, column, reason and detail of each rejection."""
    return [(r.line, r.column, r.reason, r.detail) for r in report.rejections]


def test_a_new_holder_while_the_old_one_holds_is_refused(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    second = Delivery(tmp_path / "second")
    second.add("holdings", starts_on="2026-03-01", customer_number=OLA)
    second.add("holdings", gsrn=POINT_B, customer_number=OLA, ends_on="2026-04-01")
    report = deliver(second)

    assert refused(report) == [(2, "gsrn", Reason.OVERLAP, "2020-01-01")]
    # Another point's change lands all the same.
    held = Holding.objects.get(metering_point__gsrn=POINT_B)
    assert held.ends_on == date(2026, 4, 1)


def test_the_changes_of_a_place_land_together_or_not_at_all(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    second = Delivery(tmp_path / "second")
    second.add("holdings", ends_on="2026-03-01")
    second.add("holdings", starts_on="2026-03-01", customer_number=OLA)
    second.add("holdings", starts_on="2025-12-24", ends_on="2026-01-02")
    report = deliver(second)

    assert refused(report) == [
        (2, "gsrn", Reason.OVERLAP, "2025-12-24"),
        (3, "gsrn", Reason.OVERLAP_BESIDE, ""),
        (4, "gsrn", Reason.OVERLAP, "2020-01-01"),
    ]
    held = Holding.objects.get(metering_point__gsrn=POINT_A)
    assert (held.starts_on, held.ends_on) == (date(2020, 1, 1), None)


def test_periods_that_touch_do_not_overlap(deliver: Deliver, tmp_path: Path) -> None:
    delivery = two_homes(tmp_path)
    delivery.add("holdings", starts_on="2019-12-31", ends_on="2020-01-01")
    assert deliver(delivery).rejected == 0


def test_a_long_period_over_several_short_ones_is_refused(
    deliver: Deliver, tmp_path: Path
) -> None:
    delivery = two_homes(tmp_path)
    delivery.add("holdings", starts_on="2001-01-01", ends_on="2001-02-01")
    delivery.add("holdings", starts_on="2000-01-01", ends_on="2010-01-01")
    delivery.add("holdings", starts_on="2009-12-31", ends_on="2010-01-01")
    report = deliver(delivery)

    assert [r.line for r in report.rejections] == [2, 4, 5, 6]
    assert Holding.objects.get().metering_point.gsrn == POINT_B


def test_one_meter_at_two_points_is_refused(deliver: Deliver, tmp_path: Path) -> None:
    delivery = two_homes(tmp_path)
    delivery.lines["installations"].pop()
    delivery.add("installations", gsrn=POINT_B, starts_on="2019-01-01")
    report = deliver(delivery)

    assert refused(report) == [
        (2, "serial", Reason.OVERLAP, "2019-01-01"),
        (3, "serial", Reason.OVERLAP, "2018-05-01"),
    ]
    assert Installation.objects.count() == 0


def test_a_refusal_at_one_place_is_followed_to_the_next(
    deliver: Deliver, tmp_path: Path
) -> None:
    """Meter A is to move to point B, but its leaving point A is refused."""
    deliver(two_homes(tmp_path))
    second = Delivery(tmp_path / "second")
    second.add("installations", ends_on="2026-03-01")
    second.add("installations", starts_on="2018-04-01", ends_on="2018-06-01")
    second.add("installations", gsrn=POINT_B, serial=METER_B, ends_on="2026-03-01")
    second.add("installations", gsrn=POINT_B, starts_on="2026-03-01")
    report = deliver(second)

    assert {r.line for r in report.rejections} == {2, 3, 5}
    installed = Installation.objects.order_by("metering_point__gsrn", "starts_on")
    assert [(i.metering_point.gsrn, i.ends_on) for i in installed] == [
        (POINT_A, None),
        (POINT_B, date(2026, 3, 1)),
    ]


def test_the_database_refuses_overlapping_holdings(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    held = Holding.objects.get(metering_point__gsrn=POINT_A)
    with (
        pytest.raises(IntegrityError, match="overlaps") as caught,
        transaction.atomic(),
    ):
        Holding.objects.create(
            customer=held.customer,
            metering_point=held.metering_point,
            starts_on=date(2019, 1, 1),
            ends_on=date(2020, 1, 2),
        )
    cause = caught.value.__cause__
    assert cause.diag.constraint_name == (  # type: ignore[union-attr]
        "holding_never_overlaps_at_point"
    )


def test_the_database_refuses_a_holding_that_grows_into_the_next(
    deliver: Deliver, tmp_path: Path
) -> None:
    delivery = two_homes(tmp_path)
    delivery.add("holdings", starts_on="2019-01-01", ends_on="2020-01-01")
    deliver(delivery)
    earlier = Holding.objects.filter(starts_on=date(2019, 1, 1))
    with pytest.raises(IntegrityError, match="overlaps"), transaction.atomic():
        earlier.update(ends_on=date(2020, 1, 2))
    assert earlier.get().ends_on == date(2020, 1, 1)


def test_the_database_refuses_overlapping_installations_of_a_meter(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    at_b = Installation.objects.filter(metering_point__gsrn=POINT_B)
    Installation.objects.create(
        meter=Meter.objects.get(serial=METER_B),
        metering_point=MeteringPoint.objects.get(gsrn=POINT_A),
        starts_on=date(2018, 1, 1),
        ends_on=date(2018, 5, 1),
    )
    with pytest.raises(IntegrityError, match="overlaps"), transaction.atomic():
        at_b.update(starts_on=date(2018, 4, 30))


@pytest.mark.usefixtures("committed_head_end")
def test_of_two_overlapping_holdings_at_once_one_is_refused(tmp_path: Path) -> None:
    import_register(two_homes(tmp_path).write(), now=NOW)
    point = MeteringPoint.objects.get(gsrn=POINT_A)
    customer = Customer.objects.get(customer_number=OLA)
    rounds, at_once = 20, Barrier(2)

    def hold(year: int, days: int) -> bool:
        at_once.wait()
        try:
            Holding.objects.create(
                customer=customer,
                metering_point=point,
                starts_on=date(year, 1, days),
                ends_on=date(year, 2, days),
            )
        except IntegrityError:
            return False
        finally:
            connection.close()
        return True

    for year in range(1990, 1990 + rounds):
        with ThreadPoolExecutor(2) as threads:
            outcomes = threads.map(hold, (year, year), (1, 2))
        assert sorted(outcomes) == [False, True]
