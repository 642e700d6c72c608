"""The provider's published configuration and signing keys, fetched and remembered."""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlsplit

from jwt import PyJWK, PyJWTError

from hanportal.accounts.eid.refusals import LoginRefused, Reason

CONFIGURATION_LASTS_SECONDS = 3600
KEYS_LAST_SECONDS = 3600
SECONDS_BETWEEN_UNKNOWN_KEYS = 30
"""An unknown key makes us ask the provider again at once, for it may have changed its
keys; but not more often than this, or forged tokens could make us hammer it."""

ALGORITHMS: Mapping[str, str] = {"RS256": "RSA", "ES256": "EC"}
"""The signatures that are believed, each with its type of key."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Session(Protocol):
    """What is used of a `requests.Session`, with its time-outs set."""

    def get(self, url: str, **options: Any) -> Any:
        """GET an address."""

    def post(self, url: str, **options: Any) -> Any:
        """POST to an address."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The part of the discovery document that is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    names_issuer_in_answer: bool
    """The provider promised `iss` in its answers (RFC 9207)."""


@dataclass(frozen=True)
class _Keys:
    by_id: dict[str, PyJWK]
    fetched_at: float
    for_unknown_at: float = -math.inf
    """When an unknown key last made us ask."""


class Discovery:
    """Remembers each issuer's configuration and keys, per process and for an hour."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._configurations: dict[str, tuple[Configuration, float]] = {}
        self._keys: dict[str, _Keys] = {}

    def configuration(self, issuer: str, *, session: Session) -> Configuration:
        """What the issuer published.

        :raises LoginRefused: unreachable, or it speaks for another issuer.
        """
        with self._lock:
            known = self._configurations.get(issuer)
        if known and self._clock() - known[1] < CONFIGURATION_LASTS_SECONDS:
            return known[0]
        address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        configuration = _read_configuration(fetch_json(address, session), issuer)
        with self._lock:
            self._configurations[issuer] = (configuration, self._clock())
        return configuration

    def key(
        self, key_id: str, *, configuration: Configuration, session: Session
    ) -> PyJWK:
        """The signing key with this `kid`.

        :raises LoginRefused: no such key, also after asking the provider anew.
        """
        with self._lock:
            keys = self._keys.get(configuration.jwks_uri)
        now = self._clock()
        if keys is None or now - keys.fetched_at >= KEYS_LAST_SECONDS:
            keys = _Keys(_fetch_keys(configuration, session), now)
        elif key_id not in keys.by_id and (
            now - keys.for_unknown_at >= SECONDS_BETWEEN_UNKNOWN_KEYS
        ):
            keys = _Keys(_fetch_keys(configuration, session), now, for_unknown_at=now)
        with self._lock:
            self._keys[configuration.jwks_uri] = keys
        if key_id not in keys.by_id:
            raise LoginRefused(Reason.UNKNOWN_KEY)
        return keys.by_id[key_id]


def fetch_json(
    url: str, session: Session, *, headers: Mapping[str, str] | None = None
) -> Mapping[str, Any]:
    """GET an object; redirects are not followed.

    :raises LoginRefused: no answer, or no JSON object.
    """
    try:
        response = session.get(url, headers=headers, allow_redirects=False)
        answered = response.status_code == 200
        content = response.json() if answered else None
    except (OSError, json.JSONDecodeError) as error:
        # All that the HTTP library raises for a failed call is an OSError.
        raise LoginRefused(Reason.UNREACHABLE) from error
    if not isinstance(content, dict):
        raise LoginRefused(Reason.UNREACHABLE)
    return content


def _read_configuration(document: Mapping[str, Any], issuer: str) -> Configuration:
    if document.get("issuer") != issuer:
        raise LoginRefused(Reason.METADATA_NOT_TRUSTED)
    return Configuration(
        issuer=issuer,
        authorization_endpoint=_required(document, "authorization_endpoint"),
        token_endpoint=_required(document, "token_endpoint"),
        jwks_uri=_required(document, "jwks_uri"),
        userinfo_endpoint=_endpoint(document, "userinfo_endpoint"),
        end_session_endpoint=_endpoint(document, "end_session_endpoint"),
        names_issuer_in_answer=(
            document.get("authorization_response_iss_parameter_supported") is True
        ),
    )


def _required(document: Mapping[str, Any], name: str) -> str:
    endpoint = _endpoint(document, name)
    if endpoint is None:
        raise LoginRefused(Reason.METADATA_NOT_TRUSTED)
    return endpoint


def _endpoint(document: Mapping[str, Any], name: str) -> str | None:
    url = document.get(name)
    if url is None:
        return None
    parts = urlsplit(url) if isinstance(url, str) else None
    # Only on this very machine is there nobody in between to protect against.
    if parts is None or not (
        parts.scheme == "https"
        or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    ):
        raise LoginRefused(Reason.METADATA_NOT_TRUSTED)
    return str(url)


def _fetch_keys(configuration: Configuration, session: Session) -> dict[str, PyJWK]:
    document = fetch_json(configuration.jwks_uri, session)
    keys: dict[str, PyJWK] = {}
    published = document.get("keys")
    for entry in published if isinstance(published, list) else []:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        for algorithm, key_type in ALGORITHMS.items():
            if entry.get("kty") == key_type and entry.get("alg", algorithm) == (
                algorithm
            ):
                try:
                    keys[str(entry["kid"])] = PyJWK(entry, algorithm)
                except (PyJWTError, KeyError):
                    # A key that cannot be read verifies nothing; others may.
                    continue
    return keys
