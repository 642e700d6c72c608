"""The hours of a night in Oslo, and how much of its work belongs to this minute."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil

from orders.deadlines import OSLO


@dataclass(frozen=True, kw_only=True)
class Night:
    """One night's hours; half-open."""

    begins_at: datetime
    ends_at: datetime

    def share_of(self, number: int, *, now: datetime, interval: timedelta) -> int:
        """How many of what is left to do until its end belong to this interval."""
        if number <= 0:
            return 0
        left = max(self.ends_at - now, interval)
        return ceil(number * (interval / left))


def night_at(now: datetime, *, hours: tuple[int, int]) -> Night | None:
    """The night that it is at this moment; None by day.

    :param hours: the first hour in Oslo and the one that it ends at; it may begin
        before midnight.
    """
    today = now.astimezone(OSLO).date()
    for day in (today, today - timedelta(days=1)):
        night = _night_of(day, hours=hours)
        if night.begins_at <= now < night.ends_at:
            return night
    return None


def _night_of(day: date, *, hours: tuple[int, int]) -> Night:
    first, last = hours
    until = day if last > first else day + timedelta(days=1)
    return Night(begins_at=_at(day, first), ends_at=_at(until, last))


def _at(day: date, hour: int) -> datetime:
    """In UTC: two moments of one zone would be compared by what the clocks show."""
    return datetime.combine(day, time(hour), tzinfo=OSLO).astimezone(UTC)
