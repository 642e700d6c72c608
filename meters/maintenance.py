"""When a head-end is closed for maintenance, as its row says. Pure; Oslo wall times.

    [{"day": "sunday", "from": "22:00", "until": "02:00"},
     {"day": "2026-12-01", "from": "08:00", "until": "12:00"}]

A window that does not end after it begins ends the day after.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

OSLO = ZoneInfo("Europe/Oslo")
WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
KEYS = {"day", "from", "until"}


@dataclass(frozen=True, kw_only=True)
class Window:
    """From when until when nothing is sent; half-open, aware."""

    starts_at: datetime
    ends_at: datetime


def require_windows(rules: Any) -> None:
    """Check what somebody wrote; a validator of the field.

    :raises ValidationError: something can't be used; every problem with its place.
    """
    if not isinstance(rules, list):
        raise ValidationError(_("Vedlikehold er en liste i JSON: [] uten noen."))
    problems = [
        _("Vindu %(number)d: %(problem)s") % {"number": number, "problem": problem}
        for number, rule in enumerate(rules, start=1)
        for problem in _problems(rule)
    ]
    if problems:
        raise ValidationError(problems)


def window_at(rules: Sequence[Mapping[str, str]], *, now: datetime) -> Window | None:
    """The window that this moment lies in, the one that ends last; None where none."""
    open_now = [each for each in _around(rules, now) if _holds(each, now)]
    return max(open_now, key=lambda each: each.ends_at, default=None)


def next_window(rules: Sequence[Mapping[str, str]], *, now: datetime) -> Window | None:
    """The next one to begin, of those known a week ahead or by their date."""
    ahead = [each for each in _around(rules, now) if each.starts_at > now]
    return min(ahead, key=lambda each: each.starts_at, default=None)


def _holds(window: Window, now: datetime) -> bool:
    return window.starts_at <= now < window.ends_at


def _around(rules: Sequence[Mapping[str, str]], now: datetime) -> list[Window]:
    """Every window that began yesterday or begins within a week, and all with dates.

    In the hour that March lacks, one may come to nothing.
    """
    return [each for each in _all(rules, now) if each.starts_at < each.ends_at]


def _all(rules: Sequence[Mapping[str, str]], now: datetime) -> Iterator[Window]:
    today = now.astimezone(OSLO).date()
    for rule in rules:
        if rule["day"] in WEEKDAYS:
            for ahead in range(-1, 8):
                day = today + timedelta(days=ahead)
                if WEEKDAYS[day.weekday()] == rule["day"]:
                    yield _on(day, rule)
        else:
            yield _on(date.fromisoformat(rule["day"]), rule)


def _on(day: date, rule: Mapping[str, str]) -> Window:
    begins, ends = time.fromisoformat(rule["from"]), time.fromisoformat(rule["until"])
    last = day if ends > begins else day + timedelta(days=1)
    return Window(
        starts_at=datetime.combine(day, begins, tzinfo=OSLO).astimezone(UTC),
        ends_at=datetime.combine(last, ends, tzinfo=OSLO).astimezone(UTC),
    )


def _problems(rule: Any) -> Iterator[str]:
    if not isinstance(rule, dict) or set(rule) != KEYS:
        yield _("skriv day, from og until, og ingenting annet.")
        return
    if not _is_day(rule["day"]):
        yield _("day er en ukedag på engelsk, som sunday, eller en dato, 2026-12-01.")
    if not (_is_time(rule["from"]) and _is_time(rule["until"])):
        yield _("from og until er klokkeslett, som 22:00.")


def _is_day(text: Any) -> bool:
    if text in WEEKDAYS:
        return True
    try:
        return isinstance(text, str) and str(date.fromisoformat(text)) == text
    except ValueError:
        return False


def _is_time(text: Any) -> bool:
    try:
        return isinstance(text, str) and f"{time.fromisoformat(text):%H:%M}" == text
    except ValueError:
        return False
