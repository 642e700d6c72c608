"""Which login at the company belongs to which staff member."""

from django.db import models
from django.db.models import Q

from hanportal.accounts.models.users import User


class CompanyLoginManager(models.Manager["CompanyLogin"]):
    """Company logins by what they are asked for."""

    def user_of(self, *, issuer: str, subject: str) -> User | None:
        """Whom this login was bound to, switched on or not. Mail addresses count
        nothing: at the company they can be changed and handed on."""
        found = (
            self.filter(issuer=issuer, subject=subject).select_related("user").first()
        )
        return found.user if found else None


class CompanyLogin(models.Model):
    """One person's login at the company, bound once by a code or from inside."""

    user = models.OneToOneField(
        User, on_delete=models.PROTECT, primary_key=True, related_name="company_login"
    )
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=191)
    """The issuer's own name for the person, which it never gives to another."""
    bound_at = models.DateTimeField()

    objects = CompanyLoginManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "subject"], name="company_login_is_one_persons"
            ),
            models.CheckConstraint(
                name="company_login_names_somebody",
                condition=~Q(issuer="") & ~Q(subject=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}"
