"""How the customer centre made sure who is on the telephone."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from hanportal.accounts.models.customers import Customer
from hanportal.accounts.models.representations import Representation
from hanportal.accounts.models.users import User

A_DAY = timedelta(days=1)


class CallerMethod(models.TextChoices):
    """How an agent makes sure who is calling."""

    CONTROL_QUESTIONS = "control_questions", _("Kontrollspørsmål")
    CALL_BACK = "call_back", _("Ringt tilbake på registrert nummer")


class CallerPurpose(models.TextChoices):
    """What the call is about. A control for one serves no other."""

    ORDERS = "orders", _("Åpne eller stenge porten")
    CONTACT = "contact", _("Endre kontaktopplysninger")
    REPRESENTATION = "representation", _("Endre hvem som kan handle for kunden")


class CallerVerificationQuerySet(models.QuerySet["CallerVerification"]):
    """Verifications by what they are asked for."""

    def standing(
        self, *, agent: User, caller: Customer, purpose: CallerPurpose
    ) -> Self:
        """Passed and not ended, whether or not their time is out."""
        return self.filter(
            agent=agent,
            caller=caller,
            purpose=purpose,
            passed=True,
            ended_at__isnull=True,
        )

    def valid(
        self, *, agent: User, caller: Customer, purpose: CallerPurpose, now: datetime
    ) -> Self:
        """Those that let this agent do this for this caller now, newest first."""
        return (
            self.standing(agent=agent, caller=caller, purpose=purpose)
            .filter(verified_at__lte=now, expires_at__gt=now)
            .order_by("-verified_at", "-id")
        )

    def any_valid(self, *, agent: User, caller: Customer, now: datetime) -> Self:
        """Those that let this agent do something for this caller now, newest first."""
        return self.filter(
            agent=agent,
            caller=caller,
            passed=True,
            ended_at__isnull=True,
            verified_at__lte=now,
            expires_at__gt=now,
        ).order_by("-verified_at", "-id")

    def failed_lately(self, caller: Customer, *, now: datetime) -> int:
        """How many controls of this customer failed in a day, whoever made them."""
        return self.filter(
            caller=caller, passed=False, verified_at__gt=now - A_DAY
        ).count()


class CallerVerification(models.Model):
    """One agent judged one caller. Holds for these two, one purpose, and not for long.

    The answers are never kept: only which questions were asked, and how each was
    judged.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    caller = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="verifications"
    )
    purpose = models.CharField(
        max_length=16, choices=CallerPurpose.choices, default=CallerPurpose.ORDERS
    )
    representation = models.ForeignKey(
        Representation,
        on_delete=models.PROTECT,
        null=True,
        related_name="verifications",
    )
    """On what the caller acts for the customer; None for the customer in person."""
    method = models.CharField(max_length=20, choices=CallerMethod.choices)
    questions = models.JSONField()
    """`[{"key": "street_address", "right": true}, …]`"""
    passed = models.BooleanField()
    verified_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = CallerVerificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="caller_verification_method_is_known",
                condition=Q(method__in=CallerMethod.values),
            ),
            models.CheckConstraint(
                name="caller_verification_purpose_is_known",
                condition=Q(purpose__in=CallerPurpose.values),
            ),
            models.CheckConstraint(
                name="caller_verification_lasts_only_if_passed",
                condition=Q(passed=True, expires_at__gt=F("verified_at"))
                | Q(passed=False, expires_at=F("verified_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["agent", "caller", "verified_at"], name="caller_verification_of"
            )
        ]

    def __str__(self) -> str:
        return f"{self.agent} / {self.caller_id}: {self.passed}"

    def is_valid(self, *, agent: User, purpose: CallerPurpose, now: datetime) -> bool:
        """True while it lets this agent do this for the caller."""
        return (
            self.passed
            and self.purpose == purpose
            and self.agent_id == agent.pk
            and self.ended_at is None
            and self.verified_at <= now < self.expires_at
        )

    def end(self, *, at: datetime) -> None:
        """Let it hold no longer."""
        self.ended_at = at
        self.save(update_fields=["ended_at"])
