"""What the register delivers: points, meters, where they sit, and who holds them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.forms.models import model_to_dict
from uuid6 import uuid7

from hanportal.accounts.models import Customer
from meters.identifiers import validate_gsrn
from meters.maintenance import Window, next_window, require_windows, window_at
from meters.networks import is_from, require_networks
from meters.states import HanCapability, HeadEndMode


class PeriodQuerySet(models.QuerySet[Any]):
    """Named reads of what holds from one Oslo date until another."""

    def on(self, day: date) -> Self:
        """Those that hold on this date."""
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=day), starts_on__lte=day
        )


class HoldingQuerySet(PeriodQuerySet):
    """Named reads of who holds what."""

    def left(self, *, on: date) -> Self:
        """Periods that ended by this date and that their customer did not continue.

        Adjacent periods of the same customer at the same point are one stay.
        """
        continued = Holding.objects.filter(
            metering_point=OuterRef("metering_point"),
            customer=OuterRef("customer"),
            starts_on=OuterRef("ends_on"),
        )
        return self.filter(ends_on__lte=on).filter(~Exists(continued))


class MeteringPointQuerySet(models.QuerySet["MeteringPoint"]):
    """Named reads of metering points."""

    def held_by(self, customer: Customer, *, on: date) -> Self:
        """Points that the customer holds on this Oslo date."""
        return self.filter(
            Q(holdings__ends_on__isnull=True) | Q(holdings__ends_on__gt=on),
            holdings__customer=customer,
            holdings__starts_on__lte=on,
        )

    def by_address(self) -> Self:
        """Ordered as people read addresses; total through the GSRN."""
        return self.order_by("postal_code", "street_address", "gsrn")


class MeteringPoint(models.Model):
    """A place in the grid where electricity is measured (målepunkt)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    gsrn = models.CharField(max_length=18, validators=[validate_gsrn])
    street_address = models.CharField(max_length=120)
    postal_code = models.CharField(
        max_length=4, validators=[RegexValidator(r"^[0-9]{4}$")]
    )
    city = models.CharField(max_length=60)
    is_active = models.BooleanField(default=True)
    delivered_active = models.BooleanField(null=True)
    """What was delivered where `is_active` is derived from events; None elsewhere."""
    holdings_from_events = models.BooleanField(default=False, db_default=False)
    """Whether holdings are derived: from delivered rows, with events above them."""
    installations_from_events = models.BooleanField(default=False, db_default=False)

    objects = MeteringPointQuerySet.as_manager()

    class Meta:
        constraints = [
            # Not `unique=True`, which would add a second index for LIKE.
            models.UniqueConstraint(
                fields=["gsrn"], name="metering_point_gsrn_is_unique"
            ),
            models.CheckConstraint(
                name="metering_point_gsrn_has_18_digits",
                condition=Q(gsrn__regex=r"^[0-9]{18}$"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["gsrn"],
                condition=Q(delivered_active__isnull=False),
                name="metering_point_active_derived",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.street_address}, {self.postal_code} {self.city}"


class HeadEndQuerySet(models.QuerySet["HeadEnd"]):
    """Named reads of head-ends."""

    def by_name(self) -> Self:
        """Ordered as people look for them; total through the code."""
        return self.order_by("name", "code")

    def may_be_spoken_to(self, head_end: "HeadEnd", *, now: datetime) -> bool:
        """Whether it is on and in no maintenance, whatever was read before."""
        fresh = self.filter(pk=head_end.pk, is_active=True).first()
        return fresh is not None and fresh.maintenance_at(now) is None

    def held_to_act(self, head_end: "HeadEnd") -> "HeadEnd | None":
        """The head-end if commands may be sent to it now; else None.

        Nobody switches it off or to observing before the transaction is over.
        """
        statement = "SELECT * FROM meters_headend WHERE id = %s FOR SHARE"
        for fresh in self.model.objects.raw(statement, [head_end.pk]):
            if fresh.may_send:
                return fresh
        return None


class HeadEnd(models.Model):
    """A head-end system (frontsystem): where commands go. Secrets stay outside.

    `code` names the environment variable that holds the secret shared with it:
    HEAD_END_SECRET_<CODE>. `profile` picks the adapter.
    """

    class Profile(models.TextChoices):
        """The adapters that exist."""

        CIM_STRICT = "cim-strict", "CIM strict"
        CIM_EVENTS = "cim-events", "CIM events"
        CIM_SYNCHRONOUS = "cim-synchronous", "CIM synchronous"
        POLL = "poll", "Poll"
        MANUAL = "manual", "Manual"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(
        max_length=20, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")]
    )
    name = models.CharField(max_length=60)
    profile = models.CharField(max_length=20, choices=Profile.choices)
    profile_settings = models.JSONField(default=dict, blank=True)
    """What this one does differently from its profile: codes, words, limits."""
    endpoint = models.URLField(blank=True)
    """Empty only where nothing goes over a wire."""
    connect_timeout_seconds = models.PositiveSmallIntegerField(default=5)
    read_timeout_seconds = models.PositiveSmallIntegerField(default=30)
    max_concurrency = models.PositiveSmallIntegerField(default=20)
    result_wait_seconds = models.PositiveIntegerField(
        default=120,
        help_text="How long to wait for a final result before reading the meter back.",
    )
    commands_per_minute = models.PositiveIntegerField(default=0)
    """How many may be sent by all workers together; 0: as many as there are."""
    segment_permits = models.PositiveSmallIntegerField(default=0)
    """How many openings one concentrator segment has under way; 0: any number."""
    maintenance = models.JSONField(
        default=list, blank=True, validators=[require_windows]
    )
    """When it is closed for maintenance: `meters.maintenance`."""
    callback_networks = models.JSONField(
        default=list, blank=True, validators=[require_networks]
    )
    """Where its callbacks may come from; empty: anywhere. `meters.networks`."""
    is_active = models.BooleanField(default=True)
    """False when it is switched off: nothing at all is said to it."""
    mode = models.CharField(
        max_length=10, choices=HeadEndMode.choices, default=HeadEndMode.ACT
    )
    """What is registered by people begins by observing: `meters.actions`."""
    mode_since = models.DateTimeField(null=True, blank=True)
    """Since when it has this mode; None where it never had another."""

    objects = HeadEndQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="head_end_profile_is_known",
                condition=Q(
                    profile__in=[
                        "cim-strict",
                        "cim-events",
                        "cim-synchronous",
                        "poll",
                        "manual",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="head_end_has_an_endpoint",
                condition=~Q(endpoint="") | Q(profile="manual"),
            ),
            models.CheckConstraint(
                name="head_end_mode_is_known",
                condition=Q(mode__in=HeadEndMode.values),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_send(self) -> bool:
        """True while commands may leave for it."""
        return self.is_active and self.mode == HeadEndMode.ACT

    def is_called_from(self, address: str) -> bool:
        """Whether its callbacks may come from this network address."""
        return is_from(self.callback_networks, address)

    def maintenance_at(self, now: datetime) -> Window | None:
        """The maintenance that it is closed for at this moment."""
        return window_at(self.maintenance, now=now)

    def next_maintenance(self, now: datetime) -> Window | None:
        """What begins next, of what is known a week ahead."""
        return next_window(self.maintenance, now=now)

    @property
    def is_observing(self) -> bool:
        """True while its meters are only read and compared."""
        return self.mode == HeadEndMode.OBSERVE

    def switch(self, *, on: bool) -> None:
        """Let it be spoken to, or not."""
        self.is_active = on
        self.save(update_fields=["is_active"])

    def go_over_to(self, mode: HeadEndMode, *, at: datetime) -> None:
        """Only observe, or act, from now on."""
        self.mode = mode
        self.mode_since = at
        self.save(update_fields=["mode", "mode_since"])

    def change(self, facts: Mapping[str, Any]) -> list[str]:
        """Take on these facts; gives the names of those that were new.

        :raises ValidationError: a fact is not what its field takes.
        """
        known = {} if self._state.adding else model_to_dict(self)
        changed = [name for name, fact in facts.items() if known.get(name) != fact]
        if changed:
            for name in changed:
                setattr(self, name, facts[name])
            self.full_clean()
            self.save()
        return changed


class Meter(models.Model):
    """A physical meter. Its HAN capability decides how an order is carried out.

    A head-end is spoken to about serials alone, so a serial means one meter there.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    serial = models.CharField(max_length=20)
    manufacturer = models.CharField(max_length=40)
    model = models.CharField(max_length=40)
    head_end = models.ForeignKey(
        HeadEnd, on_delete=models.PROTECT, related_name="meters", db_index=False
    )
    han_capability = models.CharField(max_length=20, choices=HanCapability.choices)
    segment = models.CharField(
        max_length=40, blank=True, default="", db_default="", editable=False
    )
    """The concentrator that it hangs on, where the head-end's operator has said so."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["manufacturer", "serial"], name="meter_serial_per_manufacturer"
            ),
            models.UniqueConstraint(
                fields=["head_end", "serial"], name="meter_serial_per_head_end"
            ),
            models.CheckConstraint(
                name="meter_serial_is_not_empty", condition=~Q(serial="")
            ),
            models.CheckConstraint(
                name="meter_han_capability_is_known",
                condition=Q(han_capability__in=HanCapability.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.model} {self.serial}"


class Installation(models.Model):
    """Which meter sits at which point. Half-open Oslo dates.

    Neither a point's nor a meter's periods overlap: triggers in migration 0002 hold it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    meter = models.ForeignKey(
        Meter, on_delete=models.PROTECT, related_name="installations", db_index=False
    )
    metering_point = models.ForeignKey(
        MeteringPoint,
        on_delete=models.PROTECT,
        related_name="installations",
        db_index=False,
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["metering_point"],
                condition=Q(ends_on__isnull=True),
                name="installation_one_current_per_point",
            ),
            models.UniqueConstraint(
                fields=["meter"],
                condition=Q(ends_on__isnull=True),
                name="installation_one_current_per_meter",
            ),
            models.UniqueConstraint(
                fields=["metering_point", "starts_on"],
                name="installation_one_start_per_point",
            ),
            models.UniqueConstraint(
                fields=["meter", "starts_on"], name="installation_one_start_per_meter"
            ),
            models.CheckConstraint(
                name="installation_is_not_empty",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
            ),
        ]


class Holding(models.Model):
    """Which customer holds the point (nettavtale). Half-open Oslo dates.

    A point's periods never overlap: triggers in migration 0002 hold it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="holdings"
    )
    metering_point = models.ForeignKey(
        MeteringPoint,
        on_delete=models.PROTECT,
        related_name="holdings",
        db_index=False,
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects = HoldingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["metering_point"],
                condition=Q(ends_on__isnull=True),
                name="holding_one_current_per_point",
            ),
            models.UniqueConstraint(
                fields=["metering_point", "starts_on"],
                name="holding_one_start_per_point",
            ),
            models.CheckConstraint(
                name="holding_is_not_empty",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
            ),
        ]
