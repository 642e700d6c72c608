"""What the customer system told as events, and what it delivered beneath them.

The register is derived: docs/adr/0012 says how events and delivered rows meet.
"""

from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from hanportal.accounts.models import Customer
from meters.models.register import Meter, MeteringPoint


class EventKind(models.TextChoices):
    """What can happen at a metering point, or to a customer."""

    MOVED_IN = "moved_in", _("Innflytting")
    MOVED_OUT = "moved_out", _("Utflytting")
    END_USER_CHANGED = "end_user_changed", _("Endret sluttbruker")
    SUPPLIER_SWITCHED = "supplier_switched", _("Leverandørbytte")
    POINT_DEACTIVATED = "point_deactivated", _("Målepunkt deaktivert")
    POINT_REACTIVATED = "point_reactivated", _("Målepunkt aktivert igjen")
    METER_EXCHANGED = "meter_exchanged", _("Målerbytte")
    CUSTOMER_DIED = "customer_died", _("Dødsfall")
    GUARDIAN_APPOINTED = "guardian_appointed", _("Verge oppnevnt")
    ROLLED_BACK = "rolled_back", _("Tilbakeføring")


HOLDING_KINDS = (EventKind.MOVED_IN, EventKind.MOVED_OUT)
ACTIVITY_KINDS = (EventKind.POINT_DEACTIVATED, EventKind.POINT_REACTIVATED)


class EventOutcome(models.TextChoices):
    """What an event did to the register when it came."""

    APPLIED = "applied", _("Utført")
    NO_EFFECT = "no_effect", _("Uten virkning")
    RECORDED = "recorded", _("Mottatt, ikke utført ennå")


class RegisterEventQuerySet(models.QuerySet["RegisterEvent"]):
    """Named reads of events."""

    def standing(self) -> Self:
        """Those that no event of the same sender rolls back."""
        return self.filter(~self._rolled_back())

    def with_standing(self) -> Self:
        """Each with `is_rolled_back`."""
        return self.annotate(is_rolled_back=self._rolled_back())

    def of_sender(self, sender: str, *sender_ids: str) -> Self:
        """Those that a sender sent under these ids."""
        return self.filter(sender=sender, sender_id__in=sender_ids)

    @staticmethod
    def _rolled_back() -> Exists:
        return Exists(
            RegisterEvent.objects.filter(
                sender=OuterRef("sender"), rolls_back=OuterRef("sender_id")
            )
        )


class RegisterEvent(models.Model):
    """Something that happened, as the customer system told it. Never edited.

    Of what was sent, only what the register is derived from is kept; the rest is
    known by its digest.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sender = models.CharField(max_length=40)
    """The code of the system that sent it; several credentials may share one."""
    sender_id = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, choices=EventKind.choices)
    metering_point = models.ForeignKey(
        MeteringPoint, on_delete=models.PROTECT, null=True, related_name="events"
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, related_name="+"
    )
    meter = models.ForeignKey(
        Meter, on_delete=models.PROTECT, null=True, related_name="events"
    )
    effective_on = models.DateField(null=True)
    """An Oslo date; None for a rollback, which works from where its event does."""
    stated_order = models.PositiveIntegerField(default=0)
    """The sender's own order among events of one date."""
    rolls_back = models.CharField(max_length=80, blank=True)
    """The sender's id of the event that this one takes back; it may come later."""
    digest = models.CharField(max_length=64)
    """SHA-256, in hex, of what was sent; a national id enters it as its keyed hash."""
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=EventOutcome.choices)
    awaits_date = models.BooleanField(default=False)
    """True while a point's activity has still to change on `effective_on`."""

    is_rolled_back: bool
    """What `with_standing` says; not stored, for a rollback may come at any time."""

    objects = RegisterEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sender", "sender_id"], name="register_event_once_per_sender"
            ),
            models.CheckConstraint(
                name="register_event_words_are_known",
                condition=Q(kind__in=EventKind.values, outcome__in=EventOutcome.values),
            ),
            models.CheckConstraint(
                name="register_event_has_date_or_rolls_back",
                condition=Q(kind=EventKind.ROLLED_BACK, effective_on__isnull=True)
                & ~Q(rolls_back="")
                | ~Q(kind=EventKind.ROLLED_BACK)
                & Q(effective_on__isnull=False, rolls_back=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["sender", "rolls_back"],
                condition=~Q(rolls_back=""),
                name="register_event_rollbacks",
            ),
            models.Index(
                fields=["effective_on"],
                condition=Q(awaits_date=True),
                name="register_event_awaits_date",
            ),
        ]


class DeliveredHolding(models.Model):
    """A holding as it was delivered, at a point whose holdings events tell about.

    Delivered rows may overlap here: what holds is derived from them and the events.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    metering_point = models.ForeignKey(
        MeteringPoint, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["metering_point", "starts_on"],
                name="delivered_holding_one_start_per_point",
            ),
            models.CheckConstraint(
                name="delivered_holding_is_not_empty",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
            ),
        ]


class DeliveredInstallation(models.Model):
    """An installation as it was delivered, where events tell of meter exchanges."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="+")
    metering_point = models.ForeignKey(
        MeteringPoint, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["metering_point", "starts_on"],
                name="delivered_installation_one_start_per_point",
            ),
            models.CheckConstraint(
                name="delivered_installation_is_not_empty",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
            ),
        ]
