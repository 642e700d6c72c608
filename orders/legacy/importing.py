"""One delivery of what was there before, in one transaction: read, checked, landed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from uuid6 import uuid7

from hanportal.audit import log
from meters.models import HanPort
from meters.register import FileCounts, ImportReport, Progress, Rejection, Stage
from meters.register.ahead import reading_ahead
from meters.register.importing import (
    lock_register,
    prepare_session,
    refuse_too_many,
)
from meters.register.progress import drop, nobody, watch_reading
from meters.register.reading import require_files
from meters.register.rejections import (
    count_rows,
    first_rejections,
    write_rejections,
)
from meters.register.report import KEPT_REJECTIONS
from meters.register.staging import stage
from orders.deadlines import oslo_date
from orders.legacy import checks, landing
from orders.legacy.files import CONSENTS, FILES, PORTS


@dataclass(frozen=True, kw_only=True)
class LegacyReport:
    """What an import of the past did."""

    report: ImportReport
    wanted_open: int
    """Ports that are open with a consent, and from now on shall be."""
    exposed: int
    """Ports that are known open and that no consent stands behind, in all."""

    @property
    def changed_something(self) -> bool:
        """False when the portal already knew all this."""
        return self.report.changed_something or self.wanted_open > 0


def import_legacy(
    folder: Path,
    *,
    now: datetime,
    progress: Progress | None = None,
    rejections: TextIO | None = None,
    max_rejections: int | None = None,
) -> LegacyReport:
    """Bring in the consents and the states of ports from before the portal.

    Rows that can't stand are reported and the others land. Nothing is sent. All of it
    is one transaction: killed at any moment, it leaves nothing; twice changes nothing.

    :param rejections: gets every refused row as CSV, also when there are too many.
    :raises RegisterUnusable: a file is missing, unreadable or not such a file.
    :raises ImportRunning: another import holds the register.
    :raises TooManyRejected: more than `max_rejections` rows were refused.
    """
    require_files(folder, FILES)
    with transaction.atomic(), connection.cursor() as cursor:
        lock_register(cursor)
        prepare_session(cursor)
        _stage(cursor, folder, progress or nobody)
        landing.lock_ports(cursor, now=now)
        written = _land(cursor, progress or nobody, now=now)
        report = _report(cursor, written)
        if rejections is not None:
            write_rejections(cursor, rejections, files=FILES)
        refuse_too_many(report, most=max_rejections)
        told = LegacyReport(
            report=report,
            wanted_open=landing.want_open_what_is_consented_to(now=now),
            exposed=HanPort.objects.open_unwanted(on=oslo_date(now)).count(),
        )
        _record(told, at=now)
        cursor.execute("DROP TABLE staged_consents, staged_ports, known_consents")
    return told


def _stage(cursor: CursorWrapper, folder: Path, tell: Progress) -> None:
    watches = {file.name: watch_reading(file, folder, tell, drop) for file in FILES}
    with reading_ahead(folder, FILES, watches) as parsed:
        for file in FILES:
            with parsed[file.name].result() as rows:
                stage(cursor, file, rows)


def _land(cursor: CursorWrapper, tell: Progress, *, now: datetime) -> Mapping[str, int]:
    written = {}
    for file, check, land in (
        (CONSENTS, checks.check_consents, landing.land_consents),
        (PORTS, checks.check_ports, landing.land_ports),
    ):
        tell(Stage.MERGE, file.file_name, 0, 1)
        check(cursor, now=now)
        written[file.name] = land(cursor, now=now)
        tell(Stage.MERGE, file.file_name, 1, 1)
    return written


def _report(cursor: CursorWrapper, written: Mapping[str, int]) -> ImportReport:
    """A consent is new or known; a port is known, and its state may be news."""
    consents, ports = written[CONSENTS.name], written[PORTS.name]
    counts: dict[str, FileCounts] = {
        CONSENTS.file_name: count_rows(cursor, CONSENTS, new=consents, changed=0),
        PORTS.file_name: count_rows(cursor, PORTS, new=0, changed=ports),
    }
    refused: list[Rejection] = []
    for file in FILES:
        refused += first_rejections(cursor, file, most=KEPT_REJECTIONS)
    return ImportReport(
        id=uuid7(), counts=counts, rejections=tuple(refused), warnings=()
    )


def _record(told: LegacyReport, *, at: datetime) -> None:
    if not told.changed_something:
        return
    facts: dict[str, log.Json] = {
        name.removesuffix(".csv"): {
            "new": each.new,
            "changed": each.changed,
            "unchanged": each.unchanged,
            "rejected": each.rejected,
        }
        for name, each in told.report.counts.items()
    }
    facts |= {"wanted_open": told.wanted_open, "exposed": told.exposed}
    import_id: UUID = told.report.id
    log.record(
        chain=landing.CHAIN,
        what="legacy.imported",
        who=landing.IMPORTER,
        on=log.Subject("legacy_import", import_id),
        at=at,
        facts=facts,
    )
