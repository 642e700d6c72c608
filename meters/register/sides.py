"""The three things that events tell of a point: its holder, its meter, its activity.

Each is derived in the same way (periods.py); a side knows where its rows are.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection, models
from django.db.models import Q
from psycopg2.sql import SQL, Identifier
from uuid6 import uuid7

from meters.models import (
    ACTIVITY_KINDS,
    HOLDING_KINDS,
    DeliveredHolding,
    DeliveredInstallation,
    EventKind,
    Holding,
    Installation,
    MeteringPoint,
    RegisterEvent,
)
from meters.register.periods import Period, Told

ACTIVE, INACTIVE = UUID(int=1), UUID(int=0)
"""What occupies a point in the eyes of `Activity`."""

_ADOPT = """
INSERT INTO {delivered} (id, metering_point_id, starts_on, ends_on, {occupant})
SELECT gen_random_uuid(), t.metering_point_id, t.starts_on, t.ends_on, t.{occupant}
FROM {table} AS t JOIN meters_meteringpoint AS p ON p.id = t.metering_point_id
WHERE p.id = ANY(%(points)s::uuid[]) AND NOT p.{flag}
"""

_UPDATE = """
UPDATE {table} AS t SET ends_on = v.ends_on, {occupant} = v.occupant
FROM unnest(%(ids)s::uuid[], %(ends)s::date[], %(occupants)s::uuid[])
    AS v (id, ends_on, occupant)
WHERE t.id = v.id
"""


class Side(ABC):
    """What one kind of event is about."""

    kinds: ClassVar[Collection[EventKind]]
    one_place_each: ClassVar[bool] = False

    @abstractmethod
    def told(self, event: RegisterEvent, *, is_rolled_back: bool) -> Told:
        """The event as a statement."""

    @abstractmethod
    def adopt(self, points: Collection[UUID]) -> None:
        """From now on these points are derived; what they have is as delivered."""

    @abstractmethod
    def delivered(self, points: Collection[UUID]) -> list[Period]:
        """What was delivered."""

    @abstractmethod
    def write(
        self, points: Collection[UUID], periods: Iterable[Period], *, today: date
    ) -> None:
        """Make the register say this of the points, and nothing else."""

    def around(self, points: Collection[UUID], coming: Collection[UUID]) -> set[UUID]:
        """The points that must be derived together with these.

        :param coming: who will come to one of them.
        """
        del coming
        return set(points)

    def events(self, points: Collection[UUID]) -> list[Told]:
        """What was told until now."""
        told = RegisterEvent.objects.with_standing().filter(
            kind__in=self.kinds, metering_point__in=points
        )
        return [self.told(event, is_rolled_back=event.is_rolled_back) for event in told]


class _PeriodSide(Side):
    """A side that is a table of periods."""

    table: ClassVar[type[Holding | Installation]]
    as_delivered: ClassVar[type[DeliveredHolding | DeliveredInstallation]]
    occupant: ClassVar[str]
    flag: ClassVar[str]

    def adopt(self, points: Collection[UUID]) -> None:
        """Copy what holds now, once."""
        with connection.cursor() as cursor:
            cursor.execute(
                SQL(_ADOPT).format(**self._names()), {"points": [*map(str, points)]}
            )
        MeteringPoint.objects.filter(pk__in=points, **{self.flag: False}).update(
            **{self.flag: True}
        )

    def delivered(self, points: Collection[UUID]) -> list[Period]:
        """The rows, of points that were adopted."""
        rows = self._rows(self.as_delivered, points)
        return [
            Period(place, starts_on, ends_on, occupant)
            for _, place, starts_on, ends_on, occupant in rows
        ]

    def write(
        self, points: Collection[UUID], periods: Iterable[Period], *, today: date
    ) -> None:
        """Only rows that differ are written. What goes makes room first."""
        del today
        wanted = {(period.place, period.starts_on): period for period in periods}
        gone, changed, new = [], [], []
        for id_, place, starts_on, ends_on, occupant in self._rows(self.table, points):
            period = wanted.pop((place, starts_on), None)
            if period is None:
                gone.append(id_)
            elif period.occupant != occupant and self.one_place_each:
                # No order of updates passes the unique indexes of two that swap.
                gone.append(id_)
                new.append((id_, period))
            elif (period.ends_on, period.occupant) != (ends_on, occupant):
                changed.append((id_, period))
        new += [(uuid7(), period) for period in wanted.values()]
        self._write(gone, changed, new)

    def _write(
        self,
        gone: list[UUID],
        changed: list[tuple[UUID, Period]],
        new: list[tuple[UUID, Period]],
    ) -> None:
        if gone:
            self._manager(self.table).filter(pk__in=gone).delete()
        if changed:
            values: dict[str, list[Any]] = {
                "ids": [str(id_) for id_, _ in changed],
                "ends": [period.ends_on for _, period in changed],
                "occupants": [str(period.occupant) for _, period in changed],
            }
            with connection.cursor() as cursor:
                cursor.execute(SQL(_UPDATE).format(**self._names()), values)
        self._manager(self.table).bulk_create(
            self.table(
                id=id_,
                metering_point_id=period.place,
                starts_on=period.starts_on,
                ends_on=period.ends_on,
                **{self.occupant: period.occupant},
            )
            for id_, period in new
        )

    def _rows(
        self, table: type[models.Model], points: Collection[UUID]
    ) -> "models.QuerySet[Any, tuple[UUID, UUID, date, date | None, UUID]]":
        return (
            self._manager(table)
            .filter(metering_point__in=points)
            .values_list(
                "id", "metering_point_id", "starts_on", "ends_on", self.occupant
            )
        )

    def _manager(self, table: type[models.Model]) -> "models.Manager[Any]":
        return table._default_manager

    def _names(self) -> dict[str, Identifier]:
        return {
            "table": Identifier(self.table._meta.db_table),
            "delivered": Identifier(self.as_delivered._meta.db_table),
            "occupant": Identifier(self.occupant),
            "flag": Identifier(self.flag),
        }


class Holdings(_PeriodSide):
    """Who holds the point."""

    kinds = HOLDING_KINDS
    table = Holding
    as_delivered = DeliveredHolding
    occupant = "customer_id"
    flag = "holdings_from_events"

    def told(self, event: RegisterEvent, *, is_rolled_back: bool) -> Told:
        """A customer came or left."""
        return _told(
            event,
            event.customer_id,
            came=event.kind == EventKind.MOVED_IN,
            is_rolled_back=is_rolled_back,
        )


class Installations(_PeriodSide):
    """Which meter sits at the point. A meter sits at one point at a time."""

    kinds = (EventKind.METER_EXCHANGED,)
    one_place_each = True
    table = Installation
    as_delivered = DeliveredInstallation
    occupant = "meter_id"
    flag = "installations_from_events"

    def told(self, event: RegisterEvent, *, is_rolled_back: bool) -> Told:
        """A meter came; the one before it left by that."""
        return _told(event, event.meter_id, came=True, is_rolled_back=is_rolled_back)

    def around(self, points: Collection[UUID], coming: Collection[UUID]) -> set[UUID]:
        """Every point that a meter of one of them ever sat at, and so on."""
        found: set[UUID] = set()
        fresh = {
            *points,
            *self._linked("metering_point_id", Q(meter__in=coming)),
        }
        while fresh:
            found |= fresh
            meters = self._linked("meter_id", Q(metering_point__in=fresh))
            fresh = self._linked("metering_point_id", Q(meter__in=meters)) - found
        return found

    def _linked(self, column: str, where: Q) -> set[UUID]:
        told = RegisterEvent.objects.filter(where, kind__in=self.kinds)
        linked = set(told.values_list(column, flat=True))
        for table in (self.table, self.as_delivered):
            rows = self._manager(table).filter(where)
            linked |= set(rows.values_list(column, flat=True))
        return linked


class Activity(Side):
    """Whether the point is active; known for today, derived again when dates come."""

    kinds = ACTIVITY_KINDS

    def told(self, event: RegisterEvent, *, is_rolled_back: bool) -> Told:
        """The point became active, or ceased to be."""
        became = ACTIVE if event.kind == EventKind.POINT_REACTIVATED else INACTIVE
        return _told(event, became, came=True, is_rolled_back=is_rolled_back)

    def adopt(self, points: Collection[UUID]) -> None:
        """Remember what was delivered."""
        MeteringPoint.objects.filter(
            pk__in=points, delivered_active__isnull=True
        ).update(delivered_active=models.F("is_active"))

    def delivered(self, points: Collection[UUID]) -> list[Period]:
        """What was delivered holds since ever."""
        rows = MeteringPoint.objects.filter(pk__in=points).values_list(
            "pk", "delivered_active"
        )
        return [
            Period(place, date.min, None, ACTIVE if active else INACTIVE)
            for place, active in rows
        ]

    def write(
        self, points: Collection[UUID], periods: Iterable[Period], *, today: date
    ) -> None:
        """Set what holds today, and see to it that later dates are not missed."""
        active = [
            period.place
            for period in periods
            if period.occupant == ACTIVE
            and period.starts_on <= today
            and (period.ends_on is None or today < period.ends_on)
        ]
        of_these = MeteringPoint.objects.filter(pk__in=points)
        of_these.filter(pk__in=active, is_active=False).update(is_active=True)
        of_these.exclude(pk__in=active).filter(is_active=True).update(is_active=False)
        told = RegisterEvent.objects.filter(
            kind__in=self.kinds, metering_point__in=points
        )
        told.filter(awaits_date=True, effective_on__lte=today).update(awaits_date=False)
        told.filter(awaits_date=False, effective_on__gt=today).update(awaits_date=True)


HOLDINGS, INSTALLATIONS, ACTIVITY = Holdings(), Installations(), Activity()
SIDES: tuple[Side, ...] = (HOLDINGS, INSTALLATIONS, ACTIVITY)


def _told(
    event: RegisterEvent, occupant: UUID | None, *, came: bool, is_rolled_back: bool
) -> Told:
    place, on = event.metering_point_id, event.effective_on
    if place is None or on is None or occupant is None:
        raise ValueError(f"The event {event.id} lacks what its kind tells of.")
    return Told(
        sender=event.sender,
        sender_id=event.sender_id,
        place=place,
        occupant=occupant,
        on=on,
        came=came,
        stated_order=event.stated_order,
        is_rolled_back=is_rolled_back,
    )
