"""Checks over whole files, in SQL: references, duplicates, numbers, overlaps.

Each marks rows of a staging table with their first problem. What is marked takes no
part in later checks.
"""

from collections.abc import Sequence

from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL, Composable, Identifier

from meters.register.files import CUSTOMERS, METERING_POINTS, METERS, RegisterFile
from meters.register.report import Reason
from meters.register.staging import changes, staged


def refuse(
    cursor: CursorWrapper,
    file: RegisterFile,
    *,
    reason: Reason,
    column: str,
    rows: Composable,
) -> None:
    """Mark the rows that a query of line and detail gives."""
    cursor.execute(
        SQL(
            "UPDATE {} AS s SET problem = %s, problem_column = %s, detail = bad.detail"
            " FROM ({}) AS bad (line, detail)"
            " WHERE s.line = bad.line AND s.problem IS NULL"
        ).format(staged(file), rows),
        [reason.value, column],
    )


def refuse_duplicates(cursor: CursorWrapper, file: RegisterFile) -> None:
    """The first row of a key stands, later ones are refused."""
    repeated = _repeated(file, file.key_columns)
    column = file.key_columns[0]
    refuse(cursor, file, reason=Reason.DUPLICATE, column=column, rows=repeated)


def refuse_unknown_head_ends(cursor: CursorWrapper) -> None:
    """A meter's head-end is registered by us, not delivered."""
    unknown = SQL(
        "SELECT line, NULL FROM {} AS m WHERE NOT EXISTS"
        " (SELECT FROM meters_headend AS h WHERE h.code = m.head_end)"
    ).format(staged(METERS))
    reason = Reason.UNKNOWN_HEAD_END
    refuse(cursor, METERS, reason=reason, column="head_end", rows=unknown)


def refuse_ambiguous_serials(cursor: CursorWrapper) -> None:
    """To its head-end a meter is its serial, whoever made it."""
    repeated = _repeated(METERS, ["head_end", "serial"])
    refuse(cursor, METERS, reason=Reason.SERIAL_TWICE, column="serial", rows=repeated)
    taken = SQL(
        "SELECT m.line, NULL FROM {} AS m"
        " JOIN meters_headend AS h ON h.code = m.head_end"
        " JOIN meters_meter AS t ON t.head_end_id = h.id AND t.serial = m.serial"
        " WHERE t.manufacturer <> m.manufacturer"
    ).format(staged(METERS))
    refuse(cursor, METERS, reason=Reason.SERIAL_TAKEN, column="serial", rows=taken)


def refuse_shared_numbers(cursor: CursorWrapper) -> None:
    """A national id or organisation number is one customer's."""
    for stored, column in (
        ("national_id_hash", "national_id"),
        ("organisation_number", "organisation_number"),
    ):
        repeated = _repeated(CUSTOMERS, [stored])
        reason = Reason.NUMBER_TWICE
        refuse(cursor, CUSTOMERS, reason=reason, column=column, rows=repeated)
        taken = SQL(
            "SELECT c.line, NULL FROM {} AS c"
            " JOIN accounts_customer AS t ON t.{} = c.{}"
            " WHERE t.customer_number <> c.customer_number"
        ).format(staged(CUSTOMERS), Identifier(stored), Identifier(stored))
        reason = Reason.NUMBER_TAKEN
        refuse(cursor, CUSTOMERS, reason=reason, column=column, rows=taken)


def refuse_unknown_references(
    cursor: CursorWrapper, file: RegisterFile, *, to: RegisterFile
) -> None:
    """What a row refers to is in the register by now, or the row can't land.

    A reference to a refused row passes where the register knows it from before.
    """
    column = to.key_columns[-1]
    missing = SQL("NOT EXISTS (SELECT FROM {} AS t WHERE {})").format(
        _REGISTERED[to.name], _same(to.key_columns, "t", "s")
    )
    refused = SQL(
        "SELECT s.line, min(r.line)::text FROM {} AS s"
        " JOIN {} AS r ON r.problem IS NOT NULL AND {} WHERE {} GROUP BY s.line"
    ).format(staged(file), staged(to), _same(to.key_columns, "r", "s"), missing)
    refuse(cursor, file, reason=Reason.REFUSED_REFERENCE, column=column, rows=refused)
    unknown = SQL(
        "SELECT s.line, NULL FROM {} AS s WHERE s.problem IS NULL AND {}"
    ).format(staged(file), missing)
    refuse(cursor, file, reason=Reason.UNKNOWN_REFERENCE, column=column, rows=unknown)


def refuse_overlaps(
    cursor: CursorWrapper,
    file: RegisterFile,
    *,
    table: str,
    places: Sequence[tuple[str, str]],
) -> None:
    """Take out of the changes what would make two periods of one place overlap.

    All changes of such a place go: landing some of them could leave the register in a
    state that nobody described. Taking them out brings registered periods back, which
    may collide at the next place, so it is done until nothing more is found. Places
    are pairs of the table's column and the file's.
    """
    found = True
    while found:
        found = False
        for place, column in places:
            found |= _refuse_overlaps_once(cursor, file, table, place, column)


_REGISTERED = {
    METERING_POINTS.name: Identifier("meters_meteringpoint"),
    METERS.name: Identifier("meters_meter"),
    CUSTOMERS.name: Identifier("accounts_customer"),
}

# Sorted by their starts, periods overlap somewhere if and only if two neighbours do.
_OVERLAPS = """
CREATE TEMPORARY TABLE overlapping ON COMMIT DROP AS
WITH picture AS (
    SELECT line, {place} AS place, starts_on, ends_on FROM {changes}
    UNION ALL
    SELECT NULL, t.{place}, t.starts_on, t.ends_on FROM {table} AS t
    WHERE t.{place} IN (SELECT {place} FROM {changes})
    AND NOT EXISTS (SELECT FROM {changes} AS c WHERE c.id = t.id)
), neighbours AS (
    SELECT *, lead(line) OVER later AS next_line,
        lead(starts_on) OVER later AS next_starts_on
    FROM picture WINDOW later AS (PARTITION BY place ORDER BY starts_on, line)
), clash AS (
    SELECT * FROM neighbours WHERE next_starts_on < coalesce(ends_on, 'infinity')
)
SELECT c.line, min(CASE c.line
    WHEN clash.line THEN clash.next_starts_on
    WHEN clash.next_line THEN clash.starts_on END)::text AS detail
FROM {changes} AS c JOIN clash ON clash.place = c.{place}
GROUP BY c.line
"""


def _refuse_overlaps_once(
    cursor: CursorWrapper, file: RegisterFile, table: str, place: str, column: str
) -> bool:
    overlaps = SQL(_OVERLAPS).format(
        place=Identifier(place), changes=changes(file), table=Identifier(table)
    )
    cursor.execute(overlaps)
    found: bool = cursor.rowcount > 0
    if found:
        for reason, condition in (
            (Reason.OVERLAP, SQL("IS NOT NULL")),
            (Reason.OVERLAP_BESIDE, SQL("IS NULL")),
        ):
            rows = SQL("SELECT line, detail FROM overlapping WHERE detail {}").format(
                condition
            )
            refuse(cursor, file, reason=reason, column=column, rows=rows)
        cursor.execute(
            SQL("DELETE FROM {} WHERE line IN (SELECT line FROM overlapping)").format(
                changes(file)
            )
        )
    cursor.execute("DROP TABLE overlapping")
    return found


def _repeated(file: RegisterFile, columns: Sequence[str]) -> Composable:
    """Line of each row but the first with the same values, and the first's line."""
    names = SQL(", ").join(map(Identifier, columns))
    return SQL(
        "SELECT s.line, first.line::text FROM {table} AS s JOIN ("
        "SELECT {names}, min(line) AS line FROM {table} WHERE problem IS NULL"
        " GROUP BY {names} HAVING count(*) > 1"
        ") AS first ON {same} WHERE s.line > first.line"
    ).format(table=staged(file), names=names, same=_same(columns, "first", "s"))


def _same(columns: Sequence[str], left: str, right: str) -> Composable:
    return SQL(" AND ").join(
        SQL("{} = {}").format(Identifier(left, name), Identifier(right, name))
        for name in columns
    )
