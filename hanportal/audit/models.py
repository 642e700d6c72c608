"""The log's tables: events that stay, and the personal details that may go."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, Self
from uuid import UUID

from django.db import connection, models
from django.db.models import F, IntegerField, Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import Exact, Range

from hanportal.audit import canonical
from hanportal.audit.fields import (
    BytesField,
    CurrentTransactionId,
    TransactionIdField,
)
from hanportal.audit.format import (
    CANONICAL_LIMIT,
    HASH_BYTES,
    SALT_BYTES,
    ActorKind,
    Entry,
    Subject,
    event_hash,
)

STAFF_READS = "staff-reads:"
"""What the chains of staff members' reads begin with."""

ROWS_AT_ONCE = 1000

COLUMNS = (
    "id",
    "chain",
    "sequence",
    "what",
    "actor_kind",
    "actor_reference",
    "subject_kind",
    "subject_id",
    "at",
    "canonical",
    "previous_hash",
    "hash",
)
_INSERT = f"INSERT INTO audit_event ({', '.join(COLUMNS)}) VALUES "  # noqa: S608 -- our own names
_PLACEHOLDERS = f"({', '.join(['%s'] * len(COLUMNS))})"

_ESTIMATED_COUNT = """
SELECT greatest(reltuples::bigint, n_live_tup, 0)
FROM pg_class JOIN pg_stat_user_tables ON relid = oid
WHERE oid = 'audit_event'::regclass
"""


def _octets(column: str) -> Length:
    # length() of a bytea counts its bytes.
    return Length(F(column), output_field=IntegerField())


def _row(entry: Entry, *, previous_hash: bytes) -> tuple[Any, ...]:
    """What stands in COLUMNS; the hash last."""
    data = entry.canonical()
    return (
        entry.id,
        entry.chain,
        entry.sequence,
        entry.what,
        str(entry.who.kind),
        entry.who.reference,
        entry.on.kind,
        entry.on.id,
        entry.at,
        data,
        previous_hash,
        event_hash(previous_hash, data),
    )


class EventQuerySet(models.QuerySet["Event"]):
    """Named reads of the log, and the one way to add to it."""

    def about(self, subject: Subject) -> Self:
        """Everything that was done to this subject, each chain in its order.

        Never ordered by time: clocks differ, sequences don't.
        """
        return self.filter(subject_id=subject.id, subject_kind=subject.kind).order_by(
            "chain", "sequence"
        )

    def about_any(self, ids: Collection[UUID]) -> Self:
        """Everything that was done to any of these, each chain in its order."""
        return self.filter(subject_id__in=ids).order_by("chain", "sequence")

    def about_while(
        self, periods: Collection[tuple[UUID, datetime, datetime | None]]
    ) -> Self:
        """What was done to each of these from one moment until another, newest first.

        A subject may have several periods; None is a period that has not ended.
        """
        within = Q()
        for subject_id, since, until in periods:
            period = Q(subject_id=subject_id, at__gte=since)
            within |= period if until is None else period & Q(at__lt=until)
        found = self.filter(within) if within else self.none()
        return found.order_by("-at", "-id")

    def reads_of(self, subject: Subject) -> Self:
        """When the staff looked at this subject, the latest look first."""
        return self.filter(
            subject_id=subject.id,
            subject_kind=subject.kind,
            chain__startswith=STAFF_READS,
        ).order_by("-at", "-id")

    def estimated_count(self) -> int:
        """How many events there are, as the database's statistics last saw it."""
        with connection.cursor() as cursor:
            cursor.execute(_ESTIMATED_COUNT)
            (count,) = cursor.fetchone()
        return int(count)

    def append(self, entries: Iterable[Entry], *, behind: Mapping[str, bytes]) -> None:
        """Write entries, each behind the one before it in its chain.

        Only `log` does. `behind` gives the hash that each chain ends with so far.

        :raises InvalidEvent: when an entry has no canonical form.
        :raises django.db.IntegrityError: when someone else came first.
        """
        last = dict(behind)
        rows = []
        for entry in entries:
            row = _row(entry, previous_hash=last[entry.chain])
            last[entry.chain] = row[-1]
            rows.append(row)
        with connection.cursor() as cursor:
            for start in range(0, len(rows), ROWS_AT_ONCE):
                portion = rows[start : start + ROWS_AT_ONCE]
                # Every change writes here: the statement is not built anew each time.
                statement = _INSERT + ", ".join([_PLACEHOLDERS] * len(portion))
                cursor.execute(statement, list(chain.from_iterable(portion)))


class Event(models.Model):
    """Something that was done. Added, read, never changed: triggers see to it.

    `canonical` is what is hashed; the other columns repeat it for queries, and
    `verify_audit` holds them to it. There are no foreign keys: the log outlives what
    it tells about.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    chain = models.CharField(max_length=120, db_collation="C")
    sequence = models.BigIntegerField()
    """1, 2, 3 … within the chain, without gaps."""
    what = models.CharField(max_length=80)
    """Dotted and in the past tense: order.placed."""
    actor_kind = models.CharField(max_length=20)
    actor_reference = models.CharField(max_length=100)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    at = models.DateTimeField()
    canonical = BytesField()
    previous_hash = BytesField()
    hash = BytesField()
    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)
    """Which transaction wrote it. Local to this database cluster and not hashed."""

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chain", "sequence"], name="audit_event_one_per_sequence"
            ),
            models.UniqueConstraint(
                fields=["chain", "previous_hash"], name="audit_event_never_forks"
            ),
            models.CheckConstraint(
                name="audit_event_sequence_starts_at_one", condition=Q(sequence__gte=1)
            ),
            models.CheckConstraint(
                name="audit_event_actor_kind_is_known",
                condition=Q(actor_kind__in=[kind.value for kind in ActorKind]),
            ),
            models.CheckConstraint(
                name="audit_event_names_are_not_empty",
                condition=~Q(chain="")
                & ~Q(what="")
                & ~Q(actor_reference="")
                & ~Q(subject_kind=""),
            ),
            models.CheckConstraint(
                name="audit_event_bytes_have_their_lengths",
                condition=Q(Exact(_octets("previous_hash"), Value(HASH_BYTES)))
                & Q(Exact(_octets("hash"), Value(HASH_BYTES)))
                & Q(Range(_octets("canonical"), (2, CANONICAL_LIMIT))),
            ),
        ]
        indexes = [
            models.Index(fields=["subject_id", "xid"], name="audit_event_subject_xid"),
        ]

    def __str__(self) -> str:
        return f"{self.chain} #{self.sequence} {self.what}"

    @property
    def facts(self) -> dict[str, Any]:
        """The facts as they were hashed: times and UUIDs read as text."""
        facts: dict[str, Any] = canonical.parse(self.canonical)["facts"]
        return facts


class PersonalDetailQuerySet(models.QuerySet["PersonalDetail"]):
    """Named reads of personal details."""

    def about(self, subject: Subject) -> Self:
        """The details that are left from events about this subject."""
        events = Event.objects.filter(subject_id=subject.id, subject_kind=subject.kind)
        return self.filter(event_id__in=events.values("id"))


class PersonalDetail(models.Model):
    """A personal value beside an event, which holds only a salted commitment to it.

    Deleting the row erases salt and value for good, and the chain stays whole.
    """

    pk = models.CompositePrimaryKey("event_id", "name")
    event_id = models.UUIDField()
    name = models.CharField(max_length=60)
    salt = BytesField()
    value = models.TextField()

    objects = PersonalDetailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="audit_detail_salt_has_its_length",
                condition=Q(Exact(_octets("salt"), Value(SALT_BYTES))),
            ),
            models.CheckConstraint(
                name="audit_detail_name_is_not_empty", condition=~Q(name="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.event_id}"
