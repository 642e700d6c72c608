"""One delivery, in one transaction: read, checked, merged, told."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _
from uuid6 import uuid7

from meters.models import RegisterDelivery
from meters.register import merge
from meters.register.ahead import reading_ahead
from meters.register.endings import (
    end_missing,
    find_endings,
    forget_endings,
    list_endings,
)
from meters.register.files import (
    CUSTOMERS,
    EVERY_FILE,
    METERING_POINTS,
    REPRESENTATIONS,
    RegisterFile,
)
from meters.register.locking import lock_writers
from meters.register.manifest import (
    OSLO,
    Manifest,
    oslo_today,
    read_manifest,
    require_delivered,
    require_rows,
)
from meters.register.people import (
    changed_in_nothing_else,
    land_deaths,
    merge_representations,
)
from meters.register.progress import Progress, Stage, drop, nobody, watch_reading
from meters.register.reading import (
    RegisterUnusable,
    Watch,
    files_in,
    require_files,
)
from meters.register.recording import REGISTER, record_import, record_landing
from meters.register.rejections import (
    count_rows,
    first_rejections,
    unusual_prefixes,
    write_rejections,
)
from meters.register.report import (
    KEPT_REJECTIONS,
    Endings,
    FileCounts,
    ImportReport,
    Rehearsal,
    Rejection,
)
from meters.register.staging import changes, stage, staged, unstage
from meters.register.steps import STEPS, merge_file

IMPORT_LOCK = (2_048_271, 1)
"""Held by the one import that runs. Two numbers: a key space apart from the log's."""

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


def import_register(
    folder: Path,
    *,
    now: datetime,
    progress: Progress | None = None,
    rejections: TextIO | None = None,
    max_rejections: int | None = None,
) -> ImportReport:
    """Bring the register up to what the files in a folder say.

    Rows that can't stand are reported and the others land. What no row mentions stays
    as it is, unless the delivery says that it is complete: then it ends, or is held
    for two people. All of it is one transaction: killed at any moment, it leaves
    nothing.

    :param rejections: gets every refused row as CSV, also when there are too many.
    :raises RegisterUnusable: a file is missing, unreadable, not such a file, or cut
        short; or a newer complete delivery came before.
    :raises ImportRunning: another import holds the register.
    :raises TooManyRejected: more than `max_rejections` rows were refused.
    """
    tell = progress or nobody
    require_files(folder)
    manifest, files = read_manifest(folder, now=now), files_in(folder)
    with transaction.atomic(), connection.cursor() as cursor:
        lock_register(cursor)
        _refuse_outdated(manifest)
        written, digest = _land(cursor, folder, files, manifest, tell, now=now)
        endings = _endings(cursor, manifest, now=now)
        held = endings is not None and endings.too_many
        if endings and manifest.ends_on and not held:
            end_missing(cursor, on=manifest.ends_on, today=oslo_today(now))
        report = _report(cursor, files, written, endings=endings, held=held)
        if rejections is not None:
            write_rejections(cursor, rejections, files=files)
        refuse_too_many(report, most=max_rejections)
        _unstage_all(cursor)
        record_import(report, manifest, folder=folder, digest=digest, at=now)
    return report


def rehearse_import(
    folder: Path,
    *,
    now: datetime,
    look: Callable[[], None],
    progress: Progress | None = None,
    rejections: TextIO | None = None,
) -> Rehearsal:
    """Do all that an import would do, also what the brake would hold, and undo it.

    :param look: is called once, while everything is as it would be.
    :raises RegisterUnusable, ImportRunning: as `import_register`.
    """
    tell = progress or nobody
    require_files(folder)
    manifest, files = read_manifest(folder, now=now), files_in(folder)
    with transaction.atomic(), connection.cursor() as cursor:
        lock_register(cursor)
        _refuse_outdated(manifest)
        written, _digest = _land(cursor, folder, files, manifest, tell, now=now)
        endings = _endings(cursor, manifest, now=now)
        missing = list_endings(cursor, most=KEPT_REJECTIONS) if endings else []
        if manifest.ends_on:
            end_missing(cursor, on=manifest.ends_on, today=oslo_today(now))
        held = endings is not None and endings.too_many
        report = _report(cursor, files, written, endings=endings, held=held)
        if rejections is not None:
            write_rejections(cursor, rejections, files=files)
        look()
        transaction.set_rollback(True)
    return Rehearsal(report=report, missing=tuple(missing))


def import_released(
    held: RegisterDelivery, *, now: datetime, progress: Progress | None = None
) -> ImportReport:
    """Import a held delivery again, and end what it lacks however much that is.

    The caller holds the register and has seen that two people let it happen.

    :raises RegisterUnusable: the files are not those that were held.
    """
    tell, folder = progress or nobody, Path(held.folder)
    require_files(folder)
    manifest, files = read_manifest(folder, now=now), files_in(folder)
    with transaction.atomic(), connection.cursor() as cursor:
        written, digest = _land(cursor, folder, files, manifest, tell, now=now)
        if digest != held.digest:
            raise RegisterUnusable(
                _(
                    "Filene i %(folder)s er ikke de som ble holdt tilbake. Ingenting "
                    "er endret. Lever dem på nytt med import_register."
                )
                % {"folder": folder}
            )
        endings = _endings(cursor, manifest, now=now)
        if manifest.ends_on:
            end_missing(cursor, on=manifest.ends_on, today=oslo_today(now))
        report = _report(cursor, files, written, endings=endings)
        _unstage_all(cursor)
        record_landing(report, at=now)
    return report


def lock_register(cursor: CursorWrapper) -> None:
    """Hold the register until the transaction ends. Waits for a batch, never an import.

    :raises ImportRunning: another import does.
    """
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", IMPORT_LOCK)
    (alone,) = cursor.fetchone()
    if not alone:
        raise ImportRunning(
            _(
                "En annen import holder på med registeret. "
                "Vent til den er ferdig, og prøv igjen."
            )
        )
    lock_writers(cursor)


def prepare_session(cursor: CursorWrapper) -> None:
    """Give the transaction the settings of an import."""
    for setting in SESSION.items():
        cursor.execute("SELECT set_config(%s, %s, true)", setting)


def _refuse_outdated(manifest: Manifest) -> None:
    newest = RegisterDelivery.objects.newest_complete_at()
    if manifest.ends_on and newest and manifest.created_at:
        if manifest.created_at >= newest:
            return
        raise RegisterUnusable(
            _(
                "En nyere fullstendig leveranse er alt importert, fra %(newest)s. "
                "Ingenting er endret. Lever den nyeste."
            )
            % {"newest": newest.astimezone(OSLO).isoformat(timespec="seconds")}
        )


def _land(
    cursor: CursorWrapper,
    folder: Path,
    files: Sequence[RegisterFile],
    manifest: Manifest,
    tell: Progress,
    *,
    now: datetime,
) -> tuple[dict[str, merge.Written], str]:
    """Stage, check and merge file by file; gives a complete delivery's digest too."""
    # Foreign keys are checked with each statement instead of queued for the end.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    prepare_session(cursor)
    digest = sha256(manifest.content)
    # Reading deliveries of changes need not cost it: nobody asks for theirs.
    keep: Watch = digest.update if manifest.ends_on else drop
    watches = {file.name: watch_reading(file, folder, tell, keep) for file in files}
    require_delivered(files, manifest)
    written = {}
    with reading_ahead(folder, files, watches) as parsed:

        def stage_parsed(file: RegisterFile) -> None:
            with parsed[file.name].result() as rows:
                stage(cursor, file, rows)
            require_rows(cursor, file, manifest)

        for target, check in STEPS:
            file = target.file
            stage_parsed(file)
            tell(Stage.MERGE, file.file_name, 0, 1)
            check(cursor, file)
            written[file.name] = merge_file(cursor, target, now=now)
            tell(Stage.MERGE, file.file_name, 1, 1)
        customers = written[CUSTOMERS.name]
        died = changed_in_nothing_else(cursor, land_deaths(cursor, by=REGISTER, at=now))
        written[CUSTOMERS.name] = customers._replace(changed=customers.changed + died)
        if REPRESENTATIONS in files:
            stage_parsed(REPRESENTATIONS)
            tell(Stage.MERGE, REPRESENTATIONS.file_name, 0, 1)
            written[REPRESENTATIONS.name] = merge_representations(cursor, now=now)
            tell(Stage.MERGE, REPRESENTATIONS.file_name, 1, 1)
    return written, digest.hexdigest() if manifest.ends_on else ""


def _endings(
    cursor: CursorWrapper, manifest: Manifest, *, now: datetime
) -> Endings | None:
    on = manifest.ends_on
    return find_endings(cursor, on=on, now=now) if on else None


def _unstage_all(cursor: CursorWrapper) -> None:
    unstage(
        cursor, *(table(file) for file in EVERY_FILE for table in (staged, changes))
    )
    forget_endings(cursor)


def refuse_too_many(report: ImportReport, *, most: int | None) -> None:
    """Hold an import to what the operator puts up with.

    :raises TooManyRejected: more rows were refused.
    """
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


def _report(
    cursor: CursorWrapper,
    files: Sequence[RegisterFile],
    written: dict[str, merge.Written],
    *,
    endings: Endings | None,
    held: bool = False,
) -> ImportReport:
    warnings, warned = unusual_prefixes(cursor, most=KEPT_REJECTIONS)
    counts: dict[str, FileCounts] = {}
    rejections: list[Rejection] = []
    for file in files:
        new, changed, _beneath = written[file.name]
        counted = count_rows(cursor, file, new=new, changed=changed)
        counts[file.file_name] = replace(
            counted, warnings=warned if file is METERING_POINTS else 0
        )
        rejections += first_rejections(cursor, file, most=KEPT_REJECTIONS)
    return ImportReport(
        id=uuid7(),
        counts=counts,
        rejections=tuple(rejections),
        warnings=warnings,
        endings=endings,
        held=held,
    )
