"""The fitters' work list as CSV: out with what is to be done, back with what was.

The same file goes both ways; a fitter fills in three columns. Nothing here knows where
the commands come from.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from meters.headend.base import Fault, Report
from meters.headend.hostile_xml import printable
from meters.states import DesiredState, ReportedState, ReportSource

OSLO = ZoneInfo("Europe/Oslo")
LARGEST_FILE = 5 * 1024 * 1024
COLUMNS = (
    "oppdrag",
    "referanse",
    "målernummer",
    "produsent",
    "modell",
    "målepunkt",
    "adresse",
    "postnummer",
    "poststed",
    "ønsket",
)
FILLED_IN = ("resultat", "tidspunkt", "merknad")

_WISHES: Mapping[DesiredState, str] = {
    DesiredState.OPEN: "åpne",
    DesiredState.CLOSED: "steng",
}


class WorkResult(StrEnum):
    """What a fitter can say of a task."""

    OPEN = "open"
    CLOSED = "closed"
    NOT_DONE = "not_done"
    IMPOSSIBLE = "impossible"


_WORDS: Mapping[str, WorkResult] = {
    "åpen": WorkResult.OPEN,
    "stengt": WorkResult.CLOSED,
    "ikke utført": WorkResult.NOT_DONE,
    "umulig": WorkResult.IMPOSSIBLE,
}
_STATES: Mapping[WorkResult, ReportedState] = {
    WorkResult.OPEN: ReportedState.OPEN,
    WorkResult.CLOSED: ReportedState.CLOSED,
}
_FAULTS: Mapping[WorkResult, Fault] = {
    WorkResult.NOT_DONE: Fault.UNREACHABLE,
    WorkResult.IMPOSSIBLE: Fault.REJECTED,
}
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ResultsUnreadable(Exception):  # noqa: N818 -- said of the file
    """The file is not a work list that was filled in."""


@dataclass(frozen=True, kw_only=True)
class WorkItem:
    """One line of the list, in the order of COLUMNS."""

    command_id: str
    reference: str
    serial: str
    manufacturer: str
    model: str
    gsrn: str
    street_address: str
    postal_code: str
    city: str
    wish: str


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A line that was filled in so that nobody can rely on it."""

    line: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """What a file says: reports of what was done, and lines that say nothing safe."""

    reports: tuple[Report, ...]
    refused: tuple[Refused, ...]
    lines: tuple[int, ...] = ()
    """Where each report stands in the file; none where there is no file."""


def wish(desired: DesiredState) -> str:
    """The word for what is to be done."""
    return _WISHES[desired]


def written_list(items: Iterable[WorkItem]) -> str:
    """The list as CSV with semicolons, as spreadsheets here read it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS + FILLED_IN)
    for item in items:
        writer.writerow([*map(_guarded, astuple(item)), "", "", ""])
    return out.getvalue()


def read_results(data: bytes, *, received_at: datetime) -> HandedIn:
    """Read a list that was filled in. Lines without a result are left for later.

    A time without a zone is Oslo's. It may not be ahead of `received_at`.

    :raises ResultsUnreadable: too large, not UTF-8, or columns are missing.
    """
    if len(data) > LARGEST_FILE:
        raise ResultsUnreadable(_("Filen er større enn 5 MB."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ResultsUnreadable(_("Filen er ikke lagret som UTF-8.")) from error
    reader = csv.DictReader(io.StringIO(text), delimiter=";", strict=True)
    reports: list[Report] = []
    refused: list[Refused] = []
    lines: list[int] = []
    try:
        missing = {"oppdrag", "målernummer", *FILLED_IN} - set(reader.fieldnames or ())
        if missing:
            names = ", ".join(sorted(missing))
            raise ResultsUnreadable(_("Kolonner mangler: %s.") % names)
        for row in reader:
            if not _cell(row, "resultat"):
                continue
            try:
                reports.append(_report(row, received_at))
                lines.append(reader.line_num)
            except ValueError as error:
                refused.append(Refused(line=reader.line_num, reason=str(error)))
    except csv.Error as error:
        raise ResultsUnreadable(_("Filen er ikke en CSV-fil: %s.") % error) from error
    return HandedIn(reports=tuple(reports), refused=tuple(refused), lines=tuple(lines))


def reported(
    result: WorkResult,
    *,
    command_id: UUID,
    serial: str,
    observed_at: datetime,
    note: str,
) -> Report:
    """What a fitter said of one task, as every adapter reports."""
    return Report(
        serial=serial,
        source=ReportSource.FITTER,
        correlation_id=command_id,
        state=_STATES.get(result),
        observed_at=observed_at,
        fault=_FAULTS.get(result),
        detail=note,
    )


def _report(row: Mapping[str, str | None], received_at: datetime) -> Report:
    """:raises ValueError: the line can't be relied on; the sentence says why."""
    word = _cell(row, "resultat").lower()
    result = _WORDS.get(word)
    if result is None:
        known = ", ".join(_WORDS)
        raise ValueError(
            _("«%(word)s» er ikke et resultat. Skriv %(known)s.")
            % {"word": word, "known": known}
        )
    try:
        command_id = UUID(_cell(row, "oppdrag"))
    except ValueError as error:
        raise ValueError(_("Oppdraget kan ikke leses.")) from error
    return reported(
        result,
        command_id=command_id,
        serial=_cell(row, "målernummer"),
        observed_at=_time(_cell(row, "tidspunkt"), received_at),
        note=_cell(row, "merknad"),
    )


def _time(text: str, received_at: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        example = "2026-03-02 08:15"
        said = _("Tidspunktet må skrives som %s.") % example
        raise ValueError(said) from error
    moment = moment.replace(tzinfo=moment.tzinfo or OSLO).astimezone(UTC)
    if moment > received_at:
        raise ValueError(_("Tidspunktet ligger fram i tid."))
    return moment


def _cell(row: Mapping[str, str | None], name: str) -> str:
    text = (row.get(name) or "").strip()
    return printable(text.removeprefix("'"))


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
