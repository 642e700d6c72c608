"""What was said to head-ends, what came back, and what they say of their own accord."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from uuid6 import uuid7

from meters.headend import Purpose
from meters.models import HeadEnd
from orders.models.cases import Case
from orders.models.commands import Command
from orders.states import CallbackOutcome

NATIONAL_ID: Final = re.compile(r"(?<![0-9])[0-9]{6}[ ]?[0-9]{5}(?![0-9])")
EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class ExchangeQuerySet(models.QuerySet["Exchange"]):
    """Named reads of exchanges."""

    def since(self, at: datetime) -> Self:
        """Those begun since then: a MessageID is a UUIDv7, which starts with a time."""
        return self.filter(id__gte=_first_id(at))

    def forget_before(self, at: datetime, *, at_most: int) -> int:
        """Delete the oldest from before then; says how many.

        What somebody may yet look into stays: what is said of a command that is under
        way, and of a port with a case that is not closed.
        """
        live = Command.objects.live().filter(pk=OuterRef("command"))
        unsettled = Case.objects.unsettled().filter(
            port__meter__serial=OuterRef("serial"), head_end=OuterRef("head_end")
        )
        old = (
            self.filter(id__lt=_first_id(at))
            .exclude(Exists(live))
            .exclude(Exists(unsettled))
            .order_by("id")
            .values_list("id", flat=True)
        )
        forgotten, _ = self.filter(id__in=list(old[:at_most])).delete()
        return forgotten

    def keep_answers(self, exchanges: Sequence["Exchange"]) -> None:
        """Keep what was heard to each of these, in one statement.

        An upsert of rows that are there: an update builds a case for every row.
        """
        self.bulk_create(
            exchanges,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[
                "status_code",
                "response",
                "fault",
                "detail",
                "answered_at",
            ],
        )

    def counted(self) -> dict[UUID, tuple[int, int]]:
        """How many there were with each head-end, and how many of them with a fault."""
        rows = (
            self.order_by()
            .values_list("head_end_id")
            .annotate(number=Count("id"), faults=Count("id", filter=~Q(fault="")))
        )
        return {head_end_id: (number, faults) for head_end_id, number, faults in rows}

    def newest_success(self) -> "dict[UUID, Exchange]":
        """The last that was answered without a fault, by head-end."""
        return self.filter(fault="", answered_at__isnull=False)._newest()

    def newest_fault(self) -> "dict[UUID, Exchange]":
        """The last with a fault, by head-end."""
        return self.exclude(fault="")._newest()

    def _newest(self) -> "dict[UUID, Exchange]":
        rows = (
            self.defer("request", "response")
            .order_by("head_end_id", "-id")
            .distinct("head_end_id")
        )
        return {row.head_end_id: row for row in rows}

    def of(self, commands: Collection[Command]) -> Self:
        """What was said about these commands, as it left, without the raw bodies."""
        return (
            self.filter(command__in=commands)
            .defer("request", "response")
            .order_by("leaving_at", "id")
        )


class Exchange(models.Model):
    """One message to a head-end and its answer; committed before it is sent.

    The id is the MessageID. Bodies carry neither secrets nor personal data.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    head_end = models.ForeignKey(
        HeadEnd, on_delete=models.PROTECT, related_name="exchanges"
    )
    command = models.ForeignKey(
        Command, on_delete=models.PROTECT, null=True, related_name="exchanges"
    )
    purpose = models.CharField(
        max_length=20, choices=[(p.value, p.value) for p in Purpose]
    )
    serial = models.CharField(max_length=20, blank=True, default="")
    request = models.BinaryField()
    leaving_at = models.DateTimeField()
    status_code = models.PositiveSmallIntegerField(null=True)
    response = models.BinaryField(null=True)
    fault = models.CharField(max_length=20, blank=True, default="")
    detail = models.CharField(max_length=300, blank=True, default="")
    answered_at = models.DateTimeField(null=True)

    objects = ExchangeQuerySet.as_manager()

    @property
    def said(self) -> str:
        """What was sent, as a page may show it."""
        return redacted(self.request)

    @property
    def heard(self) -> str:
        """What came back, as a page may show it."""
        return redacted(self.response)


def _first_id(at: datetime) -> UUID:
    """The smallest MessageID of that millisecond."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=milliseconds << 80)


def redacted(body: bytes | memoryview | None) -> str:
    """A raw body as text, without what could be a national id or an e-mail address."""
    text = bytes(body or b"").decode(errors="replace")
    return EMAIL.sub("•••@•••", NATIONAL_ID.sub("•••••••••••", text))


class CallbackQuerySet(models.QuerySet["Callback"]):
    """Named reads of the inbox."""

    def keep_once(self, callback: "Callback") -> None:
        """Insert it, unless the same message of this head-end is there already."""
        self.bulk_create([callback], ignore_conflicts=True)

    def waiting(self) -> Self:
        """Not yet worked off, the oldest first."""
        return self.filter(outcome="").order_by("received_at", "id")

    def worked_off(
        self,
        callbacks: Collection["Callback"],
        outcome: CallbackOutcome,
        *,
        at: datetime,
    ) -> None:
        """Say what became of these, which are locked."""
        ids = [callback.id for callback in callbacks]
        self.filter(pk__in=ids).update(outcome=outcome, worked_off_at=at)


class Callback(models.Model):
    """The inbox: what a head-end told us, stored once and worked off later."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    head_end = models.ForeignKey(
        HeadEnd, on_delete=models.PROTECT, related_name="callbacks"
    )
    digest = models.CharField(max_length=64)
    """SHA-256 of the body: the same message twice is stored once."""
    headers = models.JSONField()
    body = models.BinaryField()
    received_at = models.DateTimeField()
    outcome = models.CharField(
        max_length=20, choices=CallbackOutcome.choices, blank=True, default=""
    )
    worked_off_at = models.DateTimeField(null=True)

    objects = CallbackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["head_end", "digest"], name="callback_is_stored_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at", "id"],
                condition=Q(outcome=""),
                name="callback_waiting",
            ),
        ]

    def worked_off(self, outcome: CallbackOutcome, *, at: datetime) -> None:
        """Say what became of it."""
        self.outcome = outcome
        self.worked_off_at = at
        self.save(update_fields=["outcome", "worked_off_at"])
