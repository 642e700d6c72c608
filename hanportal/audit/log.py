"""The one door to the log. Write with `record`; read with `events_about`."""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
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
    "together",
]

_LOCK_TAG = b"han-portal/audit/lock/1\x00"

# Two statements in one round trip. Under READ COMMITTED each statement sees what was
# committed before it began, so the second one, which begins when the locks are ours,
# sees the heads that the locks' last holders left. In one statement it would not.
_LOCK_AND_READ_HEADS = """
SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key;
SELECT current_setting('transaction_isolation'), wanted.chain, head.sequence, head.hash
FROM unnest(%s::text[]) AS wanted (chain)
LEFT JOIN LATERAL (
    SELECT sequence, hash FROM audit_event
    WHERE audit_event.chain = wanted.chain ORDER BY sequence DESC LIMIT 1
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


class _Told(NamedTuple):
    """A note with all that its entry needs but the place in its chain."""

    id: UUID
    chain: str
    note: Note
    who: Actor
    at: datetime


_gathered: ContextVar[list[_Told] | None] = ContextVar("gathered", default=None)


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


@contextmanager
def together() -> Iterator[None]:
    """Write what is recorded inside in one go at its end, each chain in its order.

    For work on many things in one transaction. The chains are locked at the end, in
    the order that `lock_chains` keeps. An error that leaves it writes nothing, so let
    it undo the whole transaction. Inside another one it joins that.

    :raises NotInTransaction: outside a transaction.
    :raises WrongIsolation, InvalidEvent: at its end, as `record`.
    """
    _require_transaction()
    if _gathered.get() is not None:
        yield
        return
    gathered: list[_Told] = []
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    _append(gathered)


def record(
    *,
    chain: str,
    what: str,
    who: Actor,
    on: Subject,
    at: datetime,
    facts: Mapping[str, Json] | None = None,
    personal: Mapping[str, str] | None = None,
) -> UUID:
    """Append one event to a chain, in the transaction of the change that it tells.

    Gives the event's id. `facts` are hashed and stay for ever, so they hold no personal
    data. `personal` stands beside the event, bound by salted commitments, and can be
    erased.

    :raises NotInTransaction: outside a transaction.
    :raises WrongIsolation: under REPEATABLE READ or SERIALIZABLE.
    :raises InvalidEvent: when a part is not what docs/audit-format.md allows.
    """
    _require_transaction()
    note = Note(what=what, on=on, facts=facts or {}, personal=personal or {})
    told = _Told(uuid7(), chain, note, who, at)
    _tell([told])
    return told.id


def record_many(*, chain: str, notes: Iterable[Note], who: Actor, at: datetime) -> None:
    """Append an event for each note to a chain, in their order, as `record` does.

    :raises NotInTransaction, WrongIsolation, InvalidEvent: as `record`.
    """
    _require_transaction()
    _tell([_Told(uuid7(), chain, note, who, at) for note in notes])


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


def _tell(told: Sequence[_Told]) -> None:
    gathered = _gathered.get()
    if gathered is None:
        _append(told)
    else:
        gathered.extend(told)


def _append(told: Sequence[_Told]) -> None:
    """Write entries behind the heads of their chains."""
    if not told:
        return
    heads = _locked_heads({each.chain for each in told})
    sequences = {chain: head.sequence for chain, head in heads.items()}
    entries: list[Entry] = []
    details: list[PersonalDetail] = []
    for each in told:
        sequences[each.chain] += 1
        kept = _details(each)
        entries.append(_entry(each, sequences[each.chain], kept))
        details.extend(kept)
    Event.objects.append(
        entries, behind={chain: head.hash for chain, head in heads.items()}
    )
    if details:
        PersonalDetail.objects.bulk_create(details)


def _details(told: _Told) -> list[PersonalDetail]:
    return [
        PersonalDetail(
            event_id=told.id,
            name=name,
            salt=secrets.token_bytes(SALT_BYTES),
            value=personal_detail(name, value),
        )
        for name, value in told.note.personal.items()
    ]


def _entry(told: _Told, sequence: int, details: Iterable[PersonalDetail]) -> Entry:
    return Entry(
        chain=told.chain,
        sequence=sequence,
        id=told.id,
        what=told.note.what,
        who=told.who,
        on=told.note.on,
        at=told.at,
        facts=told.note.facts,
        commitments={
            each.name: commitment(salt=each.salt, name=each.name, value=each.value)
            for each in details
        },
    )


def _locked_heads(chains: Collection[str]) -> dict[str, _Head]:
    """The newest entry of each chain, all locked until the transaction ends."""
    ordered = sorted(chains)
    keys = [_lock_key(chain) for chain in ordered]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_AND_READ_HEADS, [keys, ordered])
        rows = cursor.fetchall()
    isolation = rows[0][0]
    if isolation != "read committed":
        raise WrongIsolation(
            f"The transaction runs at {isolation.upper()} and may not see the newest "
            f"event of {ordered[0]}. Write to the log under READ COMMITTED."
        )
    return {
        chain: _Head(0, genesis(chain))
        if sequence is None
        else _Head(sequence, bytes(head_hash))
        for _isolation, chain, sequence, head_hash in rows
    }
