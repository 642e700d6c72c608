"""Canonical JSON: one value has exactly one sequence of bytes.

docs/audit-format.md is the law; the output is also valid RFC 8785 (JCS).
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, NoReturn, TypeAlias
from uuid import UUID

Json: TypeAlias = (
    "bool | int | str | date | UUID | Sequence[Json] | Mapping[str, Json] | None"
)
"""What facts may hold. A datetime is a date too, and must know its time zone."""

INTEGER_LIMIT: Final = 2**53 - 1
"""Beyond it, readers in other languages lose digits (I-JSON)."""
DEPTH_LIMIT: Final = 16

_KEY: Final = re.compile(r"[A-Za-z0-9_.:-]{1,120}")
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    allow_nan=False,
    sort_keys=True,
    separators=(",", ":"),
)


class NotCanonical(ValueError):  # noqa: N818 -- errors are sentences
    """The value has no canonical form; the message names the place and the remedy."""


def encode(value: Json, *, name: str = "value") -> bytes:
    """Write the value canonically; `name` is what errors call it.

    :raises NotCanonical: for a float, a naive time, an unknown type, and the like.
    """
    return write(_plain(value, name, 0))


def write(value: Any) -> bytes:
    """Write what `parse` read, as it is: nothing is normalised or checked again."""
    return _ENCODER.encode(value).encode()


def parse(data: bytes) -> Any:
    """Read JSON whose numbers are whole; it need not be canonical.

    :raises NotCanonical: when it can't be read.
    """
    try:
        return _DECODER.decode(data.decode())
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"The bytes can't be read: {error}.") from error


def is_canonical(value: Any, data: bytes) -> bool:
    """Whether writing the value that was parsed gives the same bytes again."""
    try:
        return write(value) == data
    except (ValueError, RecursionError):
        return False


def timestamp(at: datetime, *, name: str = "at") -> str:
    """Write a moment as RFC 3339 in UTC with six decimals and a Z.

    :raises NotCanonical: when the time has no time zone.
    """
    if at.utcoffset() is None:
        raise NotCanonical(f"{name} is a time without a time zone: {at.isoformat()}.")
    moment = at.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="microseconds") + "Z"


def text(value: str, *, name: str) -> str:
    """Normalise to NFC.

    :raises NotCanonical: for half a surrogate pair, which UTF-8 can't carry.
    """
    if value.isascii():
        return str.__str__(value)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(f"{name} has half a surrogate pair.") from error
    return unicodedata.normalize("NFC", value)


def _plain(value: object, name: str, depth: int) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value, name=name)
    if isinstance(value, int):
        if abs(value) > INTEGER_LIMIT:
            raise NotCanonical(f"{name} is beyond ±(2^53 - 1); write it as text.")
        return int(value)
    if isinstance(value, datetime):
        return timestamp(value, name=name)
    if isinstance(value, date | UUID):
        return str(value)
    return _plain_container(value, name, depth + 1)


def _plain_container(value: object, name: str, depth: int) -> object:
    if depth > DEPTH_LIMIT:
        raise NotCanonical(f"{name} is nested more than {DEPTH_LIMIT} levels deep.")
    if isinstance(value, Mapping):
        return {
            _key(key, name): _plain(item, f"{name}.{key}", depth)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [
            _plain(item, f"{name}[{position}]", depth)
            for position, item in enumerate(value)
        ]
    raise NotCanonical(
        f"{name} is of the type {type(value).__name__}, which the log can't hold; "
        "use text, a whole number, true or false, none, a date, an aware time, "
        "a UUID, a list or a mapping of these."
    )


def _key(key: object, name: str) -> str:
    if not isinstance(key, str) or _KEY.fullmatch(key) is None:
        raise NotCanonical(
            f"{name} has the key {key!r}; keys are 1-120 of A-Z a-z 0-9 _ . : -"
        )
    return str.__str__(key)


def _whole_number(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > INTEGER_LIMIT:
        raise NotCanonical("a number is beyond ±(2^53 - 1)")
    return int(digits)


def _no_fraction(digits: str) -> NoReturn:
    raise NotCanonical(f"{digits[:40]} is not a whole number")


_DECODER: Final = json.JSONDecoder(
    parse_int=_whole_number, parse_float=_no_fraction, parse_constant=_no_fraction
)
