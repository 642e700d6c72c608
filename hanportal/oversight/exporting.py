"""The register as a file, row by row as it is read: nothing is held in memory."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from django.utils import translation

from hanportal.oversight.filters import OSLO, Filters
from hanportal.oversight.register import Row, row_of
from hanportal.oversight.traces import Trace
from orders.models import Consent

ROWS_AT_ONCE: Final = 1_000
LANGUAGE: Final = "nb"
"""A file is data: the same words whoever takes it out."""
BYTE_ORDER_MARK: Final = "\ufeff"
FORMULA_SIGNS: Final = frozenset("=+-@\t\r\n＝＋－＠")

Clock = Callable[[], datetime]


def guarded(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    begins = {text[:1], text.lstrip()[:1]}
    return f"'{text}" if begins & FORMULA_SIGNS else text


def as_csv(rows: Iterable[Row]) -> Iterator[str]:
    """Semicolons and a byte order mark, as spreadsheets in Norway expect."""
    yield BYTE_ORDER_MARK + line_of(COLUMNS)
    for row in rows:
        yield line_of(guarded(text) for text in _grouped(record_of(row)).values())


def as_json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """One JSON object on each line."""
    for row in rows:
        yield json.dumps(record_of(row), ensure_ascii=False) + "\n"


FORMATS: Final[Mapping[str, Callable[[Iterable[Row]], Iterator[str]]]] = {
    "csv": as_csv,
    "jsonl": as_json_lines,
}
CONTENT_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson; charset=utf-8",
}
COLUMNS: Final = (
    "kvittering",
    "gitt",
    "avsluttet",
    "sluttgrunn",
    "kanal",
    "kundenummer",
    "kunde",
    "malepunkt",
    "malernummer",
    "adresse",
    "vilkar",
    "vilkar_sprak",
    "vilkar_sha256",
    "bekreftet",
    "sikring",
    "identifisert_av",
    "sikkerhetsniva",
    "identifisert",
    "gitt_av_representant",
    "rett_til_det",
    "dokumentert_ved",
    "arkivreferanse",
    "vilkar_for_portalen",
    "importert",
)


def export(filters: Filters, *, form: str, trace: Trace, clock: Clock) -> Iterator[str]:
    """The matching consents in a format, and the trace of how many they were."""
    rows = _Counted(filters)
    is_complete = False
    try:
        with translation.override(LANGUAGE):
            yield from FORMATS[form](rows)
        is_complete = True
    finally:
        trace.export_ended(rows=rows.count, is_complete=is_complete, at=clock())


class _Counted:
    """The rows, read as they are asked for, and how many were."""

    def __init__(self, filters: Filters) -> None:
        self._consents = filters.of(Consent.objects.for_the_register())
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for consent in self._consents.iterator(chunk_size=ROWS_AT_ONCE):
            self.count += 1
            yield row_of(consent)


def record_of(row: Row) -> dict[str, str]:
    """One consent by the names of the columns. Holds no national id."""
    consent, terms = row.consent, row.consent.terms
    told = (
        consent.receipt_number,
        oslo_time(consent.given_at),
        oslo_time(consent.ended_at),
        str(consent.get_end_reason_display()),
        str(consent.get_channel_display()),
        consent.customer.customer_number,
        consent.customer.name,
        consent.gsrn,
        consent.meter_serial,
        row.address,
        terms.version if terms else "",
        terms.language if terms else "",
        terms.sha256 if terms else "",
        " ".join(consent.confirmed),
        str(consent.get_security_display()),
        consent.identified_by_issuer,
        consent.identified_level,
        oslo_time(consent.identified_at),
        *_representative(consent),
        str(consent.get_legacy_method_display()),
        consent.legacy_evidence,
        consent.legacy_terms,
        oslo_time(consent.imported_at),
    )
    return dict(zip(COLUMNS, told, strict=True))


def _representative(consent: Consent) -> tuple[str, str]:
    """Who gave it on the customer's behalf, and on what right; empty in person."""
    who = consent.representation
    if who is None:
        return "", ""
    return who.name, f"{who.get_ground_display()}, {who.source} {who.number}"


def _grouped(record: dict[str, str]) -> dict[str, str]:
    """Long numbers in groups: a spreadsheet would round off their last digits."""
    for name in ("malepunkt", "malernummer"):
        number = record[name]
        groups = (number[at : at + 4] for at in range(0, len(number), 4))
        record[name] = " ".join(groups)
    return record


def oslo_time(moment: datetime | None) -> str:
    """The moment in Oslo to the second; empty where there is none."""
    return "" if moment is None else moment.astimezone(OSLO).isoformat(" ", "seconds")


def line_of(cells: Iterable[str]) -> str:
    """One line of a CSV file."""
    line = io.StringIO()
    csv.writer(line, delimiter=";").writerow(cells)
    return line.getvalue()
