"""Whatever was delivered and told, in any order: one register, as days go by.

The reference goes through the days one by one and asks who is where; it knows nothing
of periods.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from operator import attrgetter
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meters.register.periods import Period, Told, derive

FIRST = date(2026, 1, 1)
DAYS = 12
PLACES = [UUID(int=number) for number in (1, 2)]
WHO = [UUID(int=number) for number in (11, 12, 13)]
OnDay = dict[tuple[UUID, date], UUID]

days = st.integers(0, DAYS - 1).map(lambda days: FIRST + timedelta(days=days))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    """A delivered row; the same key may be drawn twice."""
    starts_on = draw(days)
    lasts = draw(st.none() | st.integers(1, DAYS))
    ends_on = starts_on + timedelta(days=lasts) if lasts else None
    return Period(
        draw(st.sampled_from(PLACES)), starts_on, ends_on, draw(st.sampled_from(WHO))
    )


@st.composite
def events(draw: st.DrawFn) -> Told:
    """Something that was told; its id tells it apart."""
    return Told(
        sender=draw(st.sampled_from(["kis", "other"])),
        sender_id=draw(st.sampled_from([f"{number}" for number in range(12)])),
        place=draw(st.sampled_from(PLACES)),
        occupant=draw(st.sampled_from(WHO)),
        on=draw(days),
        came=draw(st.booleans()),
        stated_order=draw(st.integers(0, 2)),
        is_rolled_back=draw(st.booleans()),
    )


rows_of_a_register = st.lists(
    periods(), max_size=5, unique_by=lambda row: (row.place, row.starts_on)
)
stories = st.lists(
    events(), max_size=8, unique_by=lambda event: (event.sender, event.sender_id)
)
quick = settings(derandomize=True, database=None, deadline=None, max_examples=300)


def by_day(rows: Sequence[Period]) -> OnDay:
    """Who is where on each day."""
    return {
        (row.place, day): row.occupant
        for row in rows
        for day in all_days()
        if row.starts_on <= day and (row.ends_on is None or day < row.ends_on)
    }


def all_days() -> list[date]:
    return [FIRST + timedelta(days=number) for number in range(3 * DAYS)]


def reference(
    rows: Sequence[Period], told: Sequence[Told], *, one_place_each: bool
) -> OnDay:
    """The register day by day: who was delivered, then what was told of that day."""
    taken_back = [event for event in told if event.is_rolled_back]
    shown = [
        event
        for event in taken_back
        if event.came
        and any(
            (row.place, row.starts_on, row.occupant)
            == (event.place, event.on, event.occupant)
            for row in rows
        )
    ]
    here: dict[UUID, UUID] = {}
    found: OnDay = {}

    def come(place: UUID, occupant: UUID) -> None:
        for other in [p for p in here if one_place_each and here[p] == occupant]:
            if other != place:
                del here[other]
        here[place] = occupant

    def leave(place: UUID, occupant: UUID) -> None:
        if here.get(place) == occupant:
            del here[place]

    for day in all_days():
        for row in rows:
            made_room = any(
                event.on == day
                and (
                    event.place == row.place
                    or (one_place_each and event.occupant == row.occupant)
                )
                for event in shown
            )
            said = any(
                (event.place, event.on, event.occupant, event.came)
                == (row.place, day, row.occupant, False)
                for event in taken_back
            )
            if row.ends_on == day and not made_room and not said:
                leave(row.place, row.occupant)
        for row in sorted(rows):
            is_shown = any(
                (event.place, event.on, event.occupant)
                == (row.place, day, row.occupant)
                for event in shown
            )
            if row.starts_on == day and not is_shown:
                come(row.place, row.occupant)
        today = [event for event in told if event.on == day and event not in taken_back]
        for event in sorted(
            today, key=lambda e: (e.stated_order, e.came, e.sender, e.sender_id)
        ):
            (come if event.came else leave)(event.place, event.occupant)
        found |= {(place, day): occupant for place, occupant in here.items()}
    return found


def assert_sound(rows: list[Period], *, one_place_each: bool) -> None:
    """No period is empty, none overlaps the next one of its place, or of its meter."""
    assert all(row.ends_on is None or row.starts_on < row.ends_on for row in rows)
    keys = ("place", "occupant") if one_place_each else ("place",)
    for key in keys:
        of = attrgetter(key)
        for before, after in pairwise(sorted(rows, key=attrgetter(key, "starts_on"))):
            if of(before) == of(after):
                assert before.ends_on is not None
                assert before.ends_on <= after.starts_on


@pytest.mark.parametrize("one_place_each", [False, True])
@quick
@given(rows=rows_of_a_register, story=stories, data=st.data())
def test_any_order_gives_what_the_days_say(
    one_place_each: bool, rows: list[Period], story: list[Told], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(story))
    turned = data.draw(st.permutations(rows))

    derived = derive(rows, story, one_place_each=one_place_each)

    assert derive(turned, shuffled, one_place_each=one_place_each) == derived
    assert by_day(derived) == reference(rows, story, one_place_each=one_place_each)
    assert_sound(derived, one_place_each=one_place_each)


@quick
@given(rows=rows_of_a_register)
def test_what_was_delivered_soundly_stays_as_it_is(rows: list[Period]) -> None:
    sound = derive(rows, [], one_place_each=False)

    assert derive(sound, [], one_place_each=False) == sound
