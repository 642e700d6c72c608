"""Users: those who log in, customers with an eID and staff with a password."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from hanportal.accounts.models.customers import Customer


@dataclass(frozen=True, kw_only=True)
class Identification:
    """How a person proved who they are, kept with what they then consented to."""

    issuer: str
    subject: str
    """The issuer's pseudonymous subject, never a national id."""
    level: str
    """The level of assurance that the issuer returned (`acr`)."""
    authenticated_at: datetime


class UserManager(BaseUserManager["User"]):
    """Users are made by logging in with an eID, or invited as staff."""

    use_in_migrations = False

    def add(self, user: "User") -> "User":
        """Store a user that was made just now."""
        user.save(force_insert=True)
        return user

    def staff(self) -> "models.QuerySet[User]":
        """Everybody who works here, also those who are switched off."""
        return self.filter(is_staff=True)

    def staff_with_roles(self) -> "models.QuerySet[User]":
        """Everybody who works here by name, each with their grants."""
        return (
            self.staff()
            .prefetch_related("role_grants")
            .order_by("-is_active", "display_name", "id")
        )

    def staff_by_email(self, email: str) -> "User | None":
        """The staff member with this login name, while switched on."""
        wanted = login_name(email)
        return self.staff().filter(email=wanted, is_active=True).first()


def login_name(email: str) -> str:
    """An e-mail address as staff log in with it: no spaces around, lower case."""
    return email.strip().lower()


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who logs in: a customer, known by the eID's subject, or staff.

    Nobody is both. A staff member who is also a customer has a second user, which the
    eID made.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(blank=True)
    """The login name of staff, in lower case; empty for customers."""
    display_name = models.CharField(max_length=120, blank=True)
    staff_number = models.CharField(max_length=20, blank=True)
    """What customers see of a staff member, beside the unit."""
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="users"
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "id"
    REQUIRED_FIELDS = []
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"], name="user_email_is_unique", condition=~Q(email="")
            ),
            models.UniqueConstraint(
                fields=["staff_number"],
                name="user_staff_number_is_unique",
                condition=~Q(staff_number=""),
            ),
            models.CheckConstraint(
                name="user_is_staff_or_customer",
                condition=Q(is_staff=False, email="", staff_number="")
                | (
                    Q(is_staff=True, customer__isnull=True)
                    & ~Q(email="")
                    & ~Q(staff_number="")
                ),
            ),
            models.CheckConstraint(
                name="user_is_no_superuser", condition=Q(is_superuser=False)
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or str(self.id)

    def act_for(self, customer: Customer | None, *, display_name: str) -> None:
        """Bind the login to the customer that the eID pointed out just now.

        :param customer: None takes away what an earlier login gave.
        :param display_name: how the pages greet this person.
        """
        self.customer = customer
        self.display_name = display_name
        self.save(update_fields=["customer", "display_name"])

    def has_role(self, role: str) -> bool:
        """True while a grant of this role has not been ended. One query."""
        return self.role_grants.current().filter(role=role).exists()

    def current_role_names(self) -> list[str]:
        """The roles held now, as people read them; from grants that were fetched."""
        return sorted(
            grant.get_role_display()
            for grant in self.role_grants.all()
            if grant.ended_at is None
        )

    def keep_password(self, password: str) -> None:
        """Store a password that was accepted; other sessions end with the old one."""
        self.set_password(password)
        self.save(update_fields=["password"])

    def forget_password(self) -> None:
        """No password is right any more, and every session ends."""
        self.set_unusable_password()
        self.save(update_fields=["password"])

    def switch_off(self) -> None:
        """Let the person in no more.

        The password goes too: every session carries a hash of it, so none of them
        works again even when the person is switched on later.
        """
        self.is_active = False
        self.set_unusable_password()
        self.save(update_fields=["is_active", "password"])

    def switch_on(self) -> None:
        """Let the person choose a password anew."""
        self.is_active = True
        self.save(update_fields=["is_active"])
