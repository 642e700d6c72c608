"""How each kind of value is read: text in, the text to store out, or refused."""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from unicodedata import normalize

from django.core.exceptions import ValidationError

from hanportal.accounts.identifiers import validate_national_id
from meters.identifiers import validate_gsrn, validate_serial
from meters.register.report import Reason

NULL = "\x01"
"""Stands for NULL on its way into the staging tables; never part of a value."""

REMEMBERED = 8192

Parse = Callable[[str], str]

_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\"\\]{1,64}@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{2,}")
_PHONE = re.compile(r"\+?[0-9]{5,15}")
_ELEVEN_DIGITS = re.compile(r"(?<![0-9])[0-9]{6} ?[0-9]{5}(?![0-9])")
_EMAIL_LENGTH = 254
_PHONE_LENGTH = 20


class Refused(Exception):  # noqa: N818 -- a refusal is the outcome's name
    """A value that cannot stand; the reason says why. It never carries the value."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail


def remembered(parse: Parse) -> Parse:
    """As `parse`, for values that repeat: some of the last ones are remembered."""
    return lru_cache(maxsize=REMEMBERED)(parse)


def text(longest: int) -> Parse:
    """Printable text of 1 to `longest` characters, in composed form (NFC)."""

    def parse(value: str) -> str:
        if not value:
            raise Refused(Reason.MISSING)
        if not value.isascii():
            value = normalize("NFC", value)
        if len(value) > longest:
            raise Refused(Reason.TOO_LONG, str(longest))
        if not value.isprintable():
            raise Refused(Reason.CHARACTERS)
        return value

    return parse


def one_of(*choices: str) -> Parse:
    """Exactly one of the choices."""
    return mapped({choice: choice for choice in choices})


def mapped(choices: dict[str, str]) -> Parse:
    """One of the keys; its value is what is stored."""
    known = ", ".join(key or "(tom)" for key in choices)

    def parse(value: str) -> str:
        try:
            return choices[value]
        except KeyError:
            reason = Reason.CHOICE if value else Reason.MISSING
            raise Refused(reason, known if value else "") from None

    return parse


def optional(parse: Parse, *, empty: str = "") -> Parse:
    """As `parse`, but an empty value passes and is stored as `empty`."""
    return lambda value: parse(value) if value else empty


def gsrn(value: str) -> str:
    """A metering point's GSRN with a check digit that holds."""
    if not value:
        raise Refused(Reason.MISSING)
    try:
        validate_gsrn(value)
    except ValidationError as error:
        raise Refused(Reason(str(error.code))) from None
    return value


def serial(value: str) -> str:
    """A meter's serial; leading zeros stay."""
    if not value:
        raise Refused(Reason.MISSING)
    try:
        validate_serial(value)
    except ValidationError:
        raise Refused(Reason.SERIAL) from None
    return value


def postal_code(value: str) -> str:
    """Four digits; leading zeros stay."""
    if len(value) != 4 or not (value.isascii() and value.isdigit()):
        raise Refused(Reason.POSTAL_CODE if value else Reason.MISSING)
    return value


def iso_date(value: str) -> str:
    """A calendar date as 2026-03-01, nothing shorter and no week dates."""
    if not value:
        raise Refused(Reason.MISSING)
    try:
        if date.fromisoformat(value).isoformat() == value:
            return value
    except ValueError:
        pass
    raise Refused(Reason.DATE)


def moment(value: str) -> str:
    """A date and time with its offset, as 2026-03-01T04:00:00+01:00."""
    if not value:
        raise Refused(Reason.MISSING)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise Refused(Reason.MOMENT) from None
    if found.tzinfo is None or len(value) < len("2026-03-01T04:00Z"):
        raise Refused(Reason.MOMENT)
    return found.isoformat()


def reference(longest: int) -> Parse:
    """Text as `text` takes it, but nothing that holds a national id."""
    plain = text(longest)

    def parse(value: str) -> str:
        if any(map(_is_national_id, _ELEVEN_DIGITS.findall(value))):
            raise Refused(Reason.HOLDS_NATIONAL_ID)
        return plain(value)

    return parse


def email(value: str) -> str:
    """One e-mail address. Whether anybody reads it is not for us to know."""
    if len(value) > _EMAIL_LENGTH or not value.isprintable():
        raise Refused(Reason.EMAIL)
    if not _EMAIL.fullmatch(value) or ".." in value:
        raise Refused(Reason.EMAIL)
    return value


def phone(value: str) -> str:
    """Digits with an optional plus; spaces between them are dropped."""
    digits = value.replace(" ", "")
    if len(value) > _PHONE_LENGTH or not _PHONE.fullmatch(digits):
        raise Refused(Reason.PHONE)
    return digits


def _is_national_id(digits: str) -> bool:
    try:
        validate_national_id(digits.replace(" ", ""))
    except ValidationError:
        return False
    return True
