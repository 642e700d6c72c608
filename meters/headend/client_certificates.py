"""Callbacks by mutual TLS: the proxy checks the certificate and tells whose it was.

The proxy before us ends TLS, so all that we see is a header, and anybody could write
one. It counts only beside the secret that we share with the proxy, and the secret is
dropped at once: what is kept of a callback proves nothing to who steals it.
"""

import hmac
import re
from collections.abc import Mapping

from meters.headend.base import RawCallback
from meters.headend.signing import NotAuthentic

CERTIFICATE_HEADER = "x-hes-client-certificate"
"""SHA-256 fingerprint of the client's certificate; colons and case do not matter."""
ADDRESS_HEADER = "x-hes-client-address"
"""The network address that the proxy was called from."""
PROXY_HEADER = "x-hes-proxy-secret"

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def vouched_for(headers: Mapping[str, str], *, proxy_secret: str) -> dict[str, str]:
    """The headers, without a certificate or an address that no proxy of ours put there.

    `headers` have lower-case names. With no `proxy_secret` nobody is vouched for.
    """
    given = headers.get(PROXY_HEADER, "")
    is_ours = bool(proxy_secret) and hmac.compare_digest(
        given.encode(), proxy_secret.encode()
    )
    dropped = {PROXY_HEADER}
    if not is_ours:
        dropped |= {CERTIFICATE_HEADER, ADDRESS_HEADER}
    return {name: value for name, value in headers.items() if name not in dropped}


def address_of(raw: RawCallback) -> str:
    """Where a callback came from, by our proxy's word where there is one."""
    return raw.headers.get(ADDRESS_HEADER, raw.came_from)


def fingerprint(text: str) -> str:
    """A fingerprint as it is compared: 64 hex digits in lower case, or empty."""
    plain = text.strip().replace(":", "").lower()
    return plain if _FINGERPRINT.fullmatch(plain) else ""


def require_listed(headers: Mapping[str, str], *, allowed: frozenset[str]) -> None:
    """Check that the client's certificate is one of those that may call back.

    :raises NotAuthentic: there is none, or it is not on the list.
    """
    shown = fingerprint(headers.get(CERTIFICATE_HEADER, ""))
    if not shown:
        raise NotAuthentic("The proxy vouches for no client certificate.")
    if shown not in allowed:
        raise NotAuthentic("The client certificate is not on the list.")
