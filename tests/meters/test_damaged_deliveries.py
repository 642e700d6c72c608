"""Deliveries as real ones are: other separators, cut short, swapped, twice, unknown."""

import csv
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hanportal.accounts.models import Customer
from hanportal.demo.neighbourhood.__main__ import main
from hanportal.demo.neighbourhood.makes import MAKES
from meters.models import Holding, MeteringPoint
from meters.register import ImportReport, Reason, import_register
from tests.meters.conftest import NOW, Deliver, make_head_end
from tests.meters.deliveries import (
    HEADERS,
    KARIS_NATIONAL_ID,
    POINT_A,
    POINT_B,
    Delivery,
    one_home,
    two_homes,
)

TODAY = date(2026, 11, 23)
POINTS = 40


def draw(folder: Path, *damage: str) -> Path:
    """A small neighbourhood, damaged or not; gives the folder."""
    arguments = [f"--out={folder}", f"--points={POINTS}", f"--today={TODAY}"]
    main([*arguments, *(f"--damage={each}" for each in damage)])
    return folder


def lines(folder: Path, name: str) -> int:
    """How many rows a file has, its header not counted."""
    return (folder / f"{name}.csv").read_bytes().count(b"\n") - 1


def imported(folder: Path) -> ImportReport:
    """What an import of the folder told."""
    for code in MAKES:
        make_head_end(code)
    return import_register(folder, now=NOW)


def told(report: ImportReport) -> list[tuple[str, int, str, Reason]]:
    """File, line, column and reason of each rejection."""
    return [
        (r.file.removesuffix(".csv"), r.line, r.column, r.reason)
        for r in report.rejections
    ]


@pytest.mark.parametrize("form", ["bom", "semicolon", "unended"])
def test_another_form_of_the_same_files_is_the_same_delivery(
    db: None, tmp_path: Path, form: str
) -> None:
    plain = draw(tmp_path / "plain")
    expected = {
        f"{name}.csv": lines(plain, name) for name in (*HEADERS, "representations")
    }

    report = imported(draw(tmp_path / form, form))
    assert {name: each.new for name, each in report.counts.items()} == expected

    again = import_register(plain, now=NOW)
    assert (again.rejected, again.changed_something) == (0, False)


def test_each_file_has_its_own_separator(deliver: Deliver, tmp_path: Path) -> None:
    delivery = one_home(tmp_path)
    delivery.lines["customers"] = [
        line.replace(",", ";") for line in delivery.lines["customers"]
    ]
    delivery.lines["metering_points"] = [
        delivery.lines["metering_points"][0].replace(",", ";"),
        f'{POINT_A};"Storgata 1; oppgang ""B"", 2";0155;Oslo;yes',
    ]
    assert deliver(delivery).rejected == 0
    assert MeteringPoint.objects.get().street_address == 'Storgata 1; oppgang "B", 2'
    assert Customer.objects.count() == 1


def test_a_file_cut_short_tells_its_last_line(db: None, tmp_path: Path) -> None:
    whole = lines(draw(tmp_path / "whole"), "holdings")
    report = imported(draw(tmp_path / "cut", "cut"))

    assert told(report) == [("holdings", whole + 1, "", Reason.CUT_SHORT)]
    assert Holding.objects.count() == whole - 1


def test_a_file_cut_inside_a_letter_never_lands_half_a_word(
    deliver: Deliver, tmp_path: Path
) -> None:
    folder = two_homes(tmp_path).write()
    file = folder / "metering_points.csv"
    header = "gsrn,postal_code,active,street_address,city\n"
    rows = (
        f"{POINT_A},0155,yes,Storgata 1,Oslo\n{POINT_B},9008,yes,Storgata 3,Troms\xf8"
    )
    file.write_bytes((header + rows).encode()[:-1])

    report = import_register(folder, now=NOW)
    assert told(report)[0] == ("metering_points", 3, "", Reason.CUT_SHORT)
    assert MeteringPoint.objects.get().gsrn == POINT_A


def test_swapped_columns_cost_the_rows_they_are_in(db: None, tmp_path: Path) -> None:
    folder = draw(tmp_path, "swapped")
    report = imported(folder)

    customers = report.counts["customers.csv"]
    assert customers.rejected == -(-lines(folder, "customers") // 10)
    swapped = [r for r in report.rejections if r.file == "customers.csv"]
    assert {r.column for r in swapped} == {"national_id"}
    assert Customer.objects.count() == customers.new > 0
    assert not Customer.objects.filter(name__regex="[0-9]{11}").exists()


@pytest.mark.parametrize(
    ("damage", "file", "expected"),
    [
        ("duplicates", "metering_points", [("gsrn", Reason.DUPLICATE)]),
        ("unknown", "holdings", [("gsrn", Reason.UNKNOWN_REFERENCE)]),
        ("overlaps", "holdings", [("gsrn", Reason.OVERLAP)] * 2),
    ],
)
def test_a_damage_costs_its_rows_and_no_others(
    db: None,
    tmp_path: Path,
    damage: str,
    file: str,
    expected: list[tuple[str, Reason]],
) -> None:
    folder = draw(tmp_path, damage)
    report = imported(folder)

    assert [(r.file, r.column, r.reason) for r in report.rejections] == [
        (f"{file}.csv", column, reason) for column, reason in expected
    ]
    assert report.rejections[-1].line == lines(folder, file) + 1


def rejected_rows(folder: Path, *options: str) -> list[list[str]]:
    """Runs the command; gives what it wrote about refused rows."""
    file = folder / "rejected.csv"
    rejections = f"--rejections={file}"
    call_command(
        "import_register", str(folder), rejections, *options, stdout=StringIO()
    )
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, delimiter=";"))


@pytest.mark.usefixtures("head_end")
def test_refused_rows_are_written_to_a_file(tmp_path: Path) -> None:
    delivery = one_home(tmp_path)
    delivery.add("metering_points", gsrn=POINT_B, active="ja")
    delivery.add("metering_points", gsrn=KARIS_NATIONAL_ID)
    delivery.add("holdings", gsrn=POINT_B)

    assert rejected_rows(delivery.write()) == [
        ["file", "line", "column", "reason", "explanation", "shape", "gsrn"],
        [
            "metering_points.csv",
            "3",
            "active",
            "choice",
            "verdien må være en av: yes, no",
            "aa",
            POINT_B,
        ],
        [
            "metering_points.csv",
            "4",
            "gsrn",
            "gsrn_length",
            "målepunkt-ID må ha nøyaktig 18 sifre",
            "99999999999",
            "",
        ],
        [
            "holdings.csv",
            "3",
            "gsrn",
            "refused_reference",
            "viser til en rad som ble avvist: linje 3",
            "",
            POINT_B,
        ],
    ]


@pytest.mark.usefixtures("head_end")
@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_the_file_of_refused_rows_has_no_formulas(tmp_path: Path, start: str) -> None:
    delivery = Delivery(tmp_path)
    delivery.add("metering_points", postal_code=f"{start}cmd|9!A1")

    (_header, row) = rejected_rows(delivery.write())
    assert row[5] == f"'{start}aaa|9!A9"


@pytest.mark.usefixtures("head_end")
def test_the_file_holds_more_than_the_report_keeps(tmp_path: Path) -> None:
    delivery = Delivery(tmp_path)
    for _ in range(2500):
        delivery.add_line("holdings", "x")

    (_header, *rows) = rejected_rows(delivery.write())
    assert [int(row[1]) for row in rows] == list(range(2, 2502))


@pytest.mark.usefixtures("head_end")
def test_the_file_is_written_when_too_much_is_refused(tmp_path: Path) -> None:
    delivery = one_home(tmp_path).add_line("holdings", "x")

    with pytest.raises(CommandError, match="flere enn 0"):
        rejected_rows(delivery.write(), "--max-rejections=0")
    written = (tmp_path / "rejected.csv").read_text(encoding="utf-8-sig")
    assert [line.split(";")[:2] for line in written.splitlines()[1:]] == [
        ["holdings.csv", "3"]
    ]


@pytest.mark.usefixtures("head_end")
def test_a_file_that_cannot_be_written_fails_before_the_import(tmp_path: Path) -> None:
    folder = one_home(tmp_path).write()
    with pytest.raises(CommandError, match="kan ikke skrives"):
        call_command("import_register", str(folder), f"--rejections={tmp_path}")
    assert MeteringPoint.objects.count() == 0
