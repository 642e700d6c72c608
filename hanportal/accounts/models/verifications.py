"""How the customer centre made sure who is on the telephone."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from uuid6 import uuid7

from hanportal.accounts.models.customers import Customer
from hanportal.accounts.models.users import User


class CallerMethod(models.TextChoices):
    """How an agent makes sure who is calling."""

    CONTROL_QUESTIONS = "control_questions", "Kontrollspørsmål"
    CALL_BACK = "call_back", "Ringt tilbake på registrert nummer"


class CallerVerificationQuerySet(models.QuerySet["CallerVerification"]):
    """Verifications by what they are asked for."""

    def standing(self, *, agent: User, caller: Customer) -> Self:
        """Passed and not ended, whether or not their time is out."""
        return self.filter(
            agent=agent, caller=caller, passed=True, ended_at__isnull=True
        )

    def valid(self, *, agent: User, caller: Customer, now: datetime) -> Self:
        """Those that let this agent act for this caller now, newest first."""
        return (
            self.standing(agent=agent, caller=caller)
            .filter(verified_at__lte=now, expires_at__gt=now)
            .order_by("-verified_at", "-id")
        )


class CallerVerification(models.Model):
    """One agent judged one caller. Holds for these two, and for a short while.

    The answers are never kept: only which questions were asked, and how each was
    judged.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    caller = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="verifications"
    )
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

    def is_valid(self, *, agent: User, now: datetime) -> bool:
        """True while it lets this agent act for the caller."""
        return (
            self.passed
            and self.agent_id == agent.pk
            and self.ended_at is None
            and self.verified_at <= now < self.expires_at
        )

    def end(self, *, at: datetime) -> None:
        """Let it hold no longer."""
        self.ended_at = at
        self.save(update_fields=["ended_at"])
