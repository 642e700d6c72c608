"""What a log line may hold. Processors of structlog; free of the ORM.

The rule is that nobody logs personal data; this is the net below the rule. Keys that
name a person or a secret are emptied, objects are named by their type, and national
ids, e-mail addresses and query strings are cut out of every text.
"""

import re
import sys
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import TracebackType
from typing import Any
from uuid import UUID

from structlog.typing import EventDict

REMOVED = "[removed]"
NATIONAL_ID = "[11 digits]"
EMAIL_ADDRESS = "[e-mail]"
FRAMES = 30

DROPPED_KEYS = frozenset({"ip", "user_agent"})
"""Bound by django-structlog for every request; nobody needs them here."""

FORBIDDEN_KEYS = frozenset(
    {
        *("address", "street_address", "postal_code", "city", "recipient", "to"),
        *("email", "e_mail", "mail", "notification_email", "phone", "body", "text"),
        *("name", "display_name", "customer_name", "full_name", "caller"),
        *("national_id", "national_id_hash", "fnr", "pid", "ssn", "birth_number"),
        *("cookie", "cookies", "session", "session_key", "csrf_token", "authorization"),
        *("password", "secret", "token", "access_token", "id_token", "refresh_token"),
        *("code_verifier", "nonce", "state", "client_secret", "signature"),
    }
)

_TELLING = (UUID, date, datetime, time, timedelta, Decimal)
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# A UUID is matched first, so that digits inside of one are left alone.
_NUMBERS = re.compile(rf"(?P<uuid>{_UUID})|(?<!\d)\d{{6}}[ .\-]?\d{{5}}(?!\d)")
_EMAILS = re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:]+\.[A-Za-z]{2,}")
_QUERIES = re.compile(r"(?<=[\w/])\?\S+")


def clean_text(text: str) -> str:
    """The text without national ids, e-mail addresses and query strings."""
    text = _QUERIES.sub("", text)
    text = _EMAILS.sub(EMAIL_ADDRESS, text)
    return _NUMBERS.sub(lambda found: found["uuid"] or NATIONAL_ID, text)


def redact(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Processor: empty what must not stand in a log. structlog's own keys pass."""
    return {
        key: value if key.startswith("_") else _clean(key, value)
        for key, value in line.items()
        if key not in DROPPED_KEYS
    }


def tell_exception(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Processor: an exception as types and places.

    Neither local variables nor messages are told, for both hold values: a failed
    insert quotes the row. Of the database's errors the code and the constraint stay.
    """
    exc_info = line.pop("exc_info", None)
    given = line.pop("exception", None)
    # django-structlog repeats the message of a task's exception under this key.
    if given is not None:
        line.pop("error", None)
    error = _exception_of(exc_info) or given
    if isinstance(error, BaseException):
        line["exception"] = _account(error)
    return line


def _exception_of(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        error: BaseException | None = exc_info[1]
        return error
    return sys.exc_info()[1] if exc_info else None


def _account(error: BaseException) -> str:
    parts: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        parts.append("\n".join([_title(current), *_places(current.__traceback__)]))
        hides_context = current.__suppress_context__
        current = current.__cause__ or (None if hides_context else current.__context__)
    return "\ncaused by ".join(parts)


def _title(error: BaseException) -> str:
    kind = type(error)
    title = f"{kind.__module__}.{kind.__qualname__}"
    code = getattr(error, "pgcode", None)
    constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
    details = " ".join(str(detail) for detail in (code, constraint) if detail)
    return f"{title} [{details}]" if details else title


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        frame = trace.tb_frame
        module = frame.f_globals.get("__name__", "?")
        places.append(f"  {module}:{trace.tb_lineno} {frame.f_code.co_name}")
        trace = trace.tb_next
    return places[-FRAMES:]


def _clean(key: str, value: Any) -> Any:
    if key.lower() in FORBIDDEN_KEYS:
        return REMOVED
    plain = value.value if isinstance(value, Enum) else value
    if isinstance(plain, Mapping):
        return {str(k): _clean(str(k), v) for k, v in plain.items()}
    if isinstance(plain, list | tuple | set | frozenset):
        return [_clean("", each) for each in plain]
    return _clean_one(plain)


def _clean_one(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, bool | float | None):
        return value
    if isinstance(value, int):
        return NATIONAL_ID if 10**9 <= value < 10**11 else value
    if isinstance(value, _TELLING):
        return str(value)
    return f"[{type(value).__name__}]"
