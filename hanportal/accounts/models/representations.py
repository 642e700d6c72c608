"""Who may act for whom: on what ground, from when until when, and revocable."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from uuid6 import uuid7

from hanportal.accounts.models.customers import Customer
from hanportal.accounts.sealing import (
    SealedNationalId,
    newest_key_version,
    open_national_id,
)

LONGEST_DELEGATION = timedelta(days=366)
"""A year, a leap year too; the database holds it."""


class Ground(models.TextChoices):
    """On what somebody may act for another."""

    BUSINESS = "business", _("handler for virksomheten")
    GUARDIAN = "guardian", _("verge")
    ESTATE = "estate", _("representant for dødsboet")
    DELEGATE = "delegate", _("fullmektig")


class RepresentationSource(models.TextChoices):
    """Who registered it."""

    REGISTER = "register", _("registeret")
    CONSOLE = "console", _("kundesenteret")
    HOLDER = "holder", _("kunden selv")


@dataclass(frozen=True, kw_only=True, repr=False)
class Representative:
    """A person who may act for another; need not be a customer."""

    name: str
    national_id: str
    email: str = ""
    phone: str = ""


def sealed_for(source: str, number: str) -> str:
    """What a representative's national id is bound to when it is sealed."""
    return f"representation:{source}:{number}"


class RepresentationQuerySet(models.QuerySet["Representation"]):
    """Named reads of representations."""

    def of_person(self, person: Mapping[int, str]) -> Self:
        """Where this person is the representative.

        :param person: the keyed hash of the national id under each key version.
        """
        under_any_key = Q(pk__in=[])
        for version, hash_ in person.items():
            under_any_key |= Q(national_id_key_version=version, national_id_hash=hash_)
        return self.filter(under_any_key)

    def current(self, *, on: date) -> Self:
        """Those that let somebody act on this Oslo date.

        Guardianships, delegations and the like end with the represented person's death;
        an estate begins with it.
        """
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=on),
            Q(ground=Ground.ESTATE, represented__died_on__lte=on)
            | (
                ~Q(ground=Ground.ESTATE)
                & (
                    Q(represented__died_on__isnull=True)
                    | Q(represented__died_on__gt=on)
                )
            ),
            starts_on__lte=on,
            revoked_at__isnull=True,
        )

    def held_by(self, person: Mapping[int, str], *, on: date) -> Self:
        """For whom this person may act on this Oslo date, by name."""
        return (
            self.of_person(person)
            .current(on=on)
            .select_related("represented")
            .order_by("represented__name", "id")
        )

    def of_customer(self, customer: Customer) -> Self:
        """Everybody who may act for the customer, or might once; newest first."""
        return (
            self.filter(represented=customer)
            .select_related("represented")
            .order_by("-registered_at", "-id")
        )

    def standing(self, *, on: date) -> Self:
        """Neither revoked nor over: current ones, and those that begin later."""
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=on), revoked_at__isnull=True
        )

    def estate_address(self, customer: Customer, *, on: date) -> str:
        """Where e-mail about a dead customer goes; empty where nobody is registered."""
        return (
            self.filter(represented=customer, ground=Ground.ESTATE)
            .current(on=on)
            .exclude(email="")
            .order_by("registered_at", "id")
            .values_list("email", flat=True)
            .first()
            or ""
        )

    def sealed_with_older_keys(self) -> Self:
        """Whose national id still waits to be sealed with the newest key."""
        return self.filter(national_id_key_version__lt=newest_key_version())

    def share_locked(self, representation_id: UUID) -> "Representation":
        """Held FOR SHARE: nothing revokes it before the transaction is over.

        :raises Representation.DoesNotExist: there is none with this id.
        """
        statement = "SELECT * FROM accounts_representation WHERE id = %s FOR SHARE"
        for representation in self.model.objects.raw(statement, [representation_id]):
            return representation
        raise self.model.DoesNotExist(f"There is no representation {representation_id}")


class Representation(models.Model):
    """One person may act for one customer. Revoked or over, never edited.

    The representative is known by the keyed hash of the national id, as customers are,
    so that somebody who is no customer is recognised when the eID points them out. The
    number itself is sealed, bound to source and number.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.CharField(max_length=10, choices=RepresentationSource.choices)
    number = models.CharField(max_length=20)
    """The source's own name for it."""
    represented = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="representations"
    )
    name = models.CharField(max_length=120)
    """The representative's."""
    national_id_hash = models.CharField(max_length=64)
    national_id_sealed = models.BinaryField()
    national_id_key_version = models.PositiveSmallIntegerField()
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=20, blank=True)
    ground = models.CharField(max_length=10, choices=Ground.choices)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    """The first Oslo date on which it holds no longer."""
    evidence = models.CharField(max_length=120)
    """Which document says so: a certificate's number, a case in the archive."""
    registered_at = models.DateTimeField()
    registered_by = models.CharField(max_length=80)
    """The actor's reference, as in the log."""
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=80, blank=True, default="")

    objects = RepresentationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "number"], name="representation_number_is_unique"
            ),
            # What consents and orders refer to together with their customer.
            models.UniqueConstraint(
                fields=["id", "represented"], name="representation_with_its_customer"
            ),
            models.CheckConstraint(
                name="representation_choices_are_known",
                condition=Q(ground__in=Ground.values)
                & Q(source__in=RepresentationSource.values),
            ),
            models.CheckConstraint(
                name="representation_period_is_not_empty",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
            ),
            models.CheckConstraint(
                name="representation_by_delegation_expires",
                condition=~Q(ground=Ground.DELEGATE)
                | Q(
                    ends_on__isnull=False,
                    ends_on__lte=F("starts_on") + LONGEST_DELEGATION,
                ),
            ),
            models.CheckConstraint(
                name="representation_names_its_evidence",
                condition=~Q(evidence="") & ~Q(number="") & ~Q(name=""),
            ),
            models.CheckConstraint(
                name="representation_says_who_revoked_it",
                condition=Q(revoked_at__isnull=True, revoked_by="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by="")),
            ),
        ]
        indexes = [
            models.Index(fields=["national_id_hash"], name="representation_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_ground_display()}"

    @property
    def sealed_context(self) -> str:
        """What the sealed national id is bound to."""
        return sealed_for(self.source, self.number)

    @sensitive_variables()
    def open_national_id(self) -> str:
        """The representative's national id in the clear.

        :raises NationalIdDoesNotOpen: the stored bytes do not belong to this row.
        """
        return open_national_id(
            bytes(self.national_id_sealed),
            customer_number=self.sealed_context,
            key_version=self.national_id_key_version,
        )

    def keep_national_id(self, sealed: SealedNationalId) -> None:
        """Store the same national id under a newer key."""
        self.national_id_hash = sealed.hash
        self.national_id_sealed = sealed.sealed
        self.national_id_key_version = sealed.key_version
        self.save(
            update_fields=[
                "national_id_hash",
                "national_id_sealed",
                "national_id_key_version",
            ]
        )

    def is_current(self, *, on: date) -> bool:
        """True while it lets the representative act. One query."""
        return Representation.objects.current(on=on).filter(pk=self.pk).exists()

    def is_over(self, *, on: date) -> bool:
        """True when it was revoked, or its last day has passed."""
        return self.revoked_at is not None or (
            self.ends_on is not None and self.ends_on <= on
        )

    def revoke(self, *, by: str, at: datetime) -> None:
        """Let it hold no longer.

        :param by: the actor's reference, as in the log.
        """
        self.revoked_at = at
        self.revoked_by = by
        self.save(update_fields=["revoked_at", "revoked_by"])
