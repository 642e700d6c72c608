"""The ID token: believed only when every check of OpenID Connect Core 3.1.3.7 holds."""

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from hanportal.accounts.eid.discovery import ALGORITHMS
from hanportal.accounts.eid.refusals import LoginRefused, Reason

LEEWAY = timedelta(seconds=30)
"""How far the provider's clock may be from ours."""

OLDEST_TOKEN = timedelta(minutes=10)
SUBJECT_LENGTH = 191


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What this login asked for, kept on our side since."""

    issuer: str
    client_id: str
    nonce: str
    levels: frozenset[str]
    level_claim: str = "acr"
    methods: frozenset[str] = frozenset()
    asked_at: datetime
    max_age: timedelta


def authentic_claims(
    token: str,
    *,
    key_for: Callable[[str], jwt.PyJWK],
    expected: Expected,
    now: datetime,
) -> Mapping[str, Any]:
    """The claims, once it is certain that the provider made them for this login.

    :param key_for: the provider's key with a `kid`.
    :raises LoginRefused: with the first check that did not hold.
    """
    claims = _signed_claims(token, key_for)
    _require(claims.get("iss") == expected.issuer, Reason.WRONG_ISSUER)
    _check_audience(claims, expected.client_id)
    _check_times(claims, now)
    nonce = claims.get("nonce")
    _require(
        isinstance(nonce, str)
        and hmac.compare_digest(nonce.encode(), expected.nonce.encode()),
        Reason.WRONG_NONCE,
    )
    subject = claims.get("sub")
    _require(
        isinstance(subject, str) and 0 < len(subject) <= SUBJECT_LENGTH,
        Reason.NO_SUBJECT,
    )
    return claims


def check_strength(
    claims: Mapping[str, Any], *, expected: Expected, now: datetime
) -> datetime:
    """When the person was identified, if that was strong and recent enough.

    :raises LoginRefused: too low a level, too weak a method, or too long ago.
    """
    _check_level(claims, expected)
    authenticated_at = _time(claims, "auth_time", Reason.AUTHENTICATION_TOO_OLD)
    _require(
        expected.asked_at - expected.max_age - LEEWAY
        <= authenticated_at
        <= now + LEEWAY,
        Reason.AUTHENTICATION_TOO_OLD,
    )
    return authenticated_at


def _signed_claims(
    token: str, key_for: Callable[[str], jwt.PyJWK]
) -> Mapping[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise LoginRefused(Reason.MALFORMED_TOKEN) from None
    algorithm, key_id = header.get("alg"), header.get("kid")
    _require(algorithm in ALGORITHMS, Reason.ALGORITHM_NOT_ALLOWED)
    _require(isinstance(key_id, str), Reason.UNKNOWN_KEY)
    key = key_for(str(key_id))
    _require(key.algorithm_name == algorithm, Reason.ALGORITHM_NOT_ALLOWED)
    try:
        # Only the signature is left to the library: it knows no injected clock.
        claims = jwt.decode(
            token,
            key,
            algorithms=[str(algorithm)],
            options={
                "verify_aud": False,
                "verify_iss": False,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except jwt.InvalidSignatureError:
        raise LoginRefused(Reason.BAD_SIGNATURE) from None
    except jwt.PyJWTError:
        raise LoginRefused(Reason.MALFORMED_TOKEN) from None
    return claims


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    _require(
        isinstance(audiences, list) and client_id in audiences, Reason.WRONG_AUDIENCE
    )
    several = isinstance(audiences, list) and len(audiences) > 1
    if several or "azp" in claims:
        _require(claims.get("azp") == client_id, Reason.WRONG_AUTHORISED_PARTY)


def _check_level(claims: Mapping[str, Any], expected: Expected) -> None:
    """What is demanded must be there, and something must be demanded."""
    _require(bool(expected.levels or expected.methods), Reason.LEVEL_TOO_LOW)
    if expected.levels:
        level = claims.get(expected.level_claim)
        # `acr` is one value; other claims may hold several, as `acrs` of Entra ID does.
        levels = [level]
        if isinstance(level, list) and expected.level_claim != "acr":
            levels = level
        _require(_any_of(levels, expected.levels), Reason.LEVEL_TOO_LOW)
    if expected.methods:
        methods = claims.get("amr")
        _require(
            isinstance(methods, list) and _any_of(methods, expected.methods),
            Reason.LEVEL_TOO_LOW,
        )


def _any_of(found: Sequence[Any], wanted: frozenset[str]) -> bool:
    return any(isinstance(each, str) and each in wanted for each in found)


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    expires_at = _time(claims, "exp", Reason.EXPIRED_TOKEN)
    _require(now < expires_at + LEEWAY, Reason.EXPIRED_TOKEN)
    issued_at = _time(claims, "iat", Reason.ISSUED_AT_ANOTHER_TIME)
    _require(
        now - OLDEST_TOKEN - LEEWAY <= issued_at <= now + LEEWAY,
        Reason.ISSUED_AT_ANOTHER_TIME,
    )
    if "nbf" in claims:
        not_before = _time(claims, "nbf", Reason.ISSUED_AT_ANOTHER_TIME)
        _require(not_before <= now + LEEWAY, Reason.ISSUED_AT_ANOTHER_TIME)


def _time(claims: Mapping[str, Any], name: str, otherwise: Reason) -> datetime:
    seconds = claims.get(name)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise LoginRefused(otherwise)
    try:
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (OverflowError, ValueError, OSError):
        raise LoginRefused(otherwise) from None


def _require(holds: bool, otherwise: Reason) -> None:  # noqa: FBT001 -- a condition
    if not holds:
        raise LoginRefused(otherwise)
