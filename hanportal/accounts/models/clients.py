"""Machine clients: systems that speak to us over the machine interface.

A secret and a token are 256 random bits, so a plain SHA-256 keeps them: there is
nothing to guess, and looking one up costs one index.
"""

from datetime import datetime
from typing import Self

from django.core.validators import RegexValidator
from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

CODE = RegexValidator(r"^[a-z][a-z0-9-]{0,39}\Z")


class Scope(models.TextChoices):
    """What a client may do."""

    REGISTER_READ = "register:read", _("Lese registeret")
    REGISTER_WRITE = "register:write", _("Skrive rader til registeret")
    EVENTS_WRITE = "events:write", _("Melde hendelser")


class ApiClientQuerySet(models.QuerySet["ApiClient"]):
    """Clients by what they are asked for."""

    def in_use(self) -> Self:
        """Those that have not been revoked."""
        return self.filter(revoked_at__isnull=True)

    def add(self, client: "ApiClient") -> None:
        """Store a client that was made just now.

        :raises ValidationError: a fact is not what its field takes.
        """
        client.full_clean(validate_unique=False)
        client.save(force_insert=True)


class ApiClient(models.Model):
    """One set of credentials of a system.

    Several clients may send for one system, so that a secret can be exchanged while
    both work: the ids of its events are the sender's, not the client's.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=40, validators=[CODE])
    """Its `client_id`."""
    sender = models.CharField(max_length=40, validators=[CODE])
    """The system that it sends for."""
    scopes = models.JSONField()
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiClientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], name="api_client_code_is_unique"),
        ]

    def __str__(self) -> str:
        return self.code

    def revoke(self, *, at: datetime) -> None:
        """Let it in no more; its tokens end with it."""
        self.revoked_at = at
        self.save(update_fields=["revoked_at"])


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens by what they are asked for."""

    def valid(self, *, at: datetime) -> Self:
        """Those that let their client in at this moment."""
        return self.filter(expires_at__gt=at, client__revoked_at__isnull=True)

    def expired(self, *, at: datetime) -> Self:
        """Those that never will again."""
        return self.filter(expires_at__lte=at)


class ApiToken(models.Model):
    """A bearer token that a client was given. Only its hash is kept."""

    hash = models.CharField(max_length=64, primary_key=True)
    client = models.ForeignKey(
        ApiClient, on_delete=models.PROTECT, related_name="tokens"
    )
    scopes = models.JSONField()
    expires_at = models.DateTimeField()

    objects = ApiTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.hash[:8]} ({self.client_id})"

    def allows(self, scope: str) -> bool:
        """True when the token was given for this."""
        return scope in self.scopes


_COUNT_USE = """
INSERT INTO accounts_apiuse (id, client, outcome, requests) VALUES (%s, %s, %s, 1)
ON CONFLICT (client, outcome) DO UPDATE SET requests = accounts_apiuse.requests + 1
"""


class ApiUseManager(models.Manager["ApiUse"]):
    """Counts requests, whichever process answered them."""

    def count_one(self, *, client: str, outcome: str) -> None:
        """Count a request that was answered."""
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_USE, [str(uuid7()), client, outcome])

    def totals(self) -> list[tuple[str, str, int]]:
        """Client, outcome and number of requests ever, in order."""
        return list(
            self.order_by("client", "outcome").values_list(
                "client", "outcome", "requests"
            )
        )


class ApiUse(models.Model):
    """How many requests of a client ended how; without one, of nobody we know."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=20)
    requests = models.PositiveBigIntegerField()

    objects = ApiUseManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "outcome"], name="api_use_once_per_outcome"
            ),
            models.CheckConstraint(
                name="api_use_outcome_is_not_empty", condition=~Q(outcome="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client} {self.outcome}: {self.requests}"
