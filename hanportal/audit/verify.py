"""Reading the whole log and naming what is broken in it.

Proves that each chain, as it stands, is what was written link by link. It can't see
events cut off a chain's end, a chain removed whole, or one rewritten and hashed anew
to its end: against those stands a copy of the heads outside the database.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain as chain_from
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from hanportal.audit import canonical
from hanportal.audit.format import VERSION, commitment, event_hash, genesis

ROWS_AT_ONCE: Final = 2_000

# The moment as the format writes it, made where the microseconds are.
_EVENTS: Final = """
SELECT chain, sequence, previous_hash, hash, canonical, id::text, what, actor_kind,
    actor_reference, subject_kind, subject_id::text,
    to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM audit_event WHERE %(chain)s::text IS NULL OR chain = %(chain)s
ORDER BY chain, sequence, id
"""
_DETAILS: Final = """
SELECT event.chain, event.sequence, event.canonical, detail.event_id,
    detail.name, detail.salt, detail.value
FROM audit_personaldetail AS detail
LEFT JOIN audit_event AS event ON event.id = detail.event_id
WHERE %(chain)s::text IS NULL OR event.chain = %(chain)s
ORDER BY detail.event_id, detail.name
"""
_KEYS: Final = frozenset(
    [
        "at",
        "chain",
        "commitments",
        "facts",
        "format",
        "id",
        "on",
        "sequence",
        "what",
        "who",
    ]
)
_COMMITMENT: Final = re.compile(r"[0-9a-f]{64}")


class DamageKind(StrEnum):
    """What can be wrong with the log."""

    MISSING = "missing"
    """Sequences were skipped: events were removed."""
    FORK = "fork"
    """Two events claim the same place in the chain."""
    LINK = "link"
    """The previous hash is not the hash of the event before."""
    HASH = "hash"
    """The hash is not that of the bytes: one of the two was changed."""
    BYTES = "bytes"
    """The bytes are not an event in the canonical form."""
    COLUMN = "column"
    """A column tells something else than the bytes."""
    DETAIL = "detail"
    """A personal detail is not the one that the event committed to."""


@dataclass(frozen=True)
class Damage:
    """One thing that is wrong, and where."""

    chain: str
    sequence: int
    kind: DamageKind
    sentence: str

    def __str__(self) -> str:
        return f"{self.chain} #{self.sequence}: {self.kind}: {self.sentence}"


@dataclass(frozen=True)
class Head:
    """The newest event of a chain: what a checkpoint outside would hold."""

    chain: str
    sequence: int
    hash: bytes


@dataclass
class Tally:
    """What was looked at so far."""

    chains: int = 0
    events: int = 0
    commitments: int = 0
    details: int = 0
    damaged: int = 0

    @property
    def erased(self) -> int:
        """Commitments whose personal detail is gone, which is no damage."""
        return self.commitments - self.details


class _Row(NamedTuple):
    chain: str
    sequence: int
    previous_hash: bytes
    hash: bytes
    canonical: bytes
    id: str
    what: str
    actor_kind: str
    actor_reference: str
    subject_kind: str
    subject_id: str
    at: str


def _row(columns: tuple[Any, ...]) -> _Row:
    # The driver hands each bytea over as a memoryview.
    chain, sequence, previous_hash, own_hash, data, *rest = columns
    return _Row(
        chain, sequence, bytes(previous_hash), bytes(own_hash), bytes(data), *rest
    )


def examine(
    tally: Tally,
    *,
    chain: str | None = None,
    on_head: Callable[[Head], None] = lambda _head: None,
) -> Iterator[Damage]:
    """Read every chain, or one, and yield each damage as it is found.

    Counts in `tally` while it reads and calls `on_head` at the end of each chain;
    holds a few thousand rows at a time, whatever the log's size. Reads one snapshot
    unless the caller has a transaction open, so writers neither wait nor disturb.
    """
    for damage in examine_stepwise(tally, chain=chain, on_head=on_head):
        if damage is not None:
            yield damage


def examine_stepwise(
    tally: Tally,
    *,
    chain: str | None = None,
    on_head: Callable[[Head], None] = lambda _head: None,
) -> Iterator[Damage | None]:
    """The same, with a None between every few thousand rows.

    Whoever asks can tell then how far it has come: `tally` says it.
    """
    with _one_snapshot():
        for damage in chain_from(
            _examine_events(tally, chain, on_head), _examine_details(tally, chain)
        ):
            if damage is not None:
                tally.damaged += 1
            yield damage


@contextmanager
def _one_snapshot() -> Iterator[None]:
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("SET TRANSACTION READ ONLY")
        yield


def _stream(query: str, chain: str | None) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, {"chain": chain})
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def _examine_events(
    tally: Tally, only: str | None, on_head: Callable[[Head], None]
) -> Iterator[Damage | None]:
    walk: _Walk | None = None
    for row in map(_row, _stream(_EVENTS, only)):
        if walk is None or walk.chain != row.chain:
            if walk is not None:
                on_head(walk.head())
            walk = _Walk(row.chain)
            tally.chains += 1
        tally.events += 1
        if tally.events % ROWS_AT_ONCE == 0:
            yield None
        for kind, sentence in chain_from(
            walk.step(row), _hash_damage(row), _content_damage(row, tally)
        ):
            yield Damage(row.chain, row.sequence, kind, sentence)
    if walk is not None:
        on_head(walk.head())


class _Walk:
    """One chain, link by link. Goes on after a damage, to name the next one too."""

    def __init__(self, chain: str) -> None:
        self.chain = chain
        self._sequence = 0
        self._parents: set[bytes] | None = None
        self._hashes: set[bytes] = {genesis(chain)}

    def head(self) -> Head:
        return Head(self.chain, self._sequence, min(self._hashes))

    def step(self, row: _Row) -> Iterator[tuple[DamageKind, str]]:
        if row.sequence == self._sequence + 1:
            self._parents, self._hashes = self._hashes, {row.hash}
        elif row.sequence <= self._sequence:
            self._hashes.add(row.hash)
            yield DamageKind.FORK, "another event has the same sequence"
        else:
            self._parents, self._hashes = None, {row.hash}
            yield DamageKind.MISSING, _gap(self._sequence + 1, row.sequence - 1)
        self._sequence = row.sequence
        if self._parents is not None and row.previous_hash not in self._parents:
            yield DamageKind.LINK, "the previous hash is not that of the event before"


def _gap(first: int, last: int) -> str:
    if first == last:
        return f"event {first} before it is missing"
    return f"events {first} to {last} before it are missing"


def _hash_damage(row: _Row) -> Iterator[tuple[DamageKind, str]]:
    if event_hash(row.previous_hash, row.canonical) != row.hash:
        yield DamageKind.HASH, "the hash is not that of the bytes"


def _content_damage(row: _Row, tally: Tally) -> Iterator[tuple[DamageKind, str]]:
    data = row.canonical
    try:
        content = canonical.parse(data)
    except canonical.NotCanonical as error:
        yield DamageKind.BYTES, str(error)
        return
    if not _has_shape(content):
        yield DamageKind.BYTES, f"the bytes are not an event of format {VERSION}"
        return
    tally.commitments += len(content["commitments"])
    told = _told_by_columns(row)
    if canonical.is_canonical({**content, **told}, data):
        return
    if not canonical.is_canonical(content, data):
        yield DamageKind.BYTES, "the bytes are not in the canonical form"
    for name, value in told.items():
        if not canonical.is_canonical(content[name], canonical.write(value)):
            yield DamageKind.COLUMN, f"a column tells another `{name}` than the bytes"


def _told_by_columns(row: _Row) -> dict[str, Any]:
    return {
        "at": row.at,
        "chain": row.chain,
        "format": VERSION,
        "id": row.id,
        "on": {"id": row.subject_id, "kind": row.subject_kind},
        "sequence": row.sequence,
        "what": row.what,
        "who": {"kind": row.actor_kind, "reference": row.actor_reference},
    }


def _has_shape(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and content.keys() == _KEYS
        and isinstance(content["facts"], dict)
        and isinstance(content["commitments"], dict)
        and all(
            isinstance(value, str) and _COMMITMENT.fullmatch(value)
            for value in content["commitments"].values()
        )
    )


def _examine_details(tally: Tally, only: str | None) -> Iterator[Damage | None]:
    rows = enumerate(_stream(_DETAILS, only), start=1)
    for number, (chain, sequence, data, event_id, name, salt, value) in rows:
        if number % ROWS_AT_ONCE == 0:
            yield None
        if data is None:
            sentence = f"{name} belongs to {event_id}, an event that is not there"
            yield Damage("(none)", 0, DamageKind.DETAIL, sentence)
            continue
        committed = _commitment_in(bytes(data), name)
        if committed is None:
            sentence = f"the event committed to no {name}"
            yield Damage(chain, sequence, DamageKind.DETAIL, sentence)
            continue
        tally.details += 1
        if commitment(salt=bytes(salt), name=name, value=value).hex() != committed:
            sentence = f"{name} is not the one that the event committed to"
            yield Damage(chain, sequence, DamageKind.DETAIL, sentence)


def _commitment_in(data: bytes, name: str) -> str | None:
    try:
        content = canonical.parse(data)
    except canonical.NotCanonical:
        return None
    return content["commitments"].get(name) if _has_shape(content) else None
