"""What a delivery says of points that events tell about: kept beneath the events.

Such rows are not merged into the register itself. They become what was delivered, and
the points are derived anew, so that what an event said stays said.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL, Composable

from meters.register.deriving import derive_anew
from meters.register.files import (
    HOLDINGS,
    INSTALLATIONS,
    METERING_POINTS,
    RegisterFile,
)
from meters.register.merge import Written
from meters.register.sides import ACTIVITY, Side
from meters.register.sides import HOLDINGS as HOLDINGS_SIDE
from meters.register.sides import INSTALLATIONS as INSTALLATIONS_SIDE

# What was written is joined to the rows again: a conflict's row doesn't know its line.
_KEEP_PERIODS = """
WITH kept AS (
    INSERT INTO {delivered} AS d
        (id, metering_point_id, starts_on, ends_on, {occupant})
    SELECT gen_random_uuid(), p.id, s.starts_on, s.ends_on, o.id
    FROM {staged} AS s
    JOIN meters_meteringpoint AS p ON p.gsrn = s.gsrn AND p.{flag}
    JOIN {occupants} AS o ON {same_occupant}
    WHERE s.problem IS NULL
    ON CONFLICT (metering_point_id, starts_on) DO UPDATE
        SET ends_on = excluded.ends_on, {occupant} = excluded.{occupant}
        WHERE (d.ends_on, d.{occupant})
            IS DISTINCT FROM (excluded.ends_on, excluded.{occupant})
    RETURNING metering_point_id, starts_on, xmax = 0 AS is_new
)
SELECT kept.metering_point_id, kept.is_new, s.line FROM kept
JOIN meters_meteringpoint AS p ON p.id = kept.metering_point_id
JOIN {staged} AS s
    ON s.gsrn = p.gsrn AND s.starts_on = kept.starts_on AND s.problem IS NULL
"""

_KEEP = {
    HOLDINGS.name: _KEEP_PERIODS.format(
        delivered="meters_deliveredholding",
        occupant="customer_id",
        staged="staged_holdings",
        flag="holdings_from_events",
        occupants="accounts_customer",
        same_occupant="o.customer_number = s.customer_number",
    ),
    INSTALLATIONS.name: _KEEP_PERIODS.format(
        delivered="meters_deliveredinstallation",
        occupant="meter_id",
        staged="staged_installations",
        flag="installations_from_events",
        occupants="meters_meter",
        same_occupant="o.manufacturer = s.manufacturer AND o.serial = s.serial",
    ),
    METERING_POINTS.name: """
        UPDATE meters_meteringpoint AS p SET delivered_active = s.active
        FROM staged_metering_points AS s
        WHERE p.gsrn = s.gsrn AND s.problem IS NULL
            AND p.delivered_active IS NOT NULL AND p.delivered_active <> s.active
        RETURNING p.id, false, s.line
    """,
}

_SIDES: dict[str, Side] = {
    METERING_POINTS.name: ACTIVITY,
    INSTALLATIONS.name: INSTALLATIONS_SIDE,
    HOLDINGS.name: HOLDINGS_SIDE,
}

_END = {
    HOLDINGS.name: SQL("meters_deliveredholding"),
    INSTALLATIONS.name: SQL("meters_deliveredinstallation"),
}


def keep_beneath(cursor: CursorWrapper, file: RegisterFile, *, today: date) -> Written:
    """Keep the file's sound rows about derived points, and derive these anew."""
    if file.name not in _KEEP:
        return Written(new=0, changed=0)
    cursor.execute(_KEEP[file.name])
    kept = cursor.fetchall()
    derive_anew(_SIDES[file.name], _points(kept), today=today)
    new = sum(is_new for _, is_new, _ in kept)
    lines = frozenset(line for *_, line in kept)
    return Written(new=new, changed=len(kept) - new, beneath=lines)


def end_beneath(
    cursor: CursorWrapper,
    file: RegisterFile,
    ending: Composable,
    *,
    on: date,
    today: date,
) -> None:
    """End delivered rows that a complete delivery lacks, and derive anew."""
    cursor.execute(
        SQL(
            "UPDATE {} AS t SET ends_on = %s FROM {} AS e WHERE t.id = e.id"
            " RETURNING t.metering_point_id"
        ).format(_END[file.name], ending),
        [on],
    )
    derive_anew(_SIDES[file.name], _points(cursor.fetchall()), today=today)


def _points(rows: Iterable[Sequence[Any]]) -> set[UUID]:
    return {row[0] for row in rows}
