"""Bad rows are told by file, line, column and reason, and the good ones land."""

from pathlib import Path

import pytest

from hanportal.accounts.models import Customer
from meters.models import HanPort, Holding, Installation, Meter, MeteringPoint
from meters.register import ImportReport, Reason, Rejection
from tests.meters.conftest import Deliver, make_head_end
from tests.meters.deliveries import (
    KARI,
    KARIS_NATIONAL_ID,
    METER_A,
    METER_B,
    OLA,
    OLAS_NATIONAL_ID,
    ORGANISATION_NUMBER,
    POINT_A,
    POINT_B,
    Delivery,
    one_home,
    two_homes,
)

BAD_GSRN = "707057500012345678"
BAD_NATIONAL_ID = "06896100091"


def told(report: ImportReport) -> list[tuple[str, int, str, Reason, str]]:
    """Each rejection without its shape."""
    return [
        (r.file.removesuffix(".csv"), r.line, r.column, r.reason, r.detail)
        for r in report.rejections
    ]


@pytest.mark.parametrize(
    "bad",
    [
        ("metering_points", "gsrn", "", Reason.MISSING),
        ("metering_points", "gsrn", "70705750099999999", Reason.GSRN_LENGTH),
        ("metering_points", "gsrn", "７07057500999999997", Reason.GSRN_LENGTH),
        ("metering_points", "gsrn", BAD_GSRN, Reason.GSRN_CHECK_DIGIT),
        ("metering_points", "street_address", "", Reason.MISSING),
        ("metering_points", "street_address", "x" * 121, Reason.TOO_LONG),
        ("metering_points", "street_address", "Stor\tgata", Reason.CHARACTERS),
        ("metering_points", "street_address", "Stor\x00gata", Reason.CHARACTERS),
        ("metering_points", "street_address", "Stor\x01gata", Reason.CHARACTERS),
        ("metering_points", "postal_code", "155", Reason.POSTAL_CODE),
        ("metering_points", "postal_code", "", Reason.MISSING),
        ("metering_points", "city", "x" * 61, Reason.TOO_LONG),
        ("metering_points", "active", "ja", Reason.CHOICE),
        ("meters", "manufacturer", "", Reason.MISSING),
        ("meters", "serial", "", Reason.MISSING),
        ("meters", "serial", "1" * 21, Reason.SERIAL),
        ("meters", "serial", "12 34", Reason.SERIAL),
        ("meters", "head_end", "kaifa", Reason.UNKNOWN_HEAD_END),
        ("meters", "head_end", "", Reason.MISSING),
        ("meters", "han_capability", "magic", Reason.CHOICE),
        ("customers", "customer_number", "", Reason.MISSING),
        ("customers", "kind", "cat", Reason.CHOICE),
        ("customers", "name", "", Reason.MISSING),
        ("customers", "national_id", "", Reason.MISSING),
        ("customers", "national_id", BAD_NATIONAL_ID, Reason.NATIONAL_ID),
        ("customers", "national_id", "0689610009", Reason.NATIONAL_ID),
        (
            "customers",
            "organisation_number",
            ORGANISATION_NUMBER,
            Reason.NOT_FOR_THIS_KIND,
        ),
        ("customers", "email", "kari(at)post.example", Reason.EMAIL),
        ("customers", "phone", "call me", Reason.PHONE),
        ("customers", "language", "se", Reason.CHOICE),
        ("customers", "protected_address", "", Reason.MISSING),
        ("installations", "starts_on", "01.05.2018", Reason.DATE),
        ("installations", "starts_on", "2018-W18-2", Reason.DATE),
        ("installations", "starts_on", "2019-02-29", Reason.DATE),
        ("installations", "starts_on", "", Reason.MISSING),
        ("installations", "ends_on", "20180601", Reason.DATE),
        ("installations", "ends_on", "2018-05-01", Reason.EMPTY_PERIOD),
        ("holdings", "ends_on", "2019-12-31", Reason.EMPTY_PERIOD),
        ("holdings", "customer_number", "K-9", Reason.UNKNOWN_REFERENCE),
        ("holdings", "gsrn", POINT_B, Reason.UNKNOWN_REFERENCE),
        ("installations", "serial", METER_B, Reason.UNKNOWN_REFERENCE),
    ],
)
def test_a_value_that_cannot_stand_is_refused(
    deliver: Deliver, tmp_path: Path, bad: tuple[str, str, str, Reason]
) -> None:
    file, column, value, reason = bad
    delivery = one_home(tmp_path)
    delivery.lines[file].pop()
    report = deliver(delivery.add(file, **{column: value}))

    own = [r for r in report.rejections if r.file == f"{file}.csv"]
    assert [(r.line, r.column, r.reason) for r in own] == [(2, column, reason)]


def test_the_good_rows_beside_a_bad_one_land(deliver: Deliver, tmp_path: Path) -> None:
    delivery = two_homes(tmp_path)
    delivery.add("metering_points", gsrn=BAD_GSRN)
    report = deliver(delivery)

    assert told(report) == [("metering_points", 4, "gsrn", Reason.GSRN_CHECK_DIGIT, "")]
    assert report.rejected == 1
    assert MeteringPoint.objects.count() == 2


def test_who_refers_to_a_refused_row_is_refused_with_its_line(
    deliver: Deliver, tmp_path: Path
) -> None:
    delivery = Delivery(tmp_path)
    delivery.add("metering_points").add("meters", han_capability="magic")
    delivery.add("customers", national_id=BAD_NATIONAL_ID)
    delivery.add("installations").add("holdings")
    report = deliver(delivery)

    assert told(report) == [
        (
            "meters",
            2,
            "han_capability",
            Reason.CHOICE,
            "remote, needs_module, needs_visit, unsupported",
        ),
        ("customers", 2, "national_id", Reason.NATIONAL_ID, ""),
        ("installations", 2, "serial", Reason.REFUSED_REFERENCE, "2"),
        ("holdings", 2, "customer_number", Reason.REFUSED_REFERENCE, "2"),
    ]
    assert Meter.objects.count() == HanPort.objects.count() == 0
    assert Installation.objects.count() == Holding.objects.count() == 0


def test_who_refers_to_a_refused_change_of_a_known_row_lands(
    deliver: Deliver, tmp_path: Path
) -> None:
    first = Delivery(tmp_path / "first").add("metering_points").add("customers")
    deliver(first)
    second = Delivery(tmp_path / "second").add("customers", language="se")
    report = deliver(second.add("holdings"))

    assert [r.file for r in report.rejections] == ["customers.csv"]
    assert Holding.objects.get().customer.customer_number == KARI


def test_of_rows_with_one_key_the_first_stands(
    deliver: Deliver, tmp_path: Path
) -> None:
    delivery = one_home(tmp_path)
    for file in delivery.lines:
        delivery.add(file)
    delivery.add("metering_points", street_address="Nygata 9")
    report = deliver(delivery)

    assert told(report) == [
        ("metering_points", 3, "gsrn", Reason.DUPLICATE, "2"),
        ("metering_points", 4, "gsrn", Reason.DUPLICATE, "2"),
        ("meters", 3, "manufacturer", Reason.DUPLICATE, "2"),
        ("customers", 3, "customer_number", Reason.DUPLICATE, "2"),
        ("installations", 3, "gsrn", Reason.DUPLICATE, "2"),
        ("holdings", 3, "gsrn", Reason.DUPLICATE, "2"),
    ]
    assert MeteringPoint.objects.get().street_address == "Storgata 1"


def test_of_rows_with_one_key_a_refused_one_does_not_count(
    deliver: Deliver, tmp_path: Path
) -> None:
    delivery = Delivery(tmp_path).add("metering_points", active="maybe")
    report = deliver(delivery.add("metering_points"))

    assert [(r.line, r.reason) for r in report.rejections] == [(2, Reason.CHOICE)]
    assert MeteringPoint.objects.count() == 1


def test_two_customers_never_share_a_number(deliver: Deliver, tmp_path: Path) -> None:
    delivery = Delivery(tmp_path).add("customers")
    delivery.add("customers", customer_number=OLA)
    for number in ("B-1", "B-2"):
        delivery.add(
            "customers",
            customer_number=number,
            kind="organisation",
            national_id="",
            organisation_number=ORGANISATION_NUMBER,
        )
    report = deliver(delivery)
    assert told(report) == [
        ("customers", 3, "national_id", Reason.NUMBER_TWICE, "2"),
        ("customers", 5, "organisation_number", Reason.NUMBER_TWICE, "4"),
    ]

    later = Delivery(tmp_path / "later").add("customers", customer_number=OLA)
    assert told(deliver(later)) == [
        ("customers", 2, "national_id", Reason.NUMBER_TAKEN, "")
    ]
    assert Customer.objects.count() == 2


def test_customers_who_would_swap_their_numbers_are_refused(
    deliver: Deliver, tmp_path: Path
) -> None:
    deliver(two_homes(tmp_path))
    swapped = Delivery(tmp_path / "swapped")
    swapped.add("customers", national_id=OLAS_NATIONAL_ID)
    swapped.add("customers", customer_number=OLA, national_id=KARIS_NATIONAL_ID)

    assert told(deliver(swapped)) == [
        ("customers", 2, "national_id", Reason.NUMBER_TAKEN, ""),
        ("customers", 3, "national_id", Reason.NUMBER_TAKEN, ""),
    ]


def test_to_its_head_end_a_serial_is_one_meter(
    deliver: Deliver, tmp_path: Path
) -> None:
    delivery = Delivery(tmp_path).add("meters").add("meters", manufacturer="Kaifa")
    assert told(deliver(delivery)) == [
        ("meters", 3, "serial", Reason.SERIAL_TWICE, "2")
    ]

    later = Delivery(tmp_path / "later").add("meters", manufacturer="Kaifa")
    assert told(deliver(later)) == [("meters", 2, "serial", Reason.SERIAL_TAKEN, "")]


def test_a_meter_moves_to_another_head_end(deliver: Deliver, tmp_path: Path) -> None:
    deliver(Delivery(tmp_path).add("meters"))
    make_head_end("aidon_new")
    deliver(Delivery(tmp_path / "later").add("meters", head_end="aidon_new"))

    assert Meter.objects.get().head_end.code == "aidon_new"


def test_an_unusual_prefix_is_a_warning_and_the_point_lands(
    deliver: Deliver, tmp_path: Path
) -> None:
    unusual = "735999200000000017"
    report = deliver(Delivery(tmp_path).add("metering_points", gsrn=unusual))

    assert report.rejections == ()
    assert report.warnings == (
        Rejection(
            file="metering_points.csv",
            line=2,
            column="gsrn",
            reason=Reason.UNUSUAL_PREFIX,
        ),
    )
    assert report.counts["metering_points.csv"].warnings == 1
    assert MeteringPoint.objects.get().gsrn == unusual


def test_a_quote_that_is_never_closed_costs_its_own_line(
    deliver: Deliver, tmp_path: Path
) -> None:
    delivery = Delivery(tmp_path)
    delivery.add("metering_points", street_address='"Storgata 1')
    delivery.add("metering_points", gsrn=POINT_B)
    report = deliver(delivery)

    assert told(report) == [("metering_points", 2, "", Reason.QUOTES, "")]
    assert MeteringPoint.objects.get().gsrn == POINT_B


def test_a_file_that_was_cut_short_lands_as_far_as_it_goes(
    deliver: Deliver, tmp_path: Path
) -> None:
    delivery = two_homes(tmp_path)
    delivery.lines["holdings"][-1] = POINT_B
    report = deliver(delivery)

    assert told(report) == [("holdings", 3, "", Reason.FIELD_COUNT, "")]
    assert Holding.objects.get().metering_point.gsrn == POINT_A


def test_swapped_columns_tell_shapes_and_nothing_personal(
    deliver: Deliver, tmp_path: Path
) -> None:
    delivery = Delivery(tmp_path)
    delivery.add("metering_points", gsrn=KARIS_NATIONAL_ID)
    delivery.add("metering_points", postal_code="Kari Nordby")
    delivery.add("customers", language="kari@post.example")
    delivery.add("customers", national_id=BAD_NATIONAL_ID)
    report = deliver(delivery)

    assert list(map(str, report.rejections)) == [
        (
            "metering_points.csv, linje 2, gsrn: "
            "målepunkt-ID må ha nøyaktig 18 sifre (99999999999)"
        ),
        (
            "metering_points.csv, linje 3, postal_code: "
            "postnummer må ha nøyaktig 4 sifre (Aaaa Aaaaaa)"
        ),
        (
            "customers.csv, linje 2, language: "
            "verdien må være en av: nb, nn, en (aaaa@aaaa.aaaaaaa)"
        ),
        (
            "customers.csv, linje 3, national_id: "
            "verdien er ikke et gyldig fødselsnummer eller D-nummer (99999999999)"
        ),
    ]


def test_a_report_spells_out_the_first_rows_and_counts_them_all(
    deliver: Deliver, tmp_path: Path
) -> None:
    delivery = Delivery(tmp_path)
    for _ in range(1005):
        delivery.add_line("holdings", "x")
    report = deliver(delivery)

    assert report.rejected == 1005
    assert [r.line for r in report.rejections] == list(range(2, 1002))


def test_meters_at_a_known_serial_are_found(deliver: Deliver, tmp_path: Path) -> None:
    report = deliver(Delivery(tmp_path).add("meters", serial="0" + METER_A[:5]))

    assert report.rejected == 0
    assert Meter.objects.get().serial == "0" + METER_A[:5]
