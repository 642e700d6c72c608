"""Derives points anew from delivered rows and events, and what each event changed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction

from meters.models import RegisterEvent
from meters.register.locking import lock_writers
from meters.register.manifest import oslo_today
from meters.register.periods import Period, Told, derive
from meters.register.sides import ACTIVITY, SIDES, Side

MOST_WORK = 50_000
"""Rows and events of one group that a batch goes through to tell its events apart."""


def derive_anew(side: Side, points: Collection[UUID], *, today: date) -> None:
    """Bring derived points up to what was delivered and told."""
    if points:
        Derivation.of(side, points).write(today=today)


@transaction.atomic
def derive_today(*, now: datetime) -> int:
    """Derive the points whose activity changes by now; how many. May run twice."""
    with connection.cursor() as cursor:
        lock_writers(cursor)
    today = oslo_today(now)
    due = RegisterEvent.objects.filter(awaits_date=True, effective_on__lte=today)
    points = set(due.values_list("metering_point_id", flat=True))
    derive_anew(ACTIVITY, {point for point in points if point}, today=today)
    return len(points)


@dataclass
class _Group:
    """Places that have to do with one another."""

    delivered: list[Period] = field(default_factory=list)
    told: dict[tuple[str, str], Told] = field(default_factory=dict)
    periods: list[Period] = field(default_factory=list)
    work: int = 0
    """How many rows and events were gone through for it."""

    @property
    def is_worn_out(self) -> bool:
        """Whether looking once more what one event changes would take too long."""
        return self.work > MOST_WORK


@dataclass
class Derivation:
    """One side of some points, as events are added one by one."""

    side: Side
    points: set[UUID]
    groups: dict[UUID, _Group]
    """By place; places that have to do with one another share theirs."""

    @classmethod
    def of(
        cls, side: Side, points: Collection[UUID], coming: Iterable[Told] = ()
    ) -> "Derivation":
        """Adopt the points, and derive them as they are.

        :param coming: events that will be added.
        """
        expected = list(coming)
        together = side.around(
            {*points, *(told.place for told in expected)},
            {told.occupant for told in expected},
        )
        side.adopt(together)
        delivered, told = side.delivered(together), side.events(together)
        links = [(row.place, row.occupant) for row in delivered]
        links += [(event.place, event.occupant) for event in (*told, *expected)]
        groups = _groups(together, links if side.one_place_each else [])
        for row in delivered:
            groups[row.place].delivered.append(row)
        for event in told:
            groups[event.place].told[event.sender, event.sender_id] = event
        derivation = cls(side, together, groups)
        for group in derivation._each_group():
            group.periods = derivation._derived(group)
        return derivation

    def add(self, told: Told) -> bool:
        """Add an event; whether the register changes by it.

        Of very many events about one point, True for the last ones without a look.
        """
        group = self.groups[told.place]
        group.told[told.sender, told.sender_id] = told
        return self._changes(group)

    def roll_back(self, sender: str, sender_id: str, *, place: UUID) -> bool:
        """Take an event back; whether the register changes by it."""
        group = self.groups[place]
        key = (sender, sender_id)
        group.told[key] = replace(group.told[key], is_rolled_back=True)
        return self._changes(group)

    def write(self, *, today: date) -> None:
        """Make the register say what was derived."""
        for group in self._each_group():
            if group.is_worn_out:
                group.periods = self._derived(group)
        periods = [period for group in self._each_group() for period in group.periods]
        self.side.write(self.points, periods, today=today)

    def _changes(self, group: _Group) -> bool:
        if group.is_worn_out:
            return True
        before, group.periods = group.periods, self._derived(group)
        return before != group.periods

    def _derived(self, group: _Group) -> list[Period]:
        group.work += len(group.delivered) + len(group.told)
        return derive(
            group.delivered,
            group.told.values(),
            one_place_each=self.side.one_place_each,
        )

    def _each_group(self) -> Iterable[_Group]:
        return {id(group): group for group in self.groups.values()}.values()


def side_of(kind: str) -> Side | None:
    """What events of this kind are derived into; None for those that change nothing."""
    return next((side for side in SIDES if kind in side.kinds), None)


def _groups(
    places: Iterable[UUID], links: Iterable[tuple[UUID, UUID]]
) -> dict[UUID, _Group]:
    """A group for each set of places that links of occupants hold together."""
    root: dict[UUID, UUID] = {}

    def find(node: UUID) -> UUID:
        while root.setdefault(node, node) != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for place, occupant in links:
        root[find(place)] = find(occupant)
    made: dict[UUID, _Group] = {}
    return {place: made.setdefault(find(place), _Group()) for place in places}
