"""Customers: the people and organisations that are served."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables
from uuid6 import uuid7

from hanportal.accounts.identifiers import validate_organisation_number
from hanportal.accounts.sealing import (
    SealedNationalId,
    national_id_hashes,
    newest_key_version,
    open_national_id,
)


class CustomerKind(models.TextChoices):
    """People and organisations are identified by different numbers."""

    PERSON = "person", "person"
    ORGANISATION = "organisation", "organisasjon"


class CustomerQuerySet(models.QuerySet["Customer"]):
    """The register's people and organisations, by what they are asked for."""

    @sensitive_variables("number")
    def by_national_id(self, number: str) -> "Customer | None":
        """The person with this national id, whichever key version it is under."""
        under_any_key = Q()
        for version, hash_ in national_id_hashes(number).items():
            under_any_key |= Q(national_id_key_version=version, national_id_hash=hash_)
        return self.filter(under_any_key).order_by("-national_id_key_version").first()

    def died_by(self, on: date) -> Self:
        """Who had died by this Oslo date, that date included."""
        return self.filter(died_on__lte=on)

    def sealed_with_older_keys(self) -> Self:
        """Whose national id still waits to be sealed with the newest key."""
        return self.filter(national_id_key_version__lt=newest_key_version())


class Customer(models.Model):
    """A person or an organisation with a grid contract.

    `national_id_hash` is a keyed hash that finds the person; the number itself is
    encrypted, bound to `customer_number`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer_number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=12, choices=CustomerKind.choices)
    name = models.CharField(max_length=120)
    national_id_hash = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 -- unique where present
    national_id_sealed = models.BinaryField(null=True)
    national_id_key_version = models.PositiveSmallIntegerField(null=True)
    organisation_number = models.CharField(  # noqa: DJ001 -- unique where present
        max_length=9, unique=True, null=True, validators=[validate_organisation_number]
    )
    email = models.EmailField(blank=True)
    """From the register; may be stale."""
    notification_email = models.EmailField(blank=True)
    """Chosen by the customer; goes before the register's address."""
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=2, default="nb")
    has_protected_address = models.BooleanField(default=False)
    died_on = models.DateField(null=True, blank=True)
    """From the register or the customer centre; the estate acts from then on."""

    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="customer_is_identified_by_its_kind",
                condition=(
                    Q(kind=CustomerKind.PERSON, organisation_number__isnull=True)
                    & Q(
                        national_id_hash__isnull=False,
                        national_id_sealed__isnull=False,
                        national_id_key_version__isnull=False,
                    )
                )
                | Q(
                    kind=CustomerKind.ORGANISATION,
                    organisation_number__isnull=False,
                    national_id_hash__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="customer_language_is_known",
                condition=Q(language__in=["nb", "nn", "en"]),
            ),
            models.CheckConstraint(
                name="customer_is_a_person_who_died",
                condition=Q(died_on__isnull=True) | Q(kind=CustomerKind.PERSON),
            ),
        ]
        indexes = [
            models.Index(
                fields=["died_on", "id"],
                condition=Q(died_on__isnull=False),
                name="customer_died",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def notice_address(self) -> str:
        """Where e-mail to this customer goes; empty where there is none."""
        return self.notification_email or self.email

    @property
    def sealed_national_id(self) -> SealedNationalId | None:
        """The national id as it is stored; None for organisations."""
        if (
            self.national_id_hash is None
            or self.national_id_sealed is None
            or self.national_id_key_version is None
        ):
            return None
        return SealedNationalId(
            hash=self.national_id_hash,
            sealed=bytes(self.national_id_sealed),
            key_version=self.national_id_key_version,
        )

    def open_national_id(self) -> str | None:
        """The national id in the clear; None for organisations.

        :raises NationalIdDoesNotOpen: the stored bytes do not belong to this row.
        """
        sealed = self.sealed_national_id
        if sealed is None:
            return None
        return open_national_id(
            sealed.sealed,
            customer_number=self.customer_number,
            key_version=sealed.key_version,
        )

    def keep_national_id(self, sealed: SealedNationalId) -> None:
        """Store a national id: the same one under a newer key, or the person's new."""
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

    def choose_notification_email(self, address: str) -> None:
        """Let the customer decide where notices go."""
        self.notification_email = address
        self.save(update_fields=["notification_email"])

    def mark_dead(self, *, died_on: date | None) -> None:
        """Keep the date of death; None corrects a mistake."""
        self.died_on = died_on
        self.save(update_fields=["died_on"])

    def choose_language(self, language: str) -> None:
        """Let the customer decide in which language notices are written."""
        self.language = language
        self.save(update_fields=["language"])
