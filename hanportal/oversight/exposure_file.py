"""The report of exposures as a file, read as it leaves."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from django.utils import translation

from hanportal.accounts.models import Customer
from hanportal.oversight.exporting import (
    BYTE_ORDER_MARK,
    Clock,
    guarded,
    line_of,
    oslo_time,
)
from hanportal.oversight.exposure_filters import ExposureFilters
from hanportal.oversight.exposures import Told, Window, exposures_to_export, windows_of
from hanportal.oversight.traces import Trace

LANGUAGE: Final = "nb"
"""A file is data: the same words whoever takes it out."""
WINDOWS_AT_ONCE: Final = 500
COLUMNS: Final = (
    "oppdaget",
    "fra",
    "til",
    "varighet_minutter",
    "tilstand",
    "hvorfor",
    "gjelder_fra",
    "malepunkt",
    "malernummer",
    "adresse",
    "samtykke",
    "kundenummer",
    "kunde",
    "hadde_nettavtalen",
    "varslet",
)


def export(filters: ExposureFilters, *, trace: Trace, clock: Clock) -> Iterator[str]:
    """The matching windows as CSV, and the trace of how many they were."""
    written, is_complete = 0, False
    events = iter(exposures_to_export(filters, at_once=WINDOWS_AT_ONCE))
    try:
        with translation.override(LANGUAGE):
            yield BYTE_ORDER_MARK + line_of(COLUMNS)
            while batch := list(islice(events, WINDOWS_AT_ONCE)):
                now = clock()
                for window in windows_of(batch, now=now):
                    written += 1
                    yield line_of(guarded(cell) for cell in _cells(window, now=now))
        is_complete = True
    finally:
        trace.export_ended(rows=written, is_complete=is_complete, at=clock())


def _cells(window: Window, *, now: datetime) -> tuple[str, ...]:
    """One window by the order of the columns. Holds no national id."""
    event = window.event
    since, until = event.exposed_from or now, event.exposed_until or now
    serial = "" if event.port is None else event.port.meter.serial
    return (
        oslo_time(event.found_at),
        oslo_time(event.exposed_from),
        oslo_time(event.exposed_until),
        str(int((until - since).total_seconds() // 60)),
        _state(window),
        str(event.get_kind_display()),
        event.effective_date.isoformat(),
        _in_groups(event.metering_point.gsrn),
        _in_groups(serial),
        window.address,
        "" if event.consent is None else event.consent.receipt_number,
        event.customer.customer_number,
        event.customer.name,
        ", ".join(_person(held.customer) for held in window.holders),
        ", ".join(_letter(told) for told in window.told),
    )


def _state(window: Window) -> str:
    if window.is_taken_back:
        return "tilbakeført"
    return "pågår" if window.is_ongoing else "avsluttet"


def _person(customer: Customer) -> str:
    return f"{customer.customer_number} {customer.name}"


def _letter(told: Told) -> str:
    when = oslo_time(told.message.created_at)
    return f"{told.customer.customer_number} {when} {told.message.get_kind_display()}"


def _in_groups(number: str) -> str:
    """A spreadsheet would round off the last digits of a long number."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
