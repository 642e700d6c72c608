"""What really happened at the meters: an append-only file that outlives the process.

Tests and the smoke run hold the portal's picture against it. Written only here.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hanportal.demo.headend.fleet import PortState

_SCHEMA = """
CREATE TABLE IF NOT EXISTS effect (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    serial TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    at TEXT NOT NULL,
    head_end TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    message_id TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS effect_of_a_meter ON effect (serial, number);
CREATE TRIGGER IF NOT EXISTS effect_is_never_changed BEFORE UPDATE ON effect
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS effect_is_never_removed BEFORE DELETE ON effect
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""

_COLUMNS = "number, serial, state, at, head_end, correlation_id, message_id"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A port was set, whether or not that changed it."""

    number: int
    serial: str
    state: PortState
    at: str
    """ISO 8601 in UTC; real time, also when the simulation runs faster."""
    head_end: str
    correlation_id: str
    """Empty when it was not a command: a technician at the meter."""
    message_id: str


class Ledger:
    """The effects, in the order in which they happened."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it if need be. Safe against a killed process."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def record(
        self,
        *,
        serial: str,
        state: PortState,
        at: datetime,
        head_end: str,
        correlation_id: str = "",
        message_id: str = "",
    ) -> None:
        """Append one effect; a killed process doesn't lose it."""
        self._db.execute(
            "INSERT INTO effect (serial, state, at, head_end, correlation_id,"
            " message_id) VALUES (?, ?, ?, ?, ?, ?)",
            (serial, state, at.isoformat(), head_end, correlation_id, message_id),
        )

    def effects(
        self, *, serial: str = "", after: int = 0, limit: int = 1_000_000
    ) -> list[Effect]:
        """Effects numbered above `after`, oldest first; of one meter if named."""
        return self._select("number > ?", after, serial, f"number LIMIT {limit:d}")

    def latest(self, limit: int, *, serial: str = "") -> list[Effect]:
        """The newest effects, newest first; of one meter if named."""
        return self._select("number > ?", 0, serial, f"number DESC LIMIT {limit:d}")

    def last_of_each(self) -> dict[str, Effect]:
        """The newest effect of every meter that has one, by serial."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM effect WHERE number IN"  # noqa: S608 -- ditto
            " (SELECT max(number) FROM effect GROUP BY serial)"
        )
        return {effect.serial: effect for effect in map(_effect, rows)}

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _select(self, where: str, value: int, serial: str, order: str) -> list[Effect]:
        meter = "serial = ?" if serial else "? = ''"
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM effect"  # noqa: S608 -- no text from outside
            f" WHERE {where} AND {meter} ORDER BY {order}",
            (value, serial),
        )
        return [_effect(row) for row in rows]


def _effect(row: tuple[int, str, PortState, str, str, str, str]) -> Effect:
    number, serial, state, at, head_end, correlation_id, message_id = row
    return Effect(
        number=number,
        serial=serial,
        state=state,
        at=at,
        head_end=head_end,
        correlation_id=correlation_id,
        message_id=message_id,
    )
