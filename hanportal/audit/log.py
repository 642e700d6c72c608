"""The one door to the log. Write with `record`; read with `events_about`."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from uuid6 import uuid7

from hanportal.audit.canonical import Json
from hanportal.audit.format import (
    SALT_BYTES,
    Actor,
    ActorKind,
    Entry,
    InvalidEvent,
    Subject,
    commitment,
    genesis,
    personal_detail,
)
from hanportal.audit.models import (
    STAFF_READS,
    Event,
    EventQuerySet,
    PersonalDetail,
)

__all__ = [
    "Actor",
    "ActorKind",
    "Event",
    "InvalidEvent",
    "Json",
    "NotInTransaction",
    "Note",
    "Subject",
    "WrongIsolation",
    "customer_chain",
    "erase_personal",
    "events_about",
    "head_end_chain",
    "lock_chains",
    "record",
    "record_many",
    "staff_reads_chain",
]

_LOCK_TAG = b"han-portal/audit/lock/1\x00"

# Two statements in one round trip. Under READ COMMITTED each statement sees what was
# committed before it began, so the second one, which begins when the lock is ours,
# sees the head that the lock's last holder left. In one statement it would not.
_LOCK_AND_READ_HEAD = """
SELECT pg_advisory_xact_lock(%s);
SELECT current_setting('transaction_isolation'), head.sequence, head.hash
FROM (SELECT) AS always
LEFT JOIN LATERAL (
    SELECT sequence, hash FROM audit_event
    WHERE chain = %s ORDER BY sequence DESC LIMIT 1
) AS head ON true
"""


class NotInTransaction(RuntimeError):  # noqa: N818 -- errors are sentences
    """The log was called outside a transaction; wrap the change and its event in one.

    Trying again does not help.
    """


class WrongIsolation(RuntimeError):  # noqa: N818 -- errors are sentences
    """The transaction reads an old snapshot and can't see the chain's true head.

    Trying again does not help: use READ COMMITTED, PostgreSQL's default.
    """


class Note(NamedTuple):
    """One of many events that are written together."""

    what: str
    on: Subject
    facts: Mapping[str, Json]
    personal: Mapping[str, str] = {}


class _Head(NamedTuple):
    sequence: int
    hash: bytes


def customer_chain(customer_id: UUID) -> str:
    """The chain of what is done to and by one customer."""
    return f"customer:{customer_id}"


def head_end_chain(head_end_id: UUID) -> str:
    """The chain of what is done to one head-end as a whole."""
    return f"head-end:{head_end_id}"


def staff_reads_chain(user_id: UUID) -> str:
    """The chain of what one staff member looked at."""
    return f"{STAFF_READS}{user_id}"


def lock_chains(*chains: str) -> None:
    """Lock several chains until the transaction ends, in an order without deadlocks.

    Needed before events on more than one chain; `record` locks a single one itself.

    :raises NotInTransaction: outside a transaction.
    """
    _require_transaction()
    keys = [_lock_key(chain) for chain in sorted(set(chains))]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key",
            [keys],
        )


def record(
    *,
    chain: str,
    what: str,
    who: Actor,
    on: Subject,
    at: datetime,
    facts: Mapping[str, Json] | None = None,
    personal: Mapping[str, str] | None = None,
) -> Event:
    """Append one event to a chain, in the transaction of the change that it tells.

    `facts` are hashed and stay for ever, so they hold no personal data. `personal`
    stands beside the event, bound by salted commitments, and can be erased.

    :raises NotInTransaction: outside a transaction.
    :raises WrongIsolation: under REPEATABLE READ or SERIALIZABLE.
    :raises InvalidEvent: when a part is not what docs/audit-format.md allows.
    """
    _require_transaction()
    event_id = uuid7()
    details = [
        PersonalDetail(
            event_id=event_id,
            name=name,
            salt=secrets.token_bytes(SALT_BYTES),
            value=personal_detail(name, value),
        )
        for name, value in (personal or {}).items()
    ]
    head = _locked_head(chain)
    entry = Entry(
        chain=chain,
        sequence=head.sequence + 1,
        id=event_id,
        what=what,
        who=who,
        on=on,
        at=at,
        facts=facts or {},
        commitments={
            each.name: commitment(salt=each.salt, name=each.name, value=each.value)
            for each in details
        },
    )
    event = Event.objects.append(entry, previous_hash=head.hash)
    if details:
        PersonalDetail.objects.bulk_create(details)
    return event


def record_many(*, chain: str, notes: Iterable[Note], who: Actor, at: datetime) -> None:
    """Append an event for each note to a chain, in their order, as `record` does.

    :raises NotInTransaction, WrongIsolation, InvalidEvent: as `record`.
    """
    _require_transaction()
    head = _locked_head(chain)
    entries: list[Entry] = []
    details: list[PersonalDetail] = []
    for sequence, note in enumerate(notes, start=head.sequence + 1):
        event_id = uuid7()
        commitments = {}
        for name, value in note.personal.items():
            salt, kept = secrets.token_bytes(SALT_BYTES), personal_detail(name, value)
            details.append(
                PersonalDetail(event_id=event_id, name=name, salt=salt, value=kept)
            )
            commitments[name] = commitment(salt=salt, name=name, value=kept)
        entries.append(
            Entry(
                chain=chain,
                sequence=sequence,
                id=event_id,
                what=note.what,
                who=who,
                on=note.on,
                at=at,
                facts=note.facts,
                commitments=commitments,
            )
        )
    Event.objects.append_many(entries, previous_hash=head.hash)
    PersonalDetail.objects.bulk_create(details)


def events_about(subject: Subject) -> EventQuerySet:
    """Everything that was done to this subject, ordered by chain and sequence."""
    return Event.objects.about(subject)


def erase_personal(*, on: Subject) -> int:
    """Erase the personal details of every event about a subject; tell how many.

    The events and their hashes stay. Record an event of the erasure in the same
    transaction: the log does not do it for the caller, who knows why.
    """
    erased, _ = PersonalDetail.objects.about(on).delete()
    return erased


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise NotInTransaction(
            "The log was called outside a transaction. Wrap the change and its event "
            "in one `transaction.atomic()`, so that neither stands without the other."
        )


def _lock_key(chain: str) -> int:
    # Two chains with the same key only wait for each other.
    digest = hashlib.sha256(_LOCK_TAG + chain.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _locked_head(chain: str) -> _Head:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_AND_READ_HEAD, [_lock_key(chain), chain])
        isolation, sequence, head_hash = cursor.fetchone()
    if isolation != "read committed":
        raise WrongIsolation(
            f"The transaction runs at {isolation.upper()} and may not see the newest "
            f"event of {chain}. Write to the log under READ COMMITTED."
        )
    if sequence is None:
        return _Head(0, genesis(chain))
    return _Head(sequence, bytes(head_hash))
