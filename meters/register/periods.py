"""Who was where, derived from delivered rows and events. Pure.

The same rows and events give the same periods, in whatever order they came. Every
statement concerns a place (a point) and an occupant (a customer, or a meter): it came
there, or it left, on a date. They are put in order by date; of one date, delivered
rows come before events, then the sender's own order decides, then leaving comes
before coming, and last the sender's id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

DELIVERED, TOLD = 0, 1
LEFT, CAME = 0, 1


class Period(NamedTuple):
    """An occupant of a place. Half-open Oslo dates."""

    place: UUID
    starts_on: date
    ends_on: date | None
    occupant: UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """An event: the occupant came to the place on this date, or left it."""

    sender: str
    sender_id: str
    place: UUID
    occupant: UUID
    on: date
    came: bool
    stated_order: int = 0
    is_rolled_back: bool = False


class _Statement(NamedTuple):
    """Sorts as it counts."""

    on: date
    layer: int
    stated_order: int
    direction: int
    sender: str
    sender_id: str
    place: UUID
    occupant: UUID


def derive(
    delivered: Iterable[Period], told: Iterable[Told], *, one_place_each: bool
) -> list[Period]:
    """The periods that follow, by place and start; none is empty, none overlap.

    An event that is rolled back says nothing, and takes away what delivered rows say
    of the same: its coming with the end that made room for it, or its leaving.

    :param one_place_each: an occupant that comes to a place leaves its former one, as
        a meter does and a customer does not.
    """
    events, rows = list(told), list(delivered)
    withdrawn = _Withdrawn.by(events, rows)
    statements = [_of_event(event) for event in events if not event.is_rolled_back]
    statements += _of_rows(rows, withdrawn, one_place_each=one_place_each)
    register = _Register(one_place_each=one_place_each)
    for statement in sorted(statements):
        if statement.direction == CAME:
            register.come(statement.place, statement.occupant, on=statement.on)
        else:
            register.leave(statement.place, statement.occupant, on=statement.on)
    return register.periods()


def _of_event(event: Told) -> _Statement:
    return _Statement(
        on=event.on,
        layer=TOLD,
        stated_order=event.stated_order,
        direction=CAME if event.came else LEFT,
        sender=event.sender,
        sender_id=event.sender_id,
        place=event.place,
        occupant=event.occupant,
    )


@dataclass(frozen=True)
class _Withdrawn:
    """What rows say of events that were rolled back."""

    came: frozenset[tuple[UUID, date, UUID]]
    left: frozenset[tuple[UUID, date, UUID]]
    came_to: frozenset[tuple[UUID, date]]
    moved: frozenset[tuple[UUID, date]]

    @classmethod
    def by(cls, events: list[Told], rows: list[Period]) -> "_Withdrawn":
        """Gather it. Where no row says that somebody came, its ends mean themselves."""
        starts = {(row.place, row.starts_on, row.occupant) for row in rows}
        came = starts & {_what(e) for e in events if e.is_rolled_back and e.came}
        left = frozenset(_what(e) for e in events if e.is_rolled_back and not e.came)
        return cls(
            came=frozenset(came),
            left=left,
            came_to=frozenset((place, on) for place, on, _ in came),
            moved=frozenset((occupant, on) for _, on, occupant in came),
        )

    def says_start(self, row: Period) -> bool:
        """Whether the row's beginning is what was taken back."""
        return (row.place, row.starts_on, row.occupant) in self.came

    def says_end(self, row: Period, on: date, *, one_place_each: bool) -> bool:
        """Whether the row's end is, or made room for a coming that was taken back."""
        return (
            (row.place, on, row.occupant) in self.left
            or (row.place, on) in self.came_to
            or (one_place_each and (row.occupant, on) in self.moved)
        )


def _what(event: Told) -> tuple[UUID, date, UUID]:
    return event.place, event.on, event.occupant


def _of_rows(
    rows: list[Period], withdrawn: _Withdrawn, *, one_place_each: bool
) -> Iterable[_Statement]:
    for row in rows:
        who = ("", "", row.place, row.occupant)
        if not withdrawn.says_start(row):
            yield _Statement(row.starts_on, DELIVERED, 0, CAME, *who)
        end = row.ends_on
        if end and not withdrawn.says_end(row, end, one_place_each=one_place_each):
            yield _Statement(end, DELIVERED, 0, LEFT, *who)


@dataclass
class _Register:
    """Who is where, as the statements are gone through; and who was."""

    one_place_each: bool
    here: dict[UUID, tuple[UUID, date]] = field(default_factory=dict)
    places: dict[UUID, UUID] = field(default_factory=dict)
    past: list[Period] = field(default_factory=list)

    def come(self, place: UUID, occupant: UUID, *, on: date) -> None:
        if place in self.here and self.here[place][0] == occupant:
            return
        self._close(place, on=on)
        if self.one_place_each:
            if occupant in self.places:
                self._close(self.places[occupant], on=on)
            self.places[occupant] = place
        self.here[place] = (occupant, on)

    def leave(self, place: UUID, occupant: UUID, *, on: date) -> None:
        # Somebody who is not there cannot leave: a late notice ends nobody else.
        if place in self.here and self.here[place][0] == occupant:
            self._close(place, on=on)

    def periods(self) -> list[Period]:
        current = [
            Period(place, starts_on, None, occupant)
            for place, (occupant, starts_on) in self.here.items()
        ]
        return sorted(self.past + current, key=lambda p: (p.place, p.starts_on))

    def _close(self, place: UUID, *, on: date) -> None:
        if place not in self.here:
            return
        occupant, starts_on = self.here.pop(place)
        self.places.pop(occupant, None)
        if starts_on < on:
            self.past.append(Period(place, starts_on, on, occupant))
