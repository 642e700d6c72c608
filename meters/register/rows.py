"""Takes rows of the register one batch at a time: the same checks as of whole files.

A row is the whole of what it is about, as in a file: a field that is absent is empty.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from io import BytesIO

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL

from hanportal.audit.log import Actor
from meters.register.files import (
    CUSTOMERS,
    FILES,
    HOLDINGS,
    INSTALLATIONS,
    METERING_POINTS,
    METERS,
    RegisterFile,
    RowRefused,
)
from meters.register.items import (
    ItemOutcome,
    ItemRefused,
    ItemResult,
    boolean_in,
    new_sender_id_in,
    object_in,
    refused_value,
    require_known_fields,
    text_in,
)
from meters.register.locking import lock_for_batch
from meters.register.people import land_deaths
from meters.register.reading import copy_line
from meters.register.recording import record_rows
from meters.register.report import Reason
from meters.register.staging import changes, stage, staged, unstage
from meters.register.steps import STEPS, merge_file
from meters.register.values import NULL, Refused

BOOLEANS = frozenset({"active", "protected_address"})

_REFERS_TO: Mapping[str, Sequence[RegisterFile]] = {
    INSTALLATIONS.name: (METERING_POINTS, METERS),
    HOLDINGS.name: (METERING_POINTS, CUSTOMERS),
}
_BY_NAME = {file.name: file for file in FILES}

_OUTCOMES = """
SELECT s.line, s.problem, s.problem_column, s.detail, c.line IS NOT NULL
FROM {staged} AS s LEFT JOIN {changes} AS c ON c.line = s.line ORDER BY s.line
"""


@transaction.atomic
def take_rows(
    *, resource: str, items: Sequence[object], sender: str, by: Actor, now: datetime
) -> list[ItemResult]:
    """Bring the register up to what these rows say; a result for each, in order.

    A bad row harms no other. The same rows again change nothing.

    :param resource: the name of one of the five files, without `.csv`.
    :param sender: the code of the system that sent them.
    :raises RegisterBusy: an import holds the register.
    """
    file = _BY_NAME[resource]
    results: dict[int, ItemResult] = {}
    ids: dict[int, str] = {}
    seen: dict[str, int] = {}
    rows: dict[int, list[str]] = {}
    for number, item in enumerate(items, start=1):
        try:
            raw = object_in(item)
            ids[number] = new_sender_id_in(raw, seen, number)
            require_known_fields(raw, ["id", *fields_of(file)])
            rows[number] = row_of(file, raw)
        except ItemRefused as refused:
            results[number] = refused.result(ids.get(number, ""))
    with connection.cursor() as cursor:
        lock_for_batch(cursor)
        results |= merge_rows(cursor, file, rows, ids=ids, by=by, now=now)
    in_order = [results[number] for number in sorted(results)]
    record_rows(resource, in_order, sender=sender, by=by, at=now)
    return in_order


def merge_rows(
    cursor: CursorWrapper,
    file: RegisterFile,
    rows: Mapping[int, list[str]],
    *,
    ids: Mapping[int, str],
    by: Actor,
    now: datetime,
) -> dict[int, ItemResult]:
    """Check and merge rows that were read; the results by their numbers."""
    if not rows:
        return {}
    for referred in _REFERS_TO.get(file.name, ()):
        stage(cursor, referred, BytesIO())
    nothing = [NULL, NULL, NULL, NULL]
    lines = (copy_line([str(n), *nothing, *row]) for n, row in rows.items())
    stage(cursor, file, BytesIO("".join(lines).encode()))
    target, check = next(step for step in STEPS if step[0].file is file)
    check(cursor, file)
    written = merge_file(cursor, target, now=now)
    died = land_deaths(cursor, by=by, at=now) if file is CUSTOMERS else ()
    results = _outcomes(cursor, file, ids, beside={*written.beneath, *died})
    for used in (file, *_REFERS_TO.get(file.name, ())):
        unstage(cursor, staged(used), changes(used))
    return results


def row_of(file: RegisterFile, raw: Mapping[str, object]) -> list[str]:
    """The values to stage of an object, read as the file's columns are.

    :raises ItemRefused: a value that cannot stand; says which.
    """
    parsed = []
    for column in file.columns:
        in_text = boolean_in if column.name in BOOLEANS else text_in
        value = in_text(raw, column.name)
        try:
            parsed.append(column.parse(value))
        except Refused as refused:
            raise refused_value(refused, column.name, value) from None
    try:
        return file.across(parsed) if file.across else parsed
    except RowRefused as refused:
        value = text_in(raw, refused.column)
        raise refused_value(refused, refused.column, value) from None


def fields_of(file: RegisterFile) -> list[str]:
    """The names of a row's fields."""
    return [column.name for column in file.columns]


def _outcomes(
    cursor: CursorWrapper,
    file: RegisterFile,
    ids: Mapping[int, str],
    *,
    beside: Collection[int],
) -> dict[int, ItemResult]:
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"changes_{file.name}"])
    (was_compared,) = cursor.fetchone()
    # Into an empty table everything went that had no problem.
    compared = changes(file) if was_compared else staged(file)
    cursor.execute(SQL(_OUTCOMES).format(staged=staged(file), changes=compared))
    return {
        line: ItemResult(
            sender_id=ids[line],
            outcome=_outcome(problem, is_change=is_change or line in beside),
            reason=Reason(problem) if problem else None,
            field=column or "",
            detail=detail or "",
        )
        for line, problem, column, detail, is_change in cursor.fetchall()
    }


def _outcome(problem: str | None, *, is_change: bool) -> ItemOutcome:
    if problem:
        return ItemOutcome.REFUSED
    return ItemOutcome.APPLIED if is_change else ItemOutcome.UNCHANGED
