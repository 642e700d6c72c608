"""When a head-end is closed for maintenance: weeks, nights, and summer time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from meters.maintenance import WEEKDAYS, next_window, require_windows, window_at

OSLO = ZoneInfo("Europe/Oslo")
SUNDAY_NIGHT = [{"day": "sunday", "from": "22:00", "until": "02:00"}]
clocks = st.times().map(lambda moment: f"{moment:%H:%M}")
days = st.one_of(
    st.sampled_from(WEEKDAYS),
    st.dates(
        min_value=datetime(2026, 1, 1, tzinfo=UTC).date(),
        max_value=datetime(2027, 12, 31, tzinfo=UTC).date(),
    ).map(str),
)
rules = st.lists(
    st.fixed_dictionaries({"day": days, "from": clocks, "until": clocks}), max_size=4
)
moments = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001 -- ditto
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("oslo", "is_closed"),
    [
        ("2026-11-29T21:59", False),
        ("2026-11-29T22:00", True),
        ("2026-11-30T01:59", True),
        ("2026-11-30T02:00", False),
        ("2026-11-30T22:30", False),
        # The night with an hour twice: both are in it.
        ("2026-10-25T22:30", True),
    ],
)
def test_a_window_over_midnight_ends_the_day_after(
    oslo: str, *, is_closed: bool
) -> None:
    now = datetime.fromisoformat(oslo).replace(tzinfo=OSLO)

    assert (window_at(SUNDAY_NIGHT, now=now) is not None) is is_closed


@given(rules, moments)
def test_whatever_is_accepted_can_be_asked_about_any_moment(
    written: list[dict[str, str]], now: datetime
) -> None:
    require_windows(written)
    found = window_at(written, now=now)
    ahead = next_window(written, now=now)

    assert found is None or found.starts_at <= now < found.ends_at
    assert found is None or found.ends_at - found.starts_at <= timedelta(hours=25)
    assert ahead is None or ahead.starts_at > now
    if ahead is not None:
        assert window_at(written, now=ahead.starts_at) is not None


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ({}, "liste i JSON"),
        (["sunday"], "Vindu 1: skriv day, from og until"),
        ([{"day": "søndag", "from": "22:00", "until": "02:00"}], "Vindu 1: day er"),
        ([{"day": "2026-02-30", "from": "22:00", "until": "02:00"}], "Vindu 1: day er"),
        ([*SUNDAY_NIGHT, {"day": "monday", "from": "25:00", "until": "2"}], "Vindu 2"),
        ([{**SUNDAY_NIGHT[0], "why": "x"}], "ingenting annet"),
    ],
)
def test_what_can_not_be_used_is_named_with_its_place(
    written: object, problem: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        require_windows(written)

    assert problem in " ".join(refused.value.messages)
