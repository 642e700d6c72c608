"""What the register says and who has consented, counted day by day without a database.

A model for tests, written from docs/api.md and docs/life-events.md and not from the
code: it walks through the statements of a point and through the days of a consent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

Item = dict[str, Any]

DAY = timedelta(days=1)
CAME = {"moved_in": "customer_number", "meter_exchanged": "serial"}


@dataclass
class Wish:
    """A consent, as whoever gave it would tell of it."""

    customer: str
    gsrn: str
    given_on: date
    by_estate: bool = False
    sleeps: bool = False
    """From before the portal, and the port was never known to be open."""


@dataclass
class RegisterModel:
    """Rows that were delivered, events that were told, and the wishes at each point."""

    holders: dict[str, str]
    """By point, who held it before the story began."""
    meters: dict[str, str]
    """By point, the serial that sat there before the story began."""
    left_on: dict[str, date] = field(default_factory=dict)
    """By point, the end of that first holding, as a row says."""
    out_of_use: set[str] = field(default_factory=set)
    """Points that a row says are out of use."""
    died_on: dict[str, date] = field(default_factory=dict)
    told: dict[str, Item] = field(default_factory=dict)
    wishes: dict[str, Wish] = field(default_factory=dict)
    """By point. Whoever wants it open, and nothing has ended that."""

    def tell(self, item: Item) -> None:
        """An event; the same one again says nothing new."""
        self.told.setdefault(item["id"], item)

    def holder(self, gsrn: str, on: date) -> str | None:
        """Who holds the point on this date."""
        holder: str | None = self.holders[gsrn]
        for _, day, who, comes in sorted(self._moves(gsrn), key=lambda move: move[0]):
            if day <= on and comes:
                holder = who
            elif day <= on and who == holder:
                holder = None
        return holder

    def meter(self, gsrn: str, on: date) -> str | None:
        """Which meter sits at the point on this date. It sits at one point only."""
        sits = dict(self.meters)
        exchanges = self._standing("meter_exchanged")
        for item in sorted(exchanges, key=_order):
            if item["effective_on"] <= on.isoformat():
                serial = item["serial"]
                sits = {p: s for p, s in sits.items() if s != serial}
                sits[item["gsrn"]] = serial
        return sits.get(gsrn)

    def is_in_use(self, gsrn: str, on: date) -> bool:
        """Whether the point is active on this date."""
        changes = [
            item
            for item in self._standing("point_deactivated", "point_reactivated")
            if item["gsrn"] == gsrn and item["effective_on"] <= on.isoformat()
        ]
        if changes:
            newest = max(changes, key=_order_of_use)
            return bool(newest["kind"] == "point_reactivated")
        return gsrn not in self.out_of_use

    def is_dead(self, customer: str, on: date) -> bool:
        """Whether they had died by this date."""
        return customer in self.died_on and self.died_on[customer] <= on

    def may_stay(self, wish: Wish, on: date) -> bool:
        """Whether a consent holds: its giver has been there all the time, and lives."""
        if self.is_dead(wish.customer, on) and not wish.by_estate:
            return False
        if not self.is_in_use(wish.gsrn, on):
            return False
        if self.holder(wish.gsrn, on) != wish.customer:
            return False
        return not self._has_left(wish, until=on)

    def follow(self, on: date) -> list[Wish]:
        """What the register says by now ends the wishes that it speaks against."""
        ended = [wish for wish in self.wishes.values() if not self.may_stay(wish, on)]
        for wish in ended:
            del self.wishes[wish.gsrn]
        return ended

    def _has_left(self, wish: Wish, *, until: date) -> bool:
        day = wish.given_on
        while day < until:
            was_there = self.holder(wish.gsrn, day) == wish.customer
            day += DAY
            if was_there and self.holder(wish.gsrn, day) != wish.customer:
                return True
        return False

    def _moves(self, gsrn: str) -> Iterator[tuple[tuple[Any, ...], date, str, bool]]:
        """What sorts it, from when, who, and whether they come."""
        taken_back = {
            (item["effective_on"], item["customer_number"])
            for item in self.told.values()
            if item["kind"] == "moved_out"
            and item["gsrn"] == gsrn
            and item["id"] in self._rolled_back
        }
        first, end = self.holders[gsrn], self.left_on.get(gsrn)
        # A rolled back moving out takes back what rows say of the same.
        if end is not None and (end.isoformat(), first) not in taken_back:
            yield (end.isoformat(), 0), end, first, False
        for item in self._standing("moved_in", "moved_out"):
            if item["gsrn"] == gsrn:
                comes = item["kind"] == "moved_in"
                sorts = (item["effective_on"], 1, item["order"], comes, item["id"])
                on = date.fromisoformat(item["effective_on"])
                yield sorts, on, item["customer_number"], comes

    @property
    def _rolled_back(self) -> set[str]:
        return {str(item.get("rolls_back", "")) for item in self.told.values()}

    def _standing(self, *kinds: str) -> list[Item]:
        rolled_back = self._rolled_back
        return [
            item
            for item in self.told.values()
            if item["kind"] in kinds and item["id"] not in rolled_back
        ]


def _order(item: Item) -> tuple[Any, ...]:
    return item["effective_on"], item["order"], item["id"]


def _order_of_use(item: Item) -> tuple[Any, ...]:
    return _order(item)
