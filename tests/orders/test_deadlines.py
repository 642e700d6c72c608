"""Working days: the vectors that the trade agrees on, and what holds for every day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.deadlines import OSLO, due_date, is_working_day, late_from, oslo_date

CHRISTMAS_EVE = {(12, 24)}


@pytest.mark.parametrize(
    ("notice", "due"),
    [
        (datetime(2026, 4, 2, 12, tzinfo=OSLO), date(2026, 4, 9)),
        (datetime(2026, 5, 13, 12, tzinfo=OSLO), date(2026, 5, 19)),
        (datetime(2026, 10, 2, 23, 59, tzinfo=OSLO), date(2026, 10, 7)),
        (datetime(2026, 12, 23, 12, tzinfo=OSLO), date(2026, 12, 29)),
    ],
)
def test_the_third_working_day_after_the_notice(notice: datetime, due: date) -> None:
    assert due_date(notice) == due


def test_a_closed_day_of_the_operator_does_not_count() -> None:
    notice = datetime(2026, 12, 23, 12, tzinfo=OSLO)

    assert due_date(notice, closed_days=CHRISTMAS_EVE) == date(2026, 12, 30)


def test_an_evening_in_utc_is_already_tomorrow_in_oslo() -> None:
    assert oslo_date(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == date(2026, 7, 2)


def test_a_moment_without_a_zone_has_no_oslo_date() -> None:
    with pytest.raises(ValueError, match="time zone"):
        oslo_date(datetime(2026, 7, 1, 22, 30))  # noqa: DTZ001 -- the point of the test


def test_late_from_midnight_after_the_due_date_also_when_clocks_change() -> None:
    assert late_from(date(2026, 10, 24)) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert late_from(date(2026, 10, 25)) == datetime(2026, 10, 25, 23, tzinfo=UTC)


moments = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    max_value=datetime(2060, 12, 31),  # noqa: DTZ001
    timezones=st.just(OSLO),
)


@given(moments)
def test_the_due_date_is_the_third_working_day(notice: datetime) -> None:
    due = due_date(notice)
    start = oslo_date(notice)
    days = [start + timedelta(days=n) for n in range(1, (due - start).days + 1)]

    assert is_working_day(due)
    assert sum(is_working_day(day) for day in days) == 3


@given(moments, st.integers(min_value=0, max_value=14 * 24 * 60))
def test_a_later_notice_is_never_due_earlier(notice: datetime, minutes: int) -> None:
    later = (notice.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(OSLO)

    assert due_date(notice) <= due_date(later)
