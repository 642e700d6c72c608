"""The signature on every request between the portal and a head-end."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

TIMESTAMP_HEADER = "X-HES-Timestamp"
SIGNATURE_HEADER = "X-HES-Signature"
WINDOW = timedelta(minutes=5)


class NotAuthentic(Exception):  # noqa: N818 -- reads as the sentence it is
    """The request does not prove that the holder of the secret sent it just now."""


def signature_headers(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    """The two headers that sign `body` as of `at`."""
    timestamp = str(int(at.timestamp()))
    return {
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: f"sha256={_digest(secret, timestamp, body)}",
    }


def check_signature(
    secret: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    """Hold the request against the secret and the clock.

    :raises NotAuthentic: a header is missing, wrong, or outside the window.
    """
    if not secret:
        raise NotAuthentic("No secret is shared with this head-end")
    timestamp = headers.get(TIMESTAMP_HEADER, "")
    claimed = headers.get(SIGNATURE_HEADER, "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise NotAuthentic(f"{TIMESTAMP_HEADER} is missing or not a number")
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise NotAuthentic(f"{TIMESTAMP_HEADER} is outside the window")
    expected = f"sha256={_digest(secret, timestamp, body)}"
    if not hmac.compare_digest(expected.encode(), claimed.encode()):
        raise NotAuthentic(f"{SIGNATURE_HEADER} does not fit the body")


def _digest(secret: str, timestamp: str, body: bytes) -> str:
    message = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
