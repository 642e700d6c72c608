"""The terms: what a customer agrees to, word for word."""

import hashlib
import json
from datetime import datetime
from typing import Self, TypedDict

from django.db import models
from uuid6 import uuid7

from hanportal.audit import log


class Statement(TypedDict):
    """One thing the customer confirms in a box of its own."""

    key: str
    text: str


class TermsText(TypedDict):
    """The whole text that one version of the terms consists of, in one language."""

    version: str
    language: str
    title: str
    body: str
    statements: list[Statement]


class TermsQuerySet(models.QuerySet["Terms"]):
    """Named reads of the terms."""

    def current(self, language: str) -> "Terms":
        """The newest terms in this language.

        :raises Terms.DoesNotExist: none are published in it.
        """
        return self.filter(language=language).order_by("-published_at", "-id")[:1].get()

    def versions(self) -> list[str]:
        """Every version that was published, the newest name first."""
        found = self.order_by("-version").values_list("version", flat=True).distinct()
        return list(found)


class Terms(models.Model):
    """The terms in one language. Immutable: a new text is a new version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=2)
    title = models.CharField(max_length=120)
    body = models.TextField()
    """Paragraphs separated by blank lines."""
    statements = models.JSONField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()

    objects = TermsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "terms"
        constraints = [
            models.UniqueConstraint(
                fields=["version", "language"], name="terms_one_text_per_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version} ({self.language})"

    @property
    def statement_keys(self) -> frozenset[str]:
        """The keys of every statement that must be confirmed."""
        return frozenset(statement["key"] for statement in self.statements)

    @classmethod
    def publish(
        cls,
        *,
        text: TermsText,
        by: log.Actor,
        at: datetime,
    ) -> Self:
        """Insert a text that holds from now on."""
        terms = cls(**text, sha256=cls.digest(text), published_at=at)
        terms.save(force_insert=True)
        log.record(
            chain="terms",
            what="terms.published",
            who=by,
            on=log.Subject("terms", terms.id),
            at=at,
            facts={
                "version": terms.version,
                "language": terms.language,
                "sha256": terms.sha256,
            },
        )
        return terms

    @staticmethod
    def digest(text: TermsText) -> str:
        """SHA-256 in hex over the whole text as the customer reads it."""
        canonical = json.dumps(
            text, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(canonical.encode()).hexdigest()
