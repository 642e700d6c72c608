"""Merges what was staged: only rows that differ are written, each at most once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL, Composable, Identifier, Literal

from meters.register.files import (
    CUSTOMERS,
    HOLDINGS,
    INSTALLATIONS,
    METERING_POINTS,
    METERS,
    RegisterFile,
)
from meters.register.staging import changes
from meters.states import DesiredState, ReportedState


class Written(NamedTuple):
    """How many rows a merge added and changed."""

    new: int
    changed: int
    beneath: frozenset[int] = frozenset()
    """Lines that were kept beneath events."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a file's rows go."""

    file: RegisterFile
    table: str
    source: str
    """Query of line, key and values, under the names of the table's columns."""
    key: Sequence[str]
    values: Sequence[str]
    """What a row is compared by and what is written."""
    carried: Sequence[str] = ()
    """Written with the values, but no reason to write."""
    blank: Sequence[str] = field(default=())
    """Text columns that start empty and are not the register's to fill."""
    places: Sequence[tuple[str, str]] = ()
    """Where periods must not overlap: the table's column and the file's."""


METERING_POINT_TARGET = Target(
    file=METERING_POINTS,
    table="meters_meteringpoint",
    source="""
        SELECT s.line, s.gsrn, s.street_address, s.postal_code, s.city,
            CASE WHEN d.id IS NULL THEN s.active ELSE d.is_active END AS is_active
        FROM staged_metering_points AS s
        LEFT JOIN meters_meteringpoint AS d
            ON d.gsrn = s.gsrn AND d.delivered_active IS NOT NULL
        WHERE s.problem IS NULL
    """,
    key=["gsrn"],
    values=["street_address", "postal_code", "city", "is_active"],
)

METER_TARGET = Target(
    file=METERS,
    table="meters_meter",
    source="""
        SELECT m.line, m.manufacturer, m.serial, m.model, h.id AS head_end_id,
            m.han_capability
        FROM staged_meters AS m JOIN meters_headend AS h ON h.code = m.head_end
        WHERE m.problem IS NULL
    """,
    key=["manufacturer", "serial"],
    values=["model", "head_end_id", "han_capability"],
)

CUSTOMER_TARGET = Target(
    file=CUSTOMERS,
    table="accounts_customer",
    source="""
        SELECT *, protected_address AS has_protected_address
        FROM staged_customers WHERE problem IS NULL
    """,
    key=["customer_number"],
    values=[
        "kind",
        "name",
        "national_id_hash",
        "national_id_key_version",
        "organisation_number",
        "email",
        "phone",
        "language",
        "has_protected_address",
    ],
    # The same number is sealed into other bytes each time.
    carried=["national_id_sealed"],
    blank=["notification_email"],
)

INSTALLATION_TARGET = Target(
    file=INSTALLATIONS,
    table="meters_installation",
    source="""
        SELECT i.line, p.id AS metering_point_id, i.starts_on, i.ends_on,
            m.id AS meter_id
        FROM staged_installations AS i
        JOIN meters_meteringpoint AS p ON p.gsrn = i.gsrn
        JOIN meters_meter AS m
            ON m.manufacturer = i.manufacturer AND m.serial = i.serial
        WHERE i.problem IS NULL AND NOT p.installations_from_events
    """,
    key=["metering_point_id", "starts_on"],
    values=["ends_on", "meter_id"],
    places=[("metering_point_id", "gsrn"), ("meter_id", "serial")],
)

HOLDING_TARGET = Target(
    file=HOLDINGS,
    table="meters_holding",
    source="""
        SELECT h.line, p.id AS metering_point_id, h.starts_on, h.ends_on,
            c.id AS customer_id
        FROM staged_holdings AS h
        JOIN meters_meteringpoint AS p ON p.gsrn = h.gsrn
        JOIN accounts_customer AS c ON c.customer_number = h.customer_number
        WHERE h.problem IS NULL AND NOT p.holdings_from_events
    """,
    key=["metering_point_id", "starts_on"],
    values=["ends_on", "customer_id"],
    places=[("metering_point_id", "gsrn")],
)

# A UUID of version 7 (RFC 9562) whose time runs on by a millisecond every 4,096 lines
# and whose next 12 bits count within it: ids rise with the lines, so that the indexes
# of a million new rows are written from left to right. The rest is random, but drawn
# from one seed: asking the system for each row's own took a tenth of an import.
_NEW_ID = """
(lpad(to_hex({milliseconds} + s.line / 4096), 12, '0')
    || '7' || lpad(to_hex(s.line % 4096), 3, '0')
    || '8' || substr(md5({seed} || s.line), 1, 15))::uuid
"""

_FIND_CHANGES = """
CREATE TEMPORARY TABLE {changes} ON COMMIT DROP AS
SELECT s.line, {columns}, t.id IS NULL AS is_new, coalesce(t.id, {new_id}) AS id
FROM ({source}) AS s LEFT JOIN {table} AS t ON {same_key}
WHERE t.id IS NULL OR ({old}) IS DISTINCT FROM ({new})
"""

_UPDATE = """
UPDATE {table} AS t SET {assignments} FROM {changes} AS c
WHERE t.id = c.id AND NOT c.is_new
"""

_INSERT = """
INSERT INTO {table} (id, {columns}{blank_columns})
SELECT id, {columns}{blanks} FROM {changes} WHERE is_new ORDER BY line
"""

# The staged rows lie in the order of their lines but for those refused since.
_FILL = """
INSERT INTO {table} (id, {columns}{blank_columns})
SELECT {new_id}, {columns}{blanks} FROM ({source}) AS s
"""

# Two points may swap meters. No order of updates passes the unique indexes then, so
# these rows are taken out and put in again, under their own ids.
_MAKE_ROOM = """
WITH taken_out AS (
    DELETE FROM meters_installation AS t USING changes_installations AS c
    WHERE t.id = c.id AND NOT c.is_new AND t.meter_id <> c.meter_id
    RETURNING t.id
)
UPDATE changes_installations AS c SET is_new = true
FROM taken_out WHERE c.id = taken_out.id
"""

ALL_METERS = SQL("meters_meter")
NEW_METERS = SQL("(SELECT id FROM changes_meters WHERE is_new)")

_NEW_PORTS = """
INSERT INTO meters_hanport
    (id, meter_id, desired, generation, reported, reported_source)
SELECT {new_id}, s.id, {desired}, 0, {reported}, ''
FROM (
    SELECT m.id, row_number() OVER (ORDER BY m.id) AS line FROM {meters} AS m
    WHERE NOT EXISTS (SELECT FROM meters_hanport AS p WHERE p.meter_id = m.id)
) AS s
"""


def is_empty(cursor: CursorWrapper, target: Target) -> bool:
    """Whether the register has nothing there yet, as before the first delivery."""
    cursor.execute(
        SQL("SELECT NOT EXISTS (SELECT FROM {})").format(Identifier(target.table))
    )
    (empty,) = cursor.fetchone()
    return bool(empty)


def fill(cursor: CursorWrapper, target: Target, *, now: datetime) -> Written:
    """Write every sound row into an empty table: there is nothing to compare with."""
    cursor.execute(
        SQL(_FILL).format(
            **_insertion(target), new_id=new_id(now), source=SQL(target.source)
        )
    )
    return Written(new=cursor.rowcount, changed=0)


def find_changes(cursor: CursorWrapper, target: Target, *, now: datetime) -> None:
    """Gather the rows that are new or differ, with the ids they have or get."""
    columns = [*target.key, *target.values, *target.carried]
    cursor.execute(
        SQL(_FIND_CHANGES).format(
            changes=changes(target.file),
            columns=_listed(columns, of="s"),
            new_id=new_id(now),
            source=SQL(target.source),
            table=Identifier(target.table),
            same_key=SQL(" AND ").join(
                SQL("t.{0} = s.{0}").format(Identifier(name)) for name in target.key
            ),
            old=_listed(target.values, of="t"),
            new=_listed(target.values, of="s"),
        )
    )
    cursor.execute(SQL("ANALYZE {}").format(changes(target.file)))


def write_changes(cursor: CursorWrapper, target: Target) -> Written:
    """Write what was found: changes first, for they may end what new rows follow."""
    moved = 0
    if target is INSTALLATION_TARGET:
        cursor.execute(_MAKE_ROOM)
        moved = cursor.rowcount
    assignments = SQL(", ").join(
        SQL("{0} = c.{0}").format(Identifier(name))
        for name in (*target.values, *target.carried)
    )
    cursor.execute(
        SQL(_UPDATE).format(
            table=Identifier(target.table),
            changes=changes(target.file),
            assignments=assignments,
        )
    )
    changed = cursor.rowcount + moved
    cursor.execute(
        SQL(_INSERT).format(**_insertion(target), changes=changes(target.file))
    )
    return Written(new=cursor.rowcount - moved, changed=changed)


def make_ports(cursor: CursorWrapper, *, of: Composable, now: datetime) -> None:
    """Give each of these meters without a port one: wanted closed, and unknown as is.

    :param of: ALL_METERS, or NEW_METERS where the changes tell which they are.
    """
    cursor.execute(
        SQL(_NEW_PORTS).format(
            new_id=new_id(now),
            meters=of,
            desired=Literal(DesiredState.CLOSED.value),
            reported=Literal(ReportedState.UNKNOWN.value),
        )
    )


def _insertion(target: Target) -> dict[str, Composable]:
    columns = [*target.key, *target.values, *target.carried]
    return {
        "table": Identifier(target.table),
        "columns": SQL(", ").join(map(Identifier, columns)),
        "blank_columns": SQL("").join(
            SQL(", {}").format(Identifier(name)) for name in target.blank
        ),
        "blanks": SQL(", ''") * len(target.blank),
    }


def _listed(names: Sequence[str], *, of: str) -> Composable:
    return SQL(", ").join(Identifier(of, name) for name in names)


def new_id(now: datetime) -> Composable:
    """The id of a new row: a UUID of version 7 that rises with `s.line`."""
    milliseconds = Literal(int(now.timestamp() * 1000))
    return SQL(_NEW_ID).format(
        milliseconds=milliseconds, seed=Literal(secrets.token_hex())
    )
