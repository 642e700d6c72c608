"""Builds deliveries of the register for tests: rows with sound values unless told."""

from dataclasses import dataclass, field
from pathlib import Path

HEADERS = {
    "metering_points": "gsrn,street_address,postal_code,city,active",
    "meters": "manufacturer,serial,model,head_end,han_capability",
    "customers": (
        "customer_number,kind,name,national_id,organisation_number,email,phone,"
        "language,protected_address"
    ),
    "installations": "gsrn,starts_on,ends_on,manufacturer,serial",
    "holdings": "gsrn,starts_on,ends_on,customer_number",
}

POINT_A = "707057500000000018"
POINT_B = "707057500000000025"
METER_A = "7359992007368787"
METER_B = "7359992014737574"
KARI = "K-1"
OLA = "K-2"
KARIS_NATIONAL_ID = "06896100090"
OLAS_NATIONAL_ID = "13858300082"
ORGANISATION_NUMBER = "310000027"

CREATED_AT = "2026-11-23T05:00:00+01:00"
"""When complete deliveries are made unless told: an hour before the import."""

SOUND = {
    "metering_points": {
        "gsrn": POINT_A,
        "street_address": "Storgata 1",
        "postal_code": "0155",
        "city": "Oslo",
        "active": "yes",
    },
    "meters": {
        "manufacturer": "Aidon",
        "serial": METER_A,
        "model": "6525",
        "head_end": "aidon",
        "han_capability": "remote",
    },
    "customers": {
        "customer_number": KARI,
        "kind": "person",
        "name": "Kari Nordby",
        "national_id": KARIS_NATIONAL_ID,
        "organisation_number": "",
        "email": "kari@post.example",
        "phone": "+4799100001",
        "language": "nb",
        "protected_address": "no",
    },
    "installations": {
        "gsrn": POINT_A,
        "starts_on": "2018-05-01",
        "ends_on": "",
        "manufacturer": "Aidon",
        "serial": METER_A,
    },
    "holdings": {
        "gsrn": POINT_A,
        "starts_on": "2020-01-01",
        "ends_on": "",
        "customer_number": KARI,
    },
}


@dataclass
class Delivery:
    """The five files, filled row by row, then written."""

    folder: Path
    lines: dict[str, list[str]] = field(
        default_factory=lambda: {name: [header] for name, header in HEADERS.items()}
    )

    def add(self, file: str, **values: str) -> "Delivery":
        """Add a row: sound values, but for those given."""
        row = SOUND[file] | values
        self.lines[file].append(",".join(row[name] for name in SOUND[file]))
        return self

    def add_line(self, file: str, line: str) -> "Delivery":
        """Add a line as it is."""
        self.lines[file].append(line)
        return self

    def write_complete(self, *, created_at: str = CREATED_AT, **rows: int) -> Path:
        """Write the files with a manifest that says there is no more than this.

        Its numbers of rows are true, but for those given.
        """
        folder = self.write()
        true = {name: len(lines) - 1 for name, lines in self.lines.items()}
        counts = "".join(f"{name} = {n}\n" for name, n in (true | rows).items())
        (folder / "delivery.toml").write_text(
            f'kind = "complete"\ncreated_at = {created_at}\n[rows]\n{counts}'
        )
        return folder

    def write(self) -> Path:
        """Write the files; gives the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, lines in self.lines.items():
            content = "".join(f"{line}\n" for line in lines)
            (self.folder / f"{name}.csv").write_text(content, encoding="utf-8")
        return self.folder


def one_home(folder: Path) -> Delivery:
    """Kari at point A with meter A."""
    delivery = Delivery(folder)
    for file in HEADERS:
        delivery.add(file)
    return delivery


def two_homes(folder: Path) -> Delivery:
    """Kari at point A with meter A, Ola at point B with meter B."""
    delivery = one_home(folder)
    delivery.add("metering_points", gsrn=POINT_B, street_address="Storgata 3")
    delivery.add("meters", serial=METER_B)
    delivery.add(
        "customers",
        customer_number=OLA,
        name="Ola Vestby",
        national_id=OLAS_NATIONAL_ID,
        email="ola@post.example",
    )
    delivery.add("installations", gsrn=POINT_B, serial=METER_B)
    delivery.add("holdings", gsrn=POINT_B, customer_number=OLA)
    return delivery
