"""What staff may do: roles, given and ended by administrators."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from hanportal.accounts.models.users import User


class Role(models.TextChoices):
    """What a staff member is let in to do. A role gives only its own pages."""

    AGENT = "agent", _("Kundebehandler")
    SUPERVISOR = "supervisor", _("Leder på kundesenteret")
    OPERATOR = "operator", _("Drift")
    AUDITOR = "auditor", _("Revisor")
    ADMINISTRATOR = "administrator", _("Administrator")


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    """Grants by what they are asked for."""

    def current(self) -> Self:
        """Grants that have not been ended."""
        return self.filter(ended_at__isnull=True)

    def roles_of(self, user: User) -> frozenset[Role]:
        """What this person may do now."""
        held = self.current().filter(user=user).values_list("role", flat=True)
        return frozenset(Role(role) for role in held)

    def other_administrators(self, than: User) -> Self:
        """Who else could give roles, and can log in."""
        return (
            self.current()
            .filter(role=Role.ADMINISTRATOR, user__is_active=True)
            .exclude(user=than)
        )


class RoleGrant(models.Model):
    """A role of one staff member, from when it was given until it was ended."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=16, choices=Role.choices)
    granted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+"
    )
    """None for a grant that was made on the command line."""
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role"],
                name="role_grant_is_current_once",
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="role_grant_role_is_known", condition=Q(role__in=Role.values)
            ),
            models.CheckConstraint(
                name="role_grant_ends_after_it_began",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("granted_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"

    def end(self, *, at: datetime) -> None:
        """Take the role away."""
        self.ended_at = at
        self.save(update_fields=["ended_at"])
