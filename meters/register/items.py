"""What came of each item of a batch, and how values of JSON become those of rows."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import TextChoices

from meters.register.report import Reason, shape_of
from meters.register.values import Refused

MOST_ITEMS = 1000
LARGEST_NUMBER = 1_000_000

_SENDER_ID = re.compile(r"[A-Za-z0-9._:-]{1,80}")
_ELEVEN_DIGITS = re.compile(r"[0-9]{11}")

Raw = Mapping[str, object]


class ItemOutcome(TextChoices):
    """What came of an item."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    NO_EFFECT = "no_effect"
    RECORDED = "recorded"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class ItemResult:
    """One item of a batch. Holds no value that was sent but a sound sender's id."""

    sender_id: str
    """Empty where the item has none that can be repeated."""
    outcome: ItemOutcome
    reason: Reason | None = None
    field: str = ""
    """Which field is at fault; empty for the item as a whole."""
    detail: str = ""
    shape: str = ""

    @property
    def text(self) -> str:
        """The reason in words; empty where nothing was refused."""
        return str(self.reason.label) % {"detail": self.detail} if self.reason else ""


class ItemRefused(Exception):  # noqa: N818 -- a refusal is the outcome's name
    """An item that cannot stand. Never carries a value, only its shape."""

    def __init__(
        self, reason: Reason, field: str = "", detail: str = "", shape: str = ""
    ) -> None:
        super().__init__(reason.value)
        self.reason, self.field, self.detail, self.shape = reason, field, detail, shape

    def result(self, sender_id: str) -> ItemResult:
        """What is told of it."""
        return ItemResult(
            sender_id=sender_id,
            outcome=ItemOutcome.REFUSED,
            reason=self.reason,
            field=self.field,
            detail=self.detail,
            shape=self.shape,
        )


def object_in(item: object, *, field: str = "") -> Raw:
    """The item as an object.

    :raises ItemRefused: it is something else.
    """
    if not isinstance(item, dict):
        raise ItemRefused(Reason.OBJECT_EXPECTED, field)
    return item


def require_known_fields(raw: Raw, known: Collection[str], *, field: str = "") -> None:
    """A misspelt name would otherwise empty a field.

    :raises ItemRefused: a field that does not belong there; it is not repeated.
    """
    if set(raw) - set(known):
        raise ItemRefused(Reason.UNKNOWN_FIELD, field, ", ".join(known))


def sender_id_in(raw: Raw, *, field: str = "id") -> str:
    """The sender's own id. Nothing in which a national id could hide.

    :raises ItemRefused: missing, or not such an id.
    """
    value = text_in(raw, field)
    if not value:
        raise ItemRefused(Reason.MISSING, field)
    if not _SENDER_ID.fullmatch(value) or _ELEVEN_DIGITS.search(value):
        raise ItemRefused(Reason.SENDER_ID, field, shape=shape_of(value))
    return value


def new_sender_id_in(raw: Raw, seen: dict[str, int], number: int) -> str:
    """The sender's own id, which no item before it in the batch has.

    :param seen: gets the id with the item's number.
    :raises ItemRefused: missing, not such an id, or seen before.
    """
    sender_id = sender_id_in(raw)
    if sender_id in seen:
        raise ItemRefused(Reason.SENDER_ID_TWICE, "id", str(seen[sender_id]))
    seen[sender_id] = number
    return sender_id


def text_in(raw: Raw, name: str) -> str:
    """A text without spaces around it; absent and null are empty.

    :raises ItemRefused: something else than text.
    """
    value = raw.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ItemRefused(Reason.TEXT_EXPECTED, name)
    return value.strip()


def boolean_in(raw: Raw, name: str) -> str:
    """A boolean as the files write it.

    :raises ItemRefused: missing, or something else.
    """
    value = raw.get(name)
    if value is None:
        raise ItemRefused(Reason.MISSING, name)
    if not isinstance(value, bool):
        raise ItemRefused(Reason.BOOLEAN_EXPECTED, name)
    return "yes" if value else "no"


def number_in(raw: Raw, name: str) -> int:
    """A whole number from zero; absent is zero.

    :raises ItemRefused: something else.
    """
    value = raw.get(name)
    if value is None:
        return 0
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or not 0 <= value <= LARGEST_NUMBER
    ):
        raise ItemRefused(Reason.NUMBER_EXPECTED, name, str(LARGEST_NUMBER))
    return value


def refused_value(refused: Refused, field: str, value: str) -> ItemRefused:
    """A refusal of the register's own readers, told with the field and the shape."""
    return ItemRefused(refused.reason, field, refused.detail, shape_of(value))
