"""One delivery, in one transaction: read, checked, merged, told."""

import math
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TextIO

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _
from psycopg2.sql import SQL
from uuid6 import uuid7

from hanportal.audit.log import Actor, ActorKind, Subject, record
from meters.register import checks, merge
from meters.register.files import (
    CUSTOMERS,
    FILES,
    METERING_POINTS,
    METERS,
    RegisterFile,
)
from meters.register.reading import (
    RegisterUnusable,
    Watch,
    require_headers,
    staged_rows,
)
from meters.register.rejections import (
    first_rejections,
    unusual_prefixes,
    write_rejections,
)
from meters.register.report import (
    KEPT_REJECTIONS,
    FileCounts,
    ImportReport,
    Rejection,
)
from meters.register.staging import changes, stage, staged, unstage

CHAIN = "register"
"""The audit chain of imports."""

IMPORT_LOCK = (2_048_271, 1)
"""Held by the one import that runs. Two numbers: a key space apart from the log's."""

PROGRESS_BYTES = 256 * 1024

SESSION = {
    # For each sort and hash join of an import.
    "work_mem": "64MB",
    # Compiling costs more than it saves where each statement runs once.
    "jit": "off",
    # A killed import must not keep the register locked until its statement ends.
    "client_connection_check_interval": "1s",
}
"""Settings of the server for the transaction of an import."""


class ImportRunning(Exception):  # noqa: N818 -- the outcome's name
    """Another import holds the register. Try again when it has ended."""


class TooManyRejected(Exception):  # noqa: N818 -- the outcome's name
    """More rows were refused than the operator puts up with. Nothing was changed."""


class Stage(StrEnum):
    """What is being done with a file."""

    READ = "read"
    MERGE = "merge"


class Progress(Protocol):
    """Is told how far an import has come."""

    def __call__(self, stage: Stage, file_name: str, done: int, total: int) -> None:
        """`done` of `total`: bytes while reading, 0 or 1 of 1 while merging."""


def import_register(
    folder: Path,
    *,
    now: datetime,
    progress: Progress | None = None,
    rejections: TextIO | None = None,
    max_rejections: int | None = None,
) -> ImportReport:
    """Bring the register up to what five files in a folder say.

    Rows that can't stand are reported and the others land. What no row mentions stays
    as it is. All of it is one transaction: killed at any moment, it leaves nothing.

    :param rejections: gets every refused row as CSV, also when there are too many.
    :raises RegisterUnusable: a file is missing, unreadable, or not such a file.
    :raises ImportRunning: another import holds the register.
    :raises TooManyRejected: more than `max_rejections` rows were refused.
    """
    tell = progress or _nobody
    require_files(folder)
    with transaction.atomic(), connection.cursor() as cursor:
        _lock_register(cursor)
        # Foreign keys are checked with each statement instead of queued for the end.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for setting in SESSION.items():
            cursor.execute("SELECT set_config(%s, %s, true)", setting)
        for file in FILES:
            watch = _watch_reading(file, folder, tell)
            stage(cursor, file, staged_rows(file, folder, watch=watch))
        written = {}
        for target, check in _STEPS:
            tell(Stage.MERGE, target.file.file_name, 0, 1)
            check(cursor, target.file)
            written[target.file.name] = _merge(cursor, target, now=now)
            tell(Stage.MERGE, target.file.file_name, 1, 1)
        report = _report(cursor, written)
        if rejections is not None:
            write_rejections(cursor, rejections)
        _refuse_too_many(report, most=max_rejections)
        unstage(cursor, *(table(file) for file in FILES for table in (staged, changes)))
        if report.changed_something:
            _record(report, at=now)
    return report


def require_files(folder: Path) -> None:
    """Refuse a folder that lacks files, or whose files have other headers.

    :raises RegisterUnusable: says which, and what they should be.
    """
    missing = [f.file_name for f in FILES if not (folder / f.file_name).is_file()]
    if missing:
        raise RegisterUnusable(
            _(
                "%(folder)s mangler %(files)s. Lever alle fem filene sammen; "
                "en fil uten rader har bare overskriften."
            )
            % {"folder": folder, "files": ", ".join(missing)}
        )
    for file in FILES:
        require_headers(file, folder)


def _lock_register(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", IMPORT_LOCK)
    (alone,) = cursor.fetchone()
    if not alone:
        raise ImportRunning(
            _(
                "En annen import holder på med registeret. "
                "Vent til den er ferdig, og prøv igjen."
            )
        )


def _check_points(cursor: CursorWrapper, file: RegisterFile) -> None:
    checks.refuse_duplicates(cursor, file)


def _check_meters(cursor: CursorWrapper, file: RegisterFile) -> None:
    checks.refuse_unknown_head_ends(cursor)
    checks.refuse_duplicates(cursor, file)
    checks.refuse_ambiguous_serials(cursor)


def _check_customers(cursor: CursorWrapper, file: RegisterFile) -> None:
    checks.refuse_duplicates(cursor, file)
    checks.refuse_shared_numbers(cursor)


def _check_installations(cursor: CursorWrapper, file: RegisterFile) -> None:
    checks.refuse_unknown_references(cursor, file, to=METERING_POINTS)
    checks.refuse_unknown_references(cursor, file, to=METERS)
    checks.refuse_duplicates(cursor, file)


def _check_holdings(cursor: CursorWrapper, file: RegisterFile) -> None:
    checks.refuse_unknown_references(cursor, file, to=METERING_POINTS)
    checks.refuse_unknown_references(cursor, file, to=CUSTOMERS)
    checks.refuse_duplicates(cursor, file)


# In this order: installations and holdings refer to what the others brought.
_STEPS: tuple[
    tuple[merge.Target, Callable[[CursorWrapper, RegisterFile], None]], ...
] = (
    (merge.METERING_POINT_TARGET, _check_points),
    (merge.METER_TARGET, _check_meters),
    (merge.CUSTOMER_TARGET, _check_customers),
    (merge.INSTALLATION_TARGET, _check_installations),
    (merge.HOLDING_TARGET, _check_holdings),
)


def _merge(
    cursor: CursorWrapper, target: merge.Target, *, now: datetime
) -> merge.Written:
    if not target.places and merge.is_empty(cursor, target):
        written = merge.fill(cursor, target, now=now)
    else:
        merge.find_changes(cursor, target, now=now)
        if target.places:
            checks.refuse_overlaps(
                cursor, target.file, table=target.table, places=target.places
            )
        written = merge.write_changes(cursor, target)
    if target is merge.METER_TARGET and written.new:
        merge.make_ports(cursor, now=now)
    return written


def _refuse_too_many(report: ImportReport, *, most: int | None) -> None:
    if most is not None and report.rejected > most:
        raise TooManyRejected(
            _(
                "Avviste rader: %(rejected)d, flere enn %(most)d. Ingenting er "
                "endret. Den første: %(first)s"
            )
            % {
                "rejected": report.rejected,
                "most": most,
                "first": report.rejections[0],
            }
        )


def _report(cursor: CursorWrapper, written: dict[str, merge.Written]) -> ImportReport:
    warnings, warned = unusual_prefixes(cursor, most=KEPT_REJECTIONS)
    counts: dict[str, FileCounts] = {}
    rejections: list[Rejection] = []
    for file in FILES:
        cursor.execute(
            SQL("SELECT count(*), count(problem) FROM {}").format(staged(file))
        )
        rows, rejected = cursor.fetchone()
        new, changed = written[file.name]
        counts[file.file_name] = FileCounts(
            new=new,
            changed=changed,
            unchanged=rows - rejected - new - changed,
            rejected=rejected,
            warnings=warned if file is METERING_POINTS else 0,
        )
        rejections += first_rejections(cursor, file, most=KEPT_REJECTIONS)
    return ImportReport(
        id=uuid7(), counts=counts, rejections=tuple(rejections), warnings=warnings
    )


def _record(report: ImportReport, *, at: datetime) -> None:
    record(
        chain=CHAIN,
        what="register.imported",
        who=Actor(ActorKind.REGISTER, CHAIN),
        on=Subject("register_import", report.id),
        at=at,
        facts={
            name.removesuffix(".csv"): {
                "new": each.new,
                "changed": each.changed,
                "unchanged": each.unchanged,
                "rejected": each.rejected,
            }
            for name, each in report.counts.items()
        },
    )


def _watch_reading(file: RegisterFile, folder: Path, tell: Progress) -> Watch:
    total = (folder / file.file_name).stat().st_size
    read, told = 0, -math.inf

    def watch(size: int) -> None:
        nonlocal read, told
        read += size
        if read - told >= PROGRESS_BYTES or read == total:
            told = read
            tell(Stage.READ, file.file_name, read, total)

    return watch


def _nobody(stage: Stage, file_name: str, done: int, total: int) -> None:
    """Listens in place of nobody."""
