"""Draws a neighbourhood, one household after the other, and keeps none of them."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from random import Random

from hanportal.demo.neighbourhood import numbers, words
from hanportal.demo.neighbourhood.cast import CAST, Agent, Home, Player
from hanportal.demo.neighbourhood.makes import Factory, Meter
from hanportal.demo.neighbourhood.rows import (
    Customer,
    Holding,
    Installation,
    Point,
    Representation,
    Row,
)

ROLLOUT = date(2016, 1, 1)
"""Smart meters were fitted in the three years from here."""

ROLLOUT_DAYS = 3 * 365
FOLDED = str.maketrans({"æ": "ae", "ø": "o", "ł": "l", "đ": "d"})


class Neighbourhood:
    """Everything that the register would say about a place, in the order drawn."""

    def __init__(self, *, seed: int, today: date, head_ends: Mapping[str, str]) -> None:
        """:param head_ends: code of each head-end, and the make that it speaks to."""
        self._draw = Random(seed)  # noqa: S311 -- a demo, and it must repeat
        self._today = today
        self._factory = Factory(head_ends, self._draw)
        self._national_ids = numbers.national_ids()
        self._organisation_numbers = numbers.organisation_numbers()
        self._gsrns = map(numbers.gsrn, count(1))
        self._customer_numbers = map(str, count(100_001))
        self._moved: tuple[Customer, date] | None = None
        self._representation_numbers = count(100_001)
        self._representatives = numbers.representatives_ids()
        self.representatives: list[tuple[Agent, Representation]] = []
        """Who acts for somebody in the cast, once the rows were drawn."""
        self.players: list[tuple[Player, Customer]] = []
        """The cast, once its rows were drawn."""
        self.unused_national_id = next(self._national_ids)
        """For somebody who is no customer."""

    def rows(self, points: int) -> Iterator[Row]:
        """The cast first, then strangers, until there are this many points."""
        left = points
        for player in CAST:
            yield from self._player(player)
            left -= len(player.homes)
        while left > 0:
            is_business = self._chance(0.06)
            (homes,) = self._draw.choices([1, 2, 3, 4], [92, 5, 2, 1])
            homes = min(homes, left)
            yield from self._household(homes, is_business=is_business)
            left -= homes

    def _player(self, player: Player) -> Iterator[Row]:
        customer = self._customer(
            player.name, language=player.language, is_business=player.is_business
        )
        if player.days_dead:
            died_on = self._today - timedelta(days=player.days_dead)
            customer = replace(customer, died_on=died_on)
        self.players.append((player, customer))
        yield customer
        if player.represented_by:
            yield self._representation(customer, player.represented_by)
        moved_in = self._today - timedelta(days=30 * player.months_here)
        leaves = timedelta(days=player.leaves_in_days)
        leaves_on = self._today + leaves if leaves else None
        for home in player.homes:
            point = self._point_of(home)
            meter = self._factory.meter(home.make, capability=home.capability)
            yield from (point, meter)
            fitted = ROLLOUT + timedelta(days=ROLLOUT_DAYS)
            yield _installed(point, meter, fitted, None)
            yield _held(point, customer, moved_in, leaves_on)

    def _representation(self, customer: Customer, agent: Agent) -> Representation:
        number = f"R{next(self._representation_numbers)}"
        made = Representation(
            representation_number=number,
            customer_number=customer.customer_number,
            ground=agent.ground,
            name=agent.name,
            national_id=next(self._representatives),
            email=_email(agent.name, number),
            phone=f"+4798{number[1:]}",
            evidence=agent.evidence,
            starts_on=customer.died_on or self._today - timedelta(days=400),
            ends_on=None,
        )
        self.representatives.append((agent, made))
        return made

    def _household(self, homes: int, *, is_business: bool) -> Iterator[Row]:
        customer = self._stranger(is_business=is_business)
        yield customer
        for _ in range(homes):
            point = self._point()
            yield point
            yield from self._meters_at(point)
            yield from self._holdings_of(point, customer)

    def _meters_at(self, point: Point) -> Iterator[Row]:
        meter = self._factory.any_meter()
        yield meter
        fitted = ROLLOUT + timedelta(days=self._draw.randrange(ROLLOUT_DAYS))
        exchanged = fitted + timedelta(days=self._draw.randrange(700, 3000))
        if self._chance(0.06) and exchanged < self._today:
            successor = self._factory.any_meter()
            yield successor
            yield _installed(point, meter, fitted, exchanged)
            yield _installed(point, successor, exchanged, None)
        else:
            yield _installed(point, meter, fitted, None)

    def _holdings_of(self, point: Point, customer: Customer) -> Iterator[Row]:
        """Who held the point before, who holds it now, and perhaps who comes next."""
        moved_in = self._days_ago(20, 4000)
        if self._moved and self._chance(0.35):
            previous, left_on = self._moved
            moved_in = min(
                left_on + timedelta(days=self._draw.randrange(30)), self._today
            )
            before = left_on - timedelta(days=self._draw.randrange(200, 4000))
            yield _held(point, previous, before, left_on)
        self._moved = (customer, moved_in)
        if not point.active:
            ended = max(moved_in + timedelta(days=1), self._today - timedelta(days=30))
            yield _held(point, customer, moved_in, ended)
        elif self._chance(0.01):
            leaves = self._today + timedelta(days=self._draw.randrange(3, 40))
            successor = self._stranger(is_business=False)
            yield successor
            yield _held(point, customer, moved_in, leaves)
            yield _held(point, successor, leaves, None)
        else:
            yield _held(point, customer, moved_in, None)

    def _stranger(self, *, is_business: bool) -> Customer:
        (language,) = self._draw.choices(["nb", "nn", "en"], [85, 11, 4])
        known = self._customer(
            self._name(is_business=is_business),
            language=language,
            is_business=is_business,
        )
        return replace(
            known,
            email=known.email if self._chance(0.9) else "",
            phone=known.phone if self._chance(0.9) else "",
            protected_address=not is_business and self._chance(0.004),
        )

    def _customer(self, name: str, *, language: str, is_business: bool) -> Customer:
        number = next(self._customer_numbers)
        return Customer(
            customer_number=number,
            kind="organisation" if is_business else "person",
            name=name,
            national_id="" if is_business else next(self._national_ids),
            organisation_number=next(self._organisation_numbers) if is_business else "",
            email=_email(name, number),
            phone=f"+4799{number[-6:]}",
            language=language,
        )

    def _name(self, *, is_business: bool) -> str:
        last = self._draw.choice(words.LAST_NAMES)
        if is_business:
            return f"{last} {self._draw.choice(words.BUSINESS_NAMES)} AS"
        first = self._draw.choice(words.FIRST_NAMES)
        middle = self._draw.choice(words.LAST_NAMES) if self._chance(0.25) else ""
        return " ".join(filter(None, [first, middle, last]))

    def _point(self) -> Point:
        postal_code, city = self._draw.choice(words.PLACES)
        letter = (
            self._draw.choice([" A", " B", " C", " D"]) if self._chance(0.2) else ""
        )
        street = self._draw.choice(words.STREETS)
        return Point(
            gsrn=next(self._gsrns),
            street_address=f"{street} {self._draw.randrange(1, 120)}{letter}",
            postal_code=postal_code,
            city=city,
            active=not self._chance(0.01),
        )

    def _point_of(self, home: Home) -> Point:
        return Point(
            gsrn=next(self._gsrns),
            street_address=home.street_address,
            postal_code=home.postal_code,
            city=home.city,
        )

    def _chance(self, share: float) -> bool:
        return self._draw.random() < share

    def _days_ago(self, fewest: int, most: int) -> date:
        return self._today - timedelta(days=self._draw.randrange(fewest, most))


def _email(name: str, number: str) -> str:
    folded = unicodedata.normalize("NFKD", name.lower().translate(FOLDED))
    plain = folded.encode("ascii", "ignore").decode()
    # .example is nobody's, now and for ever (RFC 2606).
    return f"{plain.replace(' ', '.')}.{number}@post.example"


def _installed(
    point: Point, meter: Meter, starts_on: date, ends_on: date | None
) -> Installation:
    return Installation(
        gsrn=point.gsrn, starts_on=starts_on, ends_on=ends_on, meter=meter
    )


def _held(
    point: Point, customer: Customer, starts_on: date, ends_on: date | None
) -> Holding:
    return Holding(
        gsrn=point.gsrn,
        starts_on=starts_on,
        ends_on=ends_on,
        customer_number=customer.customer_number,
    )
