"""HMAC signatures of messages between the portal and a head-end.

The signature is HMAC-SHA256 with the secret shared with this head-end over the
timestamp's digits, a full stop and the body's bytes (docs/head-end-wire.md).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

TIMESTAMP_HEADER = "X-HES-Timestamp"
SIGNATURE_HEADER = "X-HES-Signature"

_DIGITS = re.compile(r"[0-9]{1,11}")
_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")


class NotAuthentic(Exception):  # noqa: N818 -- a verdict, not a malfunction
    """The message is not signed by who shares our secret, or is an old one."""


def signature_headers(*, secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """The two headers that authenticate `body` as sent at `now`."""
    timestamp = str(int(now.timestamp()))
    return {
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: _signature(secret, timestamp, body),
    }


def require_authentic(
    *,
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    received_at: datetime,
    window: timedelta,
) -> None:
    """Check a message's signature and age. `headers` have lower-case names.

    :raises NotAuthentic: a header is missing or malformed, the signature differs, or
        the timestamp is more than `window` away from `received_at`.
    """
    timestamp = headers.get(TIMESTAMP_HEADER.lower(), "")
    signature = headers.get(SIGNATURE_HEADER.lower(), "")
    if not _DIGITS.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        raise NotAuthentic("The message carries no readable signature.")
    # The signature comes first, so that the age tells nothing to a forger.
    if not hmac.compare_digest(signature, _signature(secret, timestamp, body)):
        raise NotAuthentic("The signature does not fit the message.")
    sent_at = datetime.fromtimestamp(int(timestamp), tz=UTC)
    if abs(received_at - sent_at) > window:
        raise NotAuthentic("The message was signed too long ago, or in the future.")


def _signature(secret: str, timestamp: str, body: bytes) -> str:
    digest = hmac.new(
        secret.encode(), timestamp.encode("ascii") + b"." + body, hashlib.sha256
    )
    return f"sha256={digest.hexdigest()}"
