"""The bytes of an event, and every hash over them. docs/audit-format.md is the law.

Nothing here may change: old events must verify for as long as they are kept. What has
to be different gets a new number in `VERSION`, and the old one stays readable.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from hanportal.audit import canonical
from hanportal.audit.canonical import Json

VERSION: Final = 1
HASH_BYTES: Final = 32
SALT_BYTES: Final = 32
CANONICAL_LIMIT: Final = 64 * 1024
"""The most bytes that one event may have."""

_EVENT_TAG: Final = b"han-portal/audit/event/1\x00"
_GENESIS_TAG: Final = b"han-portal/audit/genesis/1\x00"
_COMMITMENT_TAG: Final = b"han-portal/audit/commitment/1\x00"

_CHAIN: Final = re.compile(r"[a-z0-9][a-z0-9:._-]{0,119}")
_WHAT: Final = re.compile(r"(?=.{3,80}\Z)[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+")
_REFERENCE: Final = re.compile(r"[\x20-\x7e]{1,100}")
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DETAIL: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_DETAIL_LENGTH: Final = 10_000


class InvalidEvent(ValueError):  # noqa: N818 -- errors are sentences
    """The event can't be written; the message names what is wrong. Don't try again."""


class ActorKind(StrEnum):
    """What kind of someone did it."""

    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"
    HEAD_END = "head_end"
    REGISTER = "register"


@dataclass(frozen=True)
class Actor:
    """Who did it. The reference is a pseudonym: never a name or a national id."""

    kind: ActorKind
    reference: str
    """A customer's or user's UUID, a staff number, a worker, a head-end's code."""


@dataclass(frozen=True)
class Subject:
    """What it was done to: an order, a consent, a port, a person."""

    kind: str
    id: UUID


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event before it is bytes."""

    chain: str
    sequence: int
    id: UUID
    what: str
    who: Actor
    on: Subject
    at: datetime
    facts: Mapping[str, Json]
    commitments: Mapping[str, bytes]

    def canonical(self) -> bytes:
        """The event's canonical bytes: what is stored, and what is hashed.

        :raises InvalidEvent: when a part is not what the format allows.
        """
        self._check()
        try:
            data = canonical.encode(
                {
                    "at": self.at,
                    "chain": self.chain,
                    "commitments": {
                        name: value.hex() for name, value in self.commitments.items()
                    },
                    "format": VERSION,
                    "id": self.id,
                    "on": {"id": self.on.id, "kind": self.on.kind},
                    "sequence": self.sequence,
                    "what": self.what,
                    "who": {"kind": self.who.kind, "reference": self.who.reference},
                    "facts": self.facts,
                },
                name="event",
            )
        except canonical.NotCanonical as error:
            raise InvalidEvent(f"{self.what}: {error}") from error
        if len(data) > CANONICAL_LIMIT:
            raise InvalidEvent(
                f"{self.what}: {len(data)} bytes are more than the {CANONICAL_LIMIT} "
                "that one event may have; keep lists elsewhere and log their hash."
            )
        return data

    def _check(self) -> None:
        _must_match(_CHAIN, self.chain, "chain")
        _must_match(_WHAT, self.what, "what")
        _must_match(_REFERENCE, self.who.reference, "who.reference")
        _must_match(_KIND, self.on.kind, "on.kind")


def genesis(chain: str) -> bytes:
    """What the first event of a chain has for its previous hash."""
    return hashlib.sha256(_GENESIS_TAG + chain.encode()).digest()


def event_hash(previous_hash: bytes, data: bytes) -> bytes:
    """The event's hash, over the hash before it and its canonical bytes."""
    return hashlib.sha256(_EVENT_TAG + previous_hash + data).digest()


def commitment(*, salt: bytes, name: str, value: str) -> bytes:
    """What binds an event to a personal detail without telling it.

    Without the salt the value can't be guessed, so erasing both is erasing.
    """
    message = _COMMITMENT_TAG + name.encode() + b"\x00" + value.encode()
    return hmac.digest(salt, message, "sha256")


def personal_detail(name: str, value: str) -> str:
    """The value as it is stored and committed to: NFC, of a stated length.

    :raises InvalidEvent: for a name or value that the log can't hold. The message
        never repeats the value.
    """
    _must_match(_DETAIL, name, "a personal detail's name")
    try:
        normal = canonical.text(value, name=f"the personal detail {name}")
    except canonical.NotCanonical as error:
        raise InvalidEvent(str(error)) from error
    if "\x00" in normal or len(normal) > _DETAIL_LENGTH:
        raise InvalidEvent(
            f"the personal detail {name} has a NUL or more than "
            f"{_DETAIL_LENGTH} characters."
        )
    return normal


def _must_match(pattern: re.Pattern[str], value: str, name: str) -> None:
    if pattern.fullmatch(value) is None:
        raise InvalidEvent(f"{name} is {value!r}, which is not {pattern.pattern}")
