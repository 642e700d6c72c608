"""Our calls to the provider's token and userinfo endpoints, and the addresses we build.

Tokens and claims are held for the length of a call and are never logged or stored.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from hanportal.accounts.eid.discovery import Configuration, Session, fetch_json
from hanportal.accounts.eid.refusals import LoginRefused, Reason


@dataclass(frozen=True, kw_only=True)
class Client:
    """Who we are to the provider, and what we demand of it."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    authentication: str
    """`client_secret_basic` or `client_secret_post`."""
    scopes: tuple[str, ...]
    redirect_uri: str
    levels: tuple[str, ...]
    """One of these must come back, where there are any."""
    level_claim: str = "acr"
    methods: tuple[str, ...] = ()
    """One of these must be among the `amr`, where there are any."""
    national_id_claim: str = ""
    """Dots go into objects; empty where none is wanted."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A login that has begun. Kept on our side; only its state and hashes travel."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    asked_at: datetime
    max_age: timedelta

    def kept(self) -> dict[str, str | int]:
        """As it lies in the session."""
        return {
            "nonce": self.nonce,
            "verifier": self.verifier,
            "asked_at": self.asked_at.isoformat(),
            "max_age": int(self.max_age.total_seconds()),
        }

    @classmethod
    def from_kept(cls, state: str, kept: Mapping[str, Any]) -> "Attempt":
        """The attempt that `kept` described."""
        return cls(
            state=state,
            nonce=str(kept["nonce"]),
            verifier=str(kept["verifier"]),
            asked_at=datetime.fromisoformat(kept["asked_at"]).astimezone(UTC),
            max_age=timedelta(seconds=int(kept["max_age"])),
        )


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What the provider gave for a code."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


def authorisation_address(
    client: Client, configuration: Configuration, attempt: Attempt
) -> str:
    """Where the browser goes. Nothing in it comes from the browser's own request."""
    digest = hashlib.sha256(attempt.verifier.encode()).digest()
    parameters = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": " ".join(client.scopes),
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "max_age": str(int(attempt.max_age.total_seconds())),
        "ui_locales": "nb",
    }
    if client.levels:
        parameters["acr_values"] = " ".join(client.levels)
    if not attempt.max_age:
        parameters["prompt"] = "login"
    return _with_query(configuration.authorization_endpoint, parameters)


def end_session_address(
    client: Client, configuration: Configuration, *, return_to: str
) -> str | None:
    """Where the browser ends the provider's session; None where it offers no such."""
    if configuration.end_session_endpoint is None:
        return None
    parameters = {"client_id": client.client_id, "post_logout_redirect_uri": return_to}
    return _with_query(configuration.end_session_endpoint, parameters)


def exchange_code(
    code: str,
    *,
    client: Client,
    configuration: Configuration,
    attempt: Attempt,
    session: Session,
) -> Tokens:
    """Give the code, our secret and the PKCE verifier for tokens.

    :raises LoginRefused: the code is not (any longer) good, or no answer came.
    """
    credentials, headers = _credentials(client)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": attempt.verifier,
        **credentials,
    }
    try:
        response = session.post(
            configuration.token_endpoint,
            data=form,
            headers=headers,
            allow_redirects=False,
        )
        status, content = response.status_code, response.json()
    except (OSError, json.JSONDecodeError) as error:
        raise LoginRefused(Reason.UNREACHABLE) from error
    if status != 200 or not isinstance(content, dict):
        raise LoginRefused(Reason.CODE_REFUSED)
    if not isinstance(content.get("id_token"), str):
        raise LoginRefused(Reason.NO_ID_TOKEN)
    return Tokens(
        id_token=content["id_token"],
        access_token=str(content.get("access_token", "")),
    )


def fetch_userinfo(
    tokens: Tokens, *, configuration: Configuration, subject: str, session: Session
) -> Mapping[str, Any]:
    """The claims of the userinfo endpoint; empty where the provider has none.

    :raises LoginRefused: no answer, or about somebody else than the ID token.
    """
    if configuration.userinfo_endpoint is None:
        return {}
    headers = {"Authorization": f"Bearer {tokens.access_token}"}
    claims = fetch_json(configuration.userinfo_endpoint, session, headers=headers)
    if claims.get("sub") != subject:
        raise LoginRefused(Reason.SUBJECT_MISMATCH)
    return claims


def _credentials(client: Client) -> tuple[dict[str, str], dict[str, str]]:
    """Our secret as fields of the form, or as a header: the provider's choice."""
    headers = {"Accept": "application/json"}
    name, secret = client.client_id, client.client_secret
    if client.authentication == "client_secret_post":
        return {"client_id": name, "client_secret": secret}, headers
    # RFC 6749, 2.3.1: each half is form-encoded before the two are joined.
    pair = f"{quote(name, safe='')}:{quote(secret, safe='')}"
    basic = base64.b64encode(pair.encode()).decode()
    return {}, {**headers, "Authorization": f"Basic {basic}"}


def _with_query(endpoint: str, parameters: Mapping[str, str]) -> str:
    joint = "&" if "?" in endpoint else "?"
    return f"{endpoint}{joint}{urlencode(parameters)}"
