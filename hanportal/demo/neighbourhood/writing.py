"""Writes a neighbourhood to a folder, one row in memory at a time."""

import csv
import json
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, TextIO
from uuid import NAMESPACE_DNS, uuid5

from hanportal.demo.neighbourhood.cast import STRANGER
from hanportal.demo.neighbourhood.households import Neighbourhood
from hanportal.demo.neighbourhood.makes import Meter
from hanportal.demo.neighbourhood.rows import (
    Customer,
    Holding,
    Installation,
    Point,
    Representation,
    Row,
)

LEVEL = "idporten-loa-high"

HEADERS: dict[type[Any], tuple[str, str]] = {
    Point: ("metering_points", "gsrn,street_address,postal_code,city,active"),
    Meter: ("meters", "manufacturer,serial,model,head_end,han_capability"),
    Customer: (
        "customers",
        (
            "customer_number,kind,name,national_id,organisation_number,email,phone,"
            "language,protected_address,died_on"
        ),
    ),
    Installation: ("installations", "gsrn,starts_on,ends_on,manufacturer,serial"),
    Holding: ("holdings", "gsrn,starts_on,ends_on,customer_number"),
    Representation: (
        "representations",
        (
            "representation_number,customer_number,ground,name,national_id,email,phone,"
            "evidence,starts_on,ends_on"
        ),
    ),
}


def write_register(folder: Path, rows: Iterable[Row]) -> None:
    """Write the files of the register."""
    with ExitStack() as stack:
        writers = {}
        for kind, (name, header) in HEADERS.items():
            file = stack.enter_context(_create(folder / f"{name}.csv"))
            writers[kind] = csv.writer(file, lineterminator="\n")
            writers[kind].writerow(header.split(","))
        for row in rows:
            header = HEADERS[type(row)][1]
            cells = _cells(row)
            writers[type(row)].writerow([cells[name] for name in header.split(",")])


def write_people(file: Path, neighbourhood: Neighbourhood) -> None:
    """Write who can be logged in as: the cast but its businesses and its dead, those
    who act for others, and a stranger."""
    people = [
        (player.name, player.label, customer.national_id)
        for player, customer in neighbourhood.players
        if not player.is_business and not player.days_dead
    ]
    people += [
        (agent.name, agent.label, representation.national_id)
        for agent, representation in neighbourhood.representatives
    ]
    people.append((STRANGER.name, STRANGER.label, neighbourhood.unused_national_id))
    entries = [
        {
            "sub": str(uuid5(NAMESPACE_DNS, f"{national_id}.eid.example")),
            "name": name,
            "national_id": national_id,
            "label": label,
            "acr": LEVEL,
        }
        for name, label, national_id in people
    ]
    with _create(file) as stream:
        json.dump(entries, stream, ensure_ascii=False, indent=2)
        stream.write("\n")


def passing_fleet(
    rows: Iterable[Row], file: Path, head_ends: dict[str, str]
) -> Iterable[Row]:
    """The rows as they come; meters and where they sit are written on the way."""
    with _create(file) as stream:
        presets = {code: {"preset": make} for code, make in head_ends.items()}
        stream.write(f'{{"head_ends": {json.dumps(presets)},\n"meters": [')
        separator = "\n"
        for row in rows:
            yield row
            if isinstance(row, Installation):
                stream.write(separator + json.dumps(_in_fleet(row)))
                separator = ",\n"
        stream.write("\n]}\n")


def _in_fleet(installation: Installation) -> dict[str, str]:
    meter = installation.meter
    return {
        "serial": meter.serial,
        "head_end": meter.head_end,
        "manufacturer": meter.manufacturer,
        "model": meter.model,
        "gsrn": installation.gsrn,
        "port": "closed",
        "han_capability": meter.han_capability,
    }


def _cells(row: Row) -> dict[str, str]:
    cells = {name: _cell(value) for name, value in vars(row).items()}
    if isinstance(row, Installation):
        cells["manufacturer"] = row.meter.manufacturer
        cells["serial"] = row.meter.serial
    return cells


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def _create(file: Path) -> TextIO:
    return file.open("w", encoding="utf-8", newline="")
