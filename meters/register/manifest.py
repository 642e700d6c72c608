"""What a delivery says of itself: `delivery.toml`, beside the files."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _
from psycopg2.sql import SQL

from meters.models import DeliveryKind
from meters.register.files import EVERY_FILE, RegisterFile
from meters.register.reading import RegisterUnusable, files_in
from meters.register.staging import staged

FILE_NAME = "delivery.toml"
OSLO = ZoneInfo("Europe/Oslo")


def oslo_today(now: datetime) -> date:
    """The date in Norway."""
    return now.astimezone(OSLO).date()


_EXAMPLE = (
    'kind = "complete", created_at = 2026-11-23T04:00:00+01:00, [rows] metering_points'
)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The manifest, or what goes without one: a delivery of changes."""

    kind: DeliveryKind = DeliveryKind.INCREMENTAL
    created_at: datetime | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    """How many rows each file has, by its name without `.csv`."""
    content: bytes = b""

    @property
    def ends_on(self) -> date | None:
        """The Oslo date from which what is missing has ended; None ends nothing."""
        if self.kind is not DeliveryKind.COMPLETE or self.created_at is None:
            return None
        return self.created_at.astimezone(OSLO).date()


def read_manifest(folder: Path, *, now: datetime) -> Manifest:
    """What the folder's manifest says; without one it holds changes alone.

    :raises RegisterUnusable: the manifest can't be read, or says too little.
    """
    path = folder / FILE_NAME
    try:
        content = path.read_bytes()
        said = tomllib.loads(content.decode())
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValueError) as error:
        raise _unusable(path, _("filen kan ikke leses som TOML")) from error
    rows = said.get("rows", {})
    names = {file.name for file in EVERY_FILE}
    if set(said) - {"kind", "created_at", "rows"}:
        raise _unusable(path, _("ukjent felt"))
    if said.get("kind") not in DeliveryKind.values:
        raise _unusable(path, "kind")
    created_at = said.get("created_at")
    if not isinstance(created_at, datetime) or created_at.tzinfo is None:
        raise _unusable(path, "created_at")
    if created_at > now:
        raise _unusable(path, _("created_at ligger fram i tid"))
    counted = isinstance(rows, dict) and all(type(n) is int for n in rows.values())
    if not counted or set(rows) - names:
        raise _unusable(path, "rows")
    kind = DeliveryKind(said["kind"])
    delivered = {file.name for file in files_in(folder)}
    if kind is DeliveryKind.COMPLETE and set(rows) != delivered:
        raise _unusable(path, _("rows må ha alle filene"))
    return Manifest(kind=kind, created_at=created_at, rows=rows, content=content)


def require_delivered(files: Sequence[RegisterFile], manifest: Manifest) -> None:
    """Refuse a delivery that lacks a file of which the manifest says it has rows.

    :raises RegisterUnusable: names the file, and both numbers.
    """
    for file in EVERY_FILE:
        expected = manifest.rows.get(file.name, 0)
        if file not in files and expected:
            raise _cut_short(file, found=0, expected=expected)


def require_rows(cursor: CursorWrapper, file: RegisterFile, manifest: Manifest) -> None:
    """Refuse a staged file that has another number of rows than the manifest says.

    :raises RegisterUnusable: names the file, and both numbers.
    """
    if file.name not in manifest.rows:
        return
    cursor.execute(SQL("SELECT count(*) FROM {}").format(staged(file)))
    (found,) = cursor.fetchone()
    expected = manifest.rows[file.name]
    if found != expected:
        raise _cut_short(file, found=found, expected=expected)


def _cut_short(file: RegisterFile, *, found: int, expected: int) -> RegisterUnusable:
    return RegisterUnusable(
        _(
            "%(file)s har %(found)d rader, men delivery.toml sier "
            "%(expected)d. Leveransen er avkortet, og ingenting er endret. "
            "Lever alle filene på nytt."
        )
        % {"file": file.file_name, "found": found, "expected": expected}
    )


def _unusable(path: Path, what: str) -> RegisterUnusable:
    return RegisterUnusable(
        _("%(path)s kan ikke brukes: %(what)s. Eksempel: %(example)s = 500")
        % {"path": path, "what": what, "example": _EXAMPLE}
    )
