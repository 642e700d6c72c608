"""The demo's neighbourhood: repeatable, realistic, and good enough to import whole."""

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from hanportal.accounts.identifiers import (
    validate_national_id,
    validate_organisation_number,
)
from hanportal.accounts.models import Customer, Representation
from hanportal.accounts.sealing import national_id_hashes
from hanportal.demo.neighbourhood.__main__ import main
from hanportal.demo.neighbourhood.makes import MAKES
from meters.identifiers import has_norwegian_prefix, validate_gsrn
from meters.models import HeadEnd, Holding, MeteringPoint
from meters.register import import_register
from tests.meters.conftest import NOW, make_head_end
from tests.meters.deliveries import HEADERS

TODAY = date(2026, 11, 23)


def draw(folder: Path, *, seed: int = 7, points: int = 300, more: str = "") -> Path:
    """A neighbourhood in files; gives the folder."""
    main(
        [
            f"--out={folder}",
            f"--seed={seed}",
            f"--points={points}",
            f"--today={TODAY}",
            *more.split(),
        ]
    )
    return folder


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of one of the five files."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files(folder: Path) -> dict[str, bytes]:
    """Every file's bytes."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    assert files(draw(tmp_path / "a")) == files(draw(tmp_path / "b"))


def test_another_seed_draws_other_people_around_the_same_cast(tmp_path: Path) -> None:
    one, other = draw(tmp_path / "a"), draw(tmp_path / "b", seed=8)

    assert (one / "people.json").read_bytes() == (other / "people.json").read_bytes()
    assert rows(one, "customers")[:6] == rows(other, "customers")[:6]
    assert rows(one, "metering_points")[:9] == rows(other, "metering_points")[:9]
    assert rows(one, "installations")[:9] == rows(other, "installations")[:9]
    assert rows(one, "customers")[6:] != rows(other, "customers")[6:]


def test_the_importer_takes_every_row(db: None, tmp_path: Path) -> None:
    folder = draw(tmp_path)
    for code in MAKES:
        make_head_end(code)

    report = import_register(folder, now=NOW)

    assert report.rejections == report.warnings == ()
    assert {name: each.new for name, each in report.counts.items()} == {
        f"{name}.csv": len(rows(folder, name)) for name in (*HEADERS, "representations")
    }
    assert report.counts["metering_points.csv"].new == 300


def test_every_number_is_valid_and_nobody_elses(tmp_path: Path) -> None:
    folder = draw(tmp_path, points=2000)
    customers = rows(folder, "customers")

    for point in rows(folder, "metering_points"):
        validate_gsrn(point["gsrn"])
        assert has_norwegian_prefix(point["gsrn"]) is True
    for customer in customers:
        if customer["kind"] == "person":
            validate_national_id(customer["national_id"])
            assert 81 <= int(customer["national_id"][2:4]) <= 92
        else:
            validate_organisation_number(customer["organisation_number"])
    people = [c["national_id"] for c in customers if c["kind"] == "person"]
    serials = [meter["serial"] for meter in rows(folder, "meters")]
    assert len(set(people)) == len(people)
    assert len(set(serials)) == len(serials)
    assert {c["email"].rpartition(".")[2] for c in customers} <= {"example", ""}


def test_the_people_to_log_in_as_are_customers_but_a_stranger_and_representatives(
    db: None, tmp_path: Path
) -> None:
    folder = draw(tmp_path)
    for code in MAKES:
        make_head_end(code)
    import_register(folder, now=NOW)

    people = json.loads((folder / "people.json").read_text(encoding="utf-8"))
    points = {}
    for person in people:
        customer = Customer.objects.by_national_id(person["national_id"])
        points[person["name"]] = (
            [
                (i.meter.manufacturer, i.meter.han_capability)
                for point in MeteringPoint.objects.held_by(customer, on=TODAY).order_by(
                    "gsrn"
                )
                for i in point.installations.filter(ends_on=None)
            ]
            if customer
            else None
        )
    assert points == {
        "Ingrid Solbakken": [("Aidon", "remote")],
        "Omar Haugland": [
            ("Aidon", "remote"),
            ("Kaifa", "remote"),
            ("Kamstrup", "remote"),
        ],
        "Astrid Kvamme": [("Kamstrup", "needs_module")],
        "Olena Kovalenko": [("Kaifa", "remote")],
        "Leif Nygård": [("Landis+Gyr", "needs_visit")],
        "Solveig Strand": [("Aidon", "remote")],
        "Nora Myhre": [("Aidon", "remote")],
        "Berit Bakke": None,
        "Vera Lunde": None,
        "Marte Fossum": None,
        "Jonas Vik": None,
    }
    business = Customer.objects.get(name="Fjordbakeriet AS")
    assert MeteringPoint.objects.held_by(business, on=TODAY).count() == 2


def test_whoever_acts_for_somebody_in_the_cast_may(db: None, tmp_path: Path) -> None:
    folder = draw(tmp_path)
    for code in MAKES:
        make_head_end(code)
    import_register(folder, now=NOW)

    people = json.loads((folder / "people.json").read_text(encoding="utf-8"))
    represented = {
        person["name"]: [
            each.represented.name
            for each in Representation.objects.held_by(
                national_id_hashes(person["national_id"]), on=TODAY
            )
        ]
        for person in people
    }
    assert {name: held for name, held in represented.items() if held} == {
        "Berit Bakke": ["Fjordbakeriet AS"],
        "Vera Lunde": ["Solveig Strand"],
        "Marte Fossum": ["Odd Fossum"],
    }


def test_the_fleet_is_the_meters_of_the_register(tmp_path: Path) -> None:
    folder = draw(tmp_path, more="--head-end north=aidon --head-end south=kaifa")
    fleet = json.loads((folder / "fleet.json").read_text(encoding="utf-8"))

    assert fleet["head_ends"] == {
        "north": {"preset": "aidon"},
        "south": {"preset": "kaifa"},
    }
    assert sorted(
        (m["manufacturer"], m["serial"], m["model"], m["head_end"], m["han_capability"])
        for m in fleet["meters"]
    ) == sorted(tuple(meter.values()) for meter in rows(folder, "meters"))
    assert {m["port"] for m in fleet["meters"]} == {"closed"}
    assert {m["head_end"] for m in fleet["meters"]} == {"north", "south"}


def test_most_meters_open_from_here(tmp_path: Path) -> None:
    meters = rows(draw(tmp_path, points=2000), "meters")
    shares = Counter(meter["han_capability"] for meter in meters)

    assert shares["remote"] / len(meters) > 0.8
    assert set(shares) == {"remote", "needs_module", "needs_visit"}


def test_people_move(db: None, tmp_path: Path) -> None:
    folder = draw(tmp_path, points=1000)
    for code in MAKES:
        make_head_end(code)
    import_register(folder, now=NOW)

    assert HeadEnd.objects.count() == len(MAKES)
    ended = Holding.objects.filter(ends_on__lte=TODAY)
    to_come = Holding.objects.filter(starts_on__gt=TODAY)
    assert ended.count() > 200
    assert to_come.count() > 0


@pytest.mark.parametrize(
    "argument", ["--points=3", "--points=x", "--head-end=aidon", "--head-end=a=nokia"]
)
def test_arguments_that_make_no_sense(tmp_path: Path, argument: str) -> None:
    with pytest.raises(SystemExit):
        main([f"--out={tmp_path}", f"--today={TODAY}", argument])
