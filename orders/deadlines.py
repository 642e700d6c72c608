"""Working days and the promised date. Dates are Oslo dates.

A working day is Monday to Friday, is not a Norwegian public holiday and is not one of
the operator's closed days (`settings.CLOSED_DAYS`, for example the 24th of December).
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings

OSLO = ZoneInfo("Europe/Oslo")
WORKING_DAYS_TO_COMPLETE = 3


def oslo_date(moment: datetime) -> date:
    """The date that people in Norway write at this moment.

    :raises ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("A moment needs a time zone before it has an Oslo date.")
    return moment.astimezone(OSLO).date()


@cache
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("NO", years=year, include_sundays=False))


def is_working_day(
    day: date, *, closed_days: Collection[tuple[int, int]] | None = None
) -> bool:
    """True when deadlines count this day.

    `closed_days` are (month, day) pairs; by default the operator's own.
    """
    closed = settings.CLOSED_DAYS if closed_days is None else closed_days
    return (
        day.weekday() < 5
        and day not in _public_holidays(day.year)
        and (day.month, day.day) not in closed
    )


def due_date(
    notice: datetime,
    *,
    working_days: int = WORKING_DAYS_TO_COMPLETE,
    closed_days: Collection[tuple[int, int]] | None = None,
) -> date:
    """The last date on which an order is on time; the day of notice does not count.

    Source: RME, 28 June 2022: normally opened within three working days.
    """
    day = oslo_date(notice)
    remaining = working_days
    while remaining:
        day += timedelta(days=1)
        remaining -= is_working_day(day, closed_days=closed_days)
    return day


def late_from(due: date) -> datetime:
    """The first moment at which an order with this due date is late."""
    return datetime.combine(due + timedelta(days=1), time.min, tzinfo=OSLO)
