"""Reads refused rows back from the staging tables: the first few, or all into a file.

No more than a thousand are in memory at a time, however many were refused.
"""

import csv
from collections.abc import Iterator, Sequence
from typing import TextIO

from django.db.backends.utils import CursorWrapper
from psycopg2.sql import NULL, SQL, Composable, Identifier

from meters.identifiers import NORWEGIAN_PREFIX
from meters.register.files import METERING_POINTS, RegisterFile
from meters.register.report import FileCounts, Reason, Rejection
from meters.register.staging import staged

ROWS_AT_A_TIME = 1000

HEADER = ("file", "line", "column", "reason", "explanation", "shape", "gsrn")

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def first_rejections(
    cursor: CursorWrapper, file: RegisterFile, *, most: int
) -> list[Rejection]:
    """The file's first refused rows, by line."""
    cursor.execute(
        SQL("{} LIMIT %s").format(_rejected(file, gsrn=NULL)),
        [most],
    )
    return [_rejection(file, row) for row in cursor.fetchall()]


def count_rows(
    cursor: CursorWrapper, file: RegisterFile, *, new: int, changed: int
) -> FileCounts:
    """What became of a staged file's rows, given what was written."""
    cursor.execute(SQL("SELECT count(*), count(problem) FROM {}").format(staged(file)))
    rows, rejected = cursor.fetchone()
    return FileCounts(
        new=new,
        changed=changed,
        unchanged=rows - rejected - new - changed,
        rejected=rejected,
    )


def unusual_prefixes(
    cursor: CursorWrapper, *, most: int
) -> tuple[tuple[Rejection, ...], int]:
    """Warnings about points that landed, the first of them; and how many there are."""
    cursor.execute(
        SQL(
            "SELECT line, count(*) OVER () FROM {}"
            " WHERE problem IS NULL AND NOT starts_with(gsrn, %s)"
            " ORDER BY line LIMIT %s"
        ).format(staged(METERING_POINTS)),
        [NORWEGIAN_PREFIX, most],
    )
    rows = cursor.fetchall()
    warnings = tuple(
        Rejection(
            file=METERING_POINTS.file_name,
            line=line,
            column="gsrn",
            reason=Reason.UNUSUAL_PREFIX,
        )
        for line, _total in rows
    )
    return warnings, rows[0][1] if rows else 0


def write_rejections(
    cursor: CursorWrapper, stream: TextIO, *, files: Sequence[RegisterFile]
) -> None:
    """Write every refused row as CSV: where it is and why, with none of its values.

    But for the GSRN, which is nobody's name and whose check digit was seen to hold.
    """
    writer = csv.writer(stream, delimiter=";", lineterminator="\n")
    writer.writerow(HEADER)
    for file in files:
        has_gsrn = "gsrn" in file.key_columns
        gsrn = Identifier("gsrn") if has_gsrn else NULL
        for row in _streamed(cursor, _rejected(file, gsrn=gsrn)):
            each = _rejection(file, row)
            cells = (each.column, each.reason.value, each.text, each.shape)
            where = (each.file, each.line)
            writer.writerow([*where, *map(_guarded, cells), row[-1]])


def _rejected(file: RegisterFile, *, gsrn: Composable) -> Composable:
    return SQL(
        "SELECT line, problem_column, problem, detail, shape, {} FROM {}"
        " WHERE problem IS NOT NULL ORDER BY line"
    ).format(gsrn, staged(file))


def _rejection(file: RegisterFile, row: tuple[object, ...]) -> Rejection:
    line, column, problem, detail, shape, _gsrn = row
    return Rejection(
        file=file.file_name,
        line=int(str(line)),
        column=str(column),
        reason=Reason(str(problem)),
        detail=str(detail or ""),
        shape=str(shape or ""),
    )


def _streamed(cursor: CursorWrapper, query: Composable) -> Iterator[tuple[object, ...]]:
    cursor.execute(SQL("DECLARE refused_rows NO SCROLL CURSOR FOR {}").format(query))
    fetch = SQL("FETCH {} FROM refused_rows").format(SQL(str(ROWS_AT_A_TIME)))
    cursor.execute(fetch)
    while rows := cursor.fetchall():
        yield from rows
        cursor.execute(fetch)
    cursor.execute("CLOSE refused_rows")


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
