"""The HAN port of each meter: what it should be, and what it was seen to be."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from uuid6 import uuid7

from meters.models.register import HeadEnd, Installation, Meter, MeteringPoint
from meters.states import (
    DesiredState,
    HanCapability,
    ReportedState,
    ReportSource,
)


class HanPortQuerySet(models.QuerySet["HanPort"]):
    """Named reads of ports."""

    def at_point(self, metering_point: MeteringPoint, *, on: date) -> Self:
        """The port of the meter that is installed at the point on this Oslo date."""
        return self.filter(
            Q(meter__installations__ends_on__isnull=True)
            | Q(meter__installations__ends_on__gt=on),
            meter__installations__metering_point=metering_point,
            meter__installations__starts_on__lte=on,
        )

    def installed(self, *, on: date) -> Self:
        """Ports whose meter sits somewhere on this date; the others are history."""
        sits = Installation.objects.on(on).filter(meter=OuterRef("meter_id"))
        return self.filter(Exists(sits))

    def differing(self) -> Self:
        """What is not as it should be, the longest due first."""
        return self.exclude(reported=F("desired")).order_by("read_back_due_at", "id")

    def as_wanted(self) -> Self:
        """What is only looked at once more, the longest due first."""
        return self.filter(reported=F("desired")).order_by("read_back_due_at", "id")

    def nowhere(self, *, on: date) -> Self:
        """Ports whose meter sits at no point on this date."""
        sits = Installation.objects.on(on).filter(meter=OuterRef("meter_id"))
        return self.filter(~Exists(sits))

    def open_unwanted(self, *, on: date) -> Self:
        """Seen open although they must be closed: open without a consent."""
        return self.installed(on=on).filter(
            reported=ReportedState.OPEN, desired=DesiredState.CLOSED
        )

    def read_back_overdue(self, *, at: datetime, on: date) -> Self:
        """Ports that should have been read back, the longest overdue first."""
        return (
            self.installed(on=on)
            .filter(read_back_due_at__lte=at, meter__head_end__is_active=True)
            .order_by("read_back_due_at", "id")
        )

    def waiting_to_be_read(self, head_end: HeadEnd) -> Self:
        """Ports of a head-end that are to be read back some time."""
        return self.filter(meter__head_end=head_end, read_back_due_at__isnull=False)

    def in_turn(self, head_end: HeadEnd) -> Self:
        """Ports of a head-end that are read in their turn, in doubt or not."""
        return self.filter(meter__head_end=head_end).exclude(
            meter__han_capability=HanCapability.UNSUPPORTED
        )

    def not_asked_since(self, at: datetime) -> Self:
        """Those whose turn has not come since then."""
        return self.filter(
            Q(asked_in_turn_at__isnull=True) | Q(asked_in_turn_at__lt=at)
        )

    def asked_since(self, at: datetime) -> Self:
        """Those whose turn has come since then."""
        return self.filter(asked_in_turn_at__gte=at)

    def longest_unasked_first(self) -> Self:
        """Who never had a turn, then who has waited longest for one."""
        return self.order_by(F("asked_in_turn_at").asc(nulls_first=True), "id")

    def seen_open_as_wanted(self, *, on: date) -> Self:
        """Installed, open and meant to be, where the head-end is switched on."""
        return self.installed(on=on).filter(
            desired=DesiredState.OPEN,
            reported=ReportedState.OPEN,
            meter__head_end__is_active=True,
        )

    def locked(self) -> Self:
        """The rows, locked until the transaction ends. Always locked first."""
        return self.select_for_update(of=("self",))

    def want(self, state: DesiredState) -> int:
        """Record a newer intent for each of these, which are locked; says how many."""
        return self.update(desired=state, generation=F("generation") + 1)

    def observe_together(
        self,
        sightings: Sequence[tuple["HanPort", ReportedState, datetime]],
        *,
        source: ReportSource,
    ) -> None:
        """Record how and when each of these, which are locked, was seen to be.

        The times never go back: one that is older than what is known counts as now.
        """
        for port, state, at in sightings:
            port.reported = state
            port.reported_at = max(at, port.reported_at or at)
            port.reported_source = source
        # An upsert of rows that are there: one statement, however many there are.
        self.bulk_create(
            [port for port, _state, _at in sightings],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["reported", "reported_at", "reported_source"],
        )

    def ask_for_read_back(self, *, at: datetime | Now) -> int:
        """Have these read back as soon as possible; says how many.

        :param at: by the database's clock.
        """
        return self.update(read_back_due_at=at)

    def ask_in_turn(self, *, at: datetime) -> int:
        """These have their turn now; says how many."""
        return self.update(asked_in_turn_at=at)


class HanPort(models.Model):
    """The customer's port on a meter: what it should be, and what it was seen to be.

    `generation` counts intents: the newest committed one decides, whatever arrives
    late. A port that nobody ever asked anything of has generation 0.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    meter = models.OneToOneField(
        Meter, on_delete=models.PROTECT, related_name="han_port"
    )
    desired = models.CharField(
        max_length=10, choices=DesiredState.choices, default=DesiredState.CLOSED
    )
    generation = models.PositiveBigIntegerField(default=0)
    reported = models.CharField(
        max_length=10, choices=ReportedState.choices, default=ReportedState.UNKNOWN
    )
    reported_at = models.DateTimeField(null=True, blank=True)
    reported_source = models.CharField(
        max_length=10, choices=ReportSource.choices, blank=True, default=""
    )
    read_back_due_at = models.DateTimeField(null=True, blank=True)
    """When the meter must be read back next; null when nothing is in doubt."""
    asked_in_turn_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When it last had its turn to be read although nothing was in doubt."""
    read_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the meter last answered a read-back, whatever time it gave for its state."""

    objects = HanPortQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="han_port_states_are_known",
                condition=Q(desired__in=DesiredState.values)
                & Q(reported__in=ReportedState.values),
            ),
            models.CheckConstraint(
                name="han_port_report_has_its_time_and_source",
                condition=Q(reported=ReportedState.UNKNOWN)
                | (Q(reported_at__isnull=False) & ~Q(reported_source="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["read_back_due_at"],
                condition=Q(read_back_due_at__isnull=False),
                name="han_port_read_back_due",
            ),
            models.Index(
                fields=["id"],
                condition=Q(reported=ReportedState.OPEN, desired=DesiredState.CLOSED),
                name="han_port_open_unwanted",
            ),
            models.Index(
                F("desired"),
                F("asked_in_turn_at").asc(nulls_first=True),
                F("id"),
                name="han_port_in_turn",
            ),
        ]

    def want(self, state: DesiredState) -> None:
        """Record a newer intent; every older command is stale from here on."""
        self.desired = state
        self.generation = self.generation + 1
        self.save(update_fields=["desired", "generation"])

    def observe(
        self, state: ReportedState, *, at: datetime, source: ReportSource
    ) -> None:
        """Record what the meter was seen to be, unless something newer is known."""
        if self.reported_at is not None and at < self.reported_at:
            return
        self.reported = state
        self.reported_at = at
        self.reported_source = source
        self.save(update_fields=["reported", "reported_at", "reported_source"])

    def read_back_by(self, due_at: datetime | None) -> None:
        """Ask for (or call off) a read-back of the meter."""
        self.read_back_due_at = due_at
        self.save(update_fields=["read_back_due_at"])

    def was_read(self, *, at: datetime) -> None:
        """The meter has answered."""
        self.read_at = at
        self.save(update_fields=["read_at"])

    def give_turn_back(self, before: datetime | None) -> None:
        """It was not asked after all: its turn is still to come."""
        self.asked_in_turn_at = before
        self.save(update_fields=["asked_in_turn_at"])
