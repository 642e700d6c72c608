"""Builds the two files of the past: rows with sound values unless told."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TextIO

from orders.legacy import LegacyReport, import_legacy
from tests.orders.world import NOW, World, gsrn

COLUMNS = {
    "consents": (
        "gsrn",
        "customer_number",
        "given_on",
        "method",
        "evidence",
        "security",
        "terms",
    ),
    "ports": ("manufacturer", "serial", "state", "observed_at"),
}

SOUND = {
    "consents": {
        "gsrn": gsrn(1),
        "customer_number": "K1",
        "given_on": "2021-03-01",
        "method": "phone",
        "evidence": "ARK-2021/0017",
        "security": "",
        "terms": "",
    },
    "ports": {
        "manufacturer": "Aidon",
        "serial": f"735999{1:010d}",
        "state": "open",
        "observed_at": "2026-10-01T04:00:00+02:00",
    },
}


@dataclass
class Past:
    """The two files, filled row by row, then imported."""

    folder: Path
    rows: dict[str, list[str]] = field(
        default_factory=lambda: {
            name: [",".join(columns)] for name, columns in COLUMNS.items()
        }
    )

    def add(self, file: str, **values: str) -> "Past":
        """Add a row: sound values, but for those given."""
        row = SOUND[file] | values
        self.rows[file].append(",".join(row[name] for name in COLUMNS[file]))
        return self

    def write(self) -> Path:
        """Write both files; gives the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, lines in self.rows.items():
            text = "".join(f"{line}\n" for line in lines)
            (self.folder / f"{name}.csv").write_text(text, encoding="utf-8")
        return self.folder

    def bring_in(
        self,
        *,
        now: datetime = NOW,
        rejections: TextIO | None = None,
        max_rejections: int | None = None,
    ) -> LegacyReport:
        """Write and import them."""
        return import_legacy(
            self.write(),
            now=now,
            rejections=rejections,
            max_rejections=max_rejections,
        )


def bring_in_consent(folder: Path, world: World, **values: str) -> LegacyReport:
    """The world's customer consented on the telephone, and the port is open."""
    past = Past(folder).add("consents", **values).add("ports")
    return past.bring_in(now=world.now)


def reasons(told: LegacyReport) -> list[tuple[str, int, str, str]]:
    """Where and why rows were refused."""
    return [
        (each.file, each.line, each.column, str(each.reason))
        for each in told.report.rejections
    ]
