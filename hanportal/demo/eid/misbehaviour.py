"""The ways in which a provider, or somebody in between, can be wrong."""

import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from hanportal.demo.eid.keys import KeyRing, RsaKey, encode, encode_json, sign_with

HOUR = 3600


class Misbehaviour(StrEnum):
    """Each is one thing that a relying party must notice."""

    WRONG_NONCE = "wrong_nonce"
    NO_NONCE = "no_nonce"
    WRONG_AUDIENCE = "wrong_audience"
    FOREIGN_AUTHORISED_PARTY = "foreign_authorised_party"
    SEVERAL_AUDIENCES = "several_audiences"
    WRONG_ISSUER = "wrong_issuer"
    EXPIRED = "expired"
    FROM_THE_FUTURE = "from_the_future"
    ISSUED_LONG_AGO = "issued_long_ago"
    ALGORITHM_NONE = "algorithm_none"
    SIGNED_WITH_THE_CLIENT_SECRET = "hs256"  # noqa: S105 -- a misbehaviour
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    NO_KEY_ID = "no_key_id"
    NOT_A_TOKEN = "not_a_token"  # noqa: S105 -- a misbehaviour
    NO_ID_TOKEN = "no_id_token"  # noqa: S105 -- a misbehaviour
    LOW_LEVEL = "low_level"
    NO_LEVEL = "no_level"
    OLD_AUTHENTICATION = "old_authentication"
    NO_AUTHENTICATION_TIME = "no_authentication_time"
    SUBJECT_MISMATCH = "subject_mismatch"
    NO_SUBJECT = "no_subject"
    USERINFO_FAILS = "userinfo_fails"
    TOKEN_ENDPOINT_FAILS = "token_endpoint_fails"  # noqa: S105 -- a misbehaviour
    WRONG_ISSUER_IN_ANSWER = "wrong_issuer_in_answer"
    NO_ISSUER_IN_ANSWER = "no_issuer_in_answer"


LEFT_OUT: Mapping[Misbehaviour, str] = {
    Misbehaviour.NO_NONCE: "nonce",
    Misbehaviour.NO_LEVEL: "acr",
    Misbehaviour.NO_AUTHENTICATION_TIME: "auth_time",
    Misbehaviour.NO_SUBJECT: "sub",
}


def spoil_claims(claims: Mapping[str, Any], how: Misbehaviour | None) -> dict[str, Any]:
    """The claims of an ID token, changed the way that is asked for."""
    if how is not None and how in LEFT_OUT:
        return {name: claims[name] for name in claims if name != LEFT_OUT[how]}
    return {**claims, **_changes(claims, how)}


def _changes(claims: Mapping[str, Any], how: Misbehaviour | None) -> dict[str, Any]:
    now = claims["iat"]
    changes: dict[Misbehaviour | None, dict[str, Any]] = {
        Misbehaviour.WRONG_NONCE: {"nonce": "somebody-elses"},
        Misbehaviour.WRONG_AUDIENCE: {"aud": "another-portal"},
        Misbehaviour.SEVERAL_AUDIENCES: {"aud": [claims["aud"], "another-portal"]},
        Misbehaviour.FOREIGN_AUTHORISED_PARTY: {"azp": "another-portal"},
        Misbehaviour.WRONG_ISSUER: {"iss": "https://eid.example.invalid"},
        Misbehaviour.EXPIRED: {"exp": now - 120},
        Misbehaviour.FROM_THE_FUTURE: {"iat": now + HOUR, "exp": now + 2 * HOUR},
        Misbehaviour.ISSUED_LONG_AGO: {"iat": now - HOUR},
        Misbehaviour.LOW_LEVEL: {"acr": "low"},
        Misbehaviour.OLD_AUTHENTICATION: {"auth_time": claims["auth_time"] - 24 * HOUR},
    }
    return changes.get(how, {})


def spoilt_token(
    claims: Mapping[str, Any],
    how: Misbehaviour | None,
    *,
    keys: KeyRing,
    client_secret: str,
) -> str | None:
    """The ID token, signed the way that is asked for; None leaves it out."""
    if how is Misbehaviour.NO_ID_TOKEN:
        return None
    claims = spoil_claims(claims, how)
    token = keys.sign(claims)
    header, body, signature = token.split(".")
    key_id = keys.keys[0].id
    if how is Misbehaviour.NOT_A_TOKEN:
        token = "this is not a token"  # noqa: S105 -- a misbehaviour
    elif how is Misbehaviour.ALGORITHM_NONE:
        token = f"{encode_json({'alg': 'none', 'kid': key_id})}.{body}."
    elif how is Misbehaviour.SIGNED_WITH_THE_CLIENT_SECRET:
        signed = f"{encode_json({'alg': 'HS256', 'kid': key_id})}.{body}"
        tag = hmac.new(client_secret.encode(), signed.encode(), hashlib.sha256)
        token = f"{signed}.{encode(tag.digest())}"
    elif how is Misbehaviour.UNKNOWN_KEY:
        token = sign_with(RsaKey(), claims)
    elif how is Misbehaviour.NO_KEY_ID:
        token = f"{encode_json({'alg': keys.keys[0].algorithm})}.{body}.{signature}"
    elif how is Misbehaviour.BAD_SIGNATURE:
        forged = encode_json({**claims, "sub": "somebody-else"})
        token = f"{header}.{forged}.{signature}"
    return token
