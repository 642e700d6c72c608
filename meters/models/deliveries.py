"""Which deliveries of the register came, and which wait for two people."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from uuid6 import uuid7

from hanportal.accounts.models import User


class DeliveryKind(models.TextChoices):
    """What a delivery says of itself."""

    INCREMENTAL = "incremental", "Endringer"
    COMPLETE = "complete", "Fullstendig"


class DeliveryState(models.TextChoices):
    """Whether all of a delivery was done."""

    IMPORTED = "imported", "Importert"
    HELD = "held", "Holdt tilbake"
    """Its rows landed; what it lacks was not ended."""
    RELEASED = "released", "Frigitt"


class RegisterDeliveryQuerySet(models.QuerySet["RegisterDelivery"]):
    """Named reads of deliveries."""

    def after(self, delivery: "RegisterDelivery") -> Self:
        """Those imported later than this one. UUIDs of version 7 rise with time."""
        return self.filter(pk__gt=delivery.pk)

    def held(self) -> Self:
        """Those that wait for two people, the newest first."""
        return (
            self.filter(state=DeliveryState.HELD)
            .select_related("first_released_by")
            .order_by("-id")
        )

    def newest_complete_at(self) -> datetime | None:
        """When the newest complete delivery that came was made."""
        newest: datetime | None = self.filter(kind=DeliveryKind.COMPLETE).aggregate(
            newest=models.Max("created_at")
        )["newest"]
        return newest

    def ended_since(self, moment: datetime) -> int:
        """How many rows ended since then without anybody releasing it."""
        ended = self.filter(
            state=DeliveryState.IMPORTED, imported_at__gte=moment
        ).aggregate(ended=models.Sum(F("holdings_ended") + F("installations_ended")))
        return ended["ended"] or 0


class RegisterDelivery(models.Model):
    """A delivery that changed something, or that said of itself that it is complete.

    The database holds that two different people release what was held.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=DeliveryKind.choices)
    state = models.CharField(max_length=10, choices=DeliveryState.choices)
    folder = models.TextField()
    digest = models.CharField(max_length=64, blank=True)
    """SHA-256, in hex, of a complete delivery's files; empty for others."""
    created_at = models.DateTimeField(null=True)
    """When the customer system made it; None where nothing says so."""
    imported_at = models.DateTimeField()
    holdings_ended = models.PositiveIntegerField(default=0)
    """How many were ended, or would be while it is held."""
    installations_ended = models.PositiveIntegerField(default=0)
    first_released_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+"
    )
    first_released_at = models.DateTimeField(null=True)
    second_released_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+"
    )
    second_released_at = models.DateTimeField(null=True)

    objects = RegisterDeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="register_delivery_words_are_known",
                condition=Q(
                    kind__in=DeliveryKind.values, state__in=DeliveryState.values
                ),
            ),
            models.CheckConstraint(
                name="register_delivery_complete_has_date_and_digest",
                condition=Q(kind=DeliveryKind.INCREMENTAL, state=DeliveryState.IMPORTED)
                | Q(kind=DeliveryKind.COMPLETE, created_at__isnull=False)
                & ~Q(digest=""),
            ),
            models.CheckConstraint(
                name="register_delivery_release_has_two_people",
                condition=Q(
                    state=DeliveryState.RELEASED,
                    first_released_by__isnull=False,
                    first_released_at__isnull=False,
                    second_released_by__isnull=False,
                    second_released_at__isnull=False,
                )
                | (
                    ~Q(state=DeliveryState.RELEASED)
                    & Q(second_released_by__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="register_delivery_releasers_differ",
                condition=Q(second_released_by__isnull=True)
                | ~Q(first_released_by=F("second_released_by")),
            ),
        ]

    def release_first(self, *, by: User, at: datetime) -> None:
        """The first of two people lets it end what it lacks."""
        self.first_released_by = by
        self.first_released_at = at
        self.save(update_fields=["first_released_by", "first_released_at"])

    def release_second(self, *, by: User, at: datetime) -> None:
        """The second one does too: it is released."""
        self.second_released_by = by
        self.second_released_at = at
        self.state = DeliveryState.RELEASED
        self.save(update_fields=["second_released_by", "second_released_at", "state"])
