"""The HAN port of each meter: what it should be, and what it was seen to be."""

from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from uuid6 import uuid7

from meters.models.register import HeadEnd, Installation, Meter, MeteringPoint
from meters.states import DesiredState, ReportedState, ReportSource


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

    def locked(self) -> Self:
        """The rows, locked until the transaction ends. Always locked first."""
        return self.select_for_update(of=("self",))

    def want(self, state: DesiredState) -> int:
        """Record a newer intent for each of these, which are locked; says how many."""
        return self.update(desired=state, generation=F("generation") + 1)

    def ask_for_read_back(self, *, at: datetime) -> int:
        """Have these read back as soon as possible; says how many."""
        return self.update(read_back_due_at=at)


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
