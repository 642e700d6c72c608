"""Resets of somebody's login: asked for by one administrator, approved by another."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from uuid6 import uuid7

from hanportal.accounts.models.users import User

RESET_LASTS = timedelta(hours=24)


class LoginResetQuerySet(models.QuerySet["LoginReset"]):
    """Resets by what they are asked for."""

    def open(self) -> Self:
        """Neither approved nor stopped, whether or not the time is out."""
        return self.filter(approved_at__isnull=True, stopped_at__isnull=True)

    def waiting(self, *, now: datetime) -> Self:
        """What another administrator can approve now, the oldest first."""
        return self.open().filter(expires_at__gt=now).order_by("asked_at", "id")

    def locked(self) -> Self:
        """The rows, locked until the transaction ends."""
        return self.select_for_update(of=("self",), no_key=True)


class LoginReset(models.Model):
    """Somebody lost what they log in with. Two administrators let them begin anew."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="login_resets"
    )
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = LoginResetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                name="login_reset_is_open_once",
                condition=Q(approved_at__isnull=True, stopped_at__isnull=True),
            ),
            models.CheckConstraint(
                name="login_reset_takes_two",
                condition=Q(approved_by__isnull=True)
                | (~Q(approved_by=F("asked_by")) & ~Q(approved_by=F("user"))),
            ),
            models.CheckConstraint(
                name="login_reset_is_approved_by_somebody",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(
                    approved_by__isnull=False,
                    approved_at__isnull=False,
                    stopped_at__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="login_reset_is_asked_for_another",
                condition=~Q(asked_by=F("user")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.asked_at:%Y-%m-%d %H:%M}"

    def is_waiting(self, *, now: datetime) -> bool:
        """True while it can be approved."""
        return (
            self.approved_at is None
            and self.stopped_at is None
            and now < self.expires_at
        )

    def approve(self, *, by: User, at: datetime) -> None:
        """Note who the second person was."""
        self.approved_by, self.approved_at = by, at
        self.save(update_fields=["approved_by", "approved_at"])

    def stop(self, *, at: datetime) -> None:
        """Let it come to nothing."""
        self.stopped_at = at
        self.save(update_fields=["stopped_at"])
