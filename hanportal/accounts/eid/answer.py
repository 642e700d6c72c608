"""What the provider's answer proves about the person who came back with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.views.decorators.debug import sensitive_variables
from jwt import PyJWK

from hanportal.accounts.eid.client import (
    Attempt,
    Client,
    exchange_code,
    fetch_userinfo,
)
from hanportal.accounts.eid.discovery import Configuration, Discovery, Session
from hanportal.accounts.eid.refusals import LoginRefused, Reason
from hanportal.accounts.eid.tokens import Expected, authentic_claims, check_strength


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The provider's own words about one person, for this very login."""

    issuer: str
    subject: str
    name: str
    level: str
    national_id: str | None = field(repr=False)
    _claims: Mapping[str, Any] = field(repr=False)
    _expected: Expected = field(repr=False)

    def identified_at(self, *, now: datetime) -> datetime:
        """When the person was identified.

        :raises LoginRefused: at too low a level, or too long ago.
        """
        return check_strength(self._claims, expected=self._expected, now=now)


@dataclass(frozen=True, kw_only=True)
class Returned:
    """The parameters that the browser brought back to us."""

    code: str
    error: str
    issuer: str


@sensitive_variables()
def authentic_answer(
    returned: Returned,
    *,
    client: Client,
    attempt: Attempt,
    discovery: Discovery,
    session: Session,
    now: datetime,
) -> Answer:
    """Fetch the answer that the browser brought a code for, and check all of it.

    :raises LoginRefused: with the first thing that did not hold.
    """
    configuration = discovery.configuration(client.issuer, session=session)
    _check_returned(returned, configuration)
    tokens = exchange_code(
        returned.code,
        client=client,
        configuration=configuration,
        attempt=attempt,
        session=session,
    )

    def key_for(key_id: str) -> PyJWK:
        return discovery.key(key_id, configuration=configuration, session=session)

    expected = _expected(client, attempt)
    claims = authentic_claims(
        tokens.id_token, key_for=key_for, expected=expected, now=now
    )
    userinfo = fetch_userinfo(
        tokens,
        configuration=configuration,
        subject=claims["sub"],
        session=session,
    )
    return _answer(claims, userinfo, client=client, expected=expected)


def _check_returned(returned: Returned, configuration: Configuration) -> None:
    promised = configuration.names_issuer_in_answer
    if returned.issuer != configuration.issuer and (returned.issuer or promised):
        raise LoginRefused(Reason.WRONG_ISSUER)
    if returned.error == "access_denied":
        raise LoginRefused(Reason.CANCELLED)
    if returned.error or not returned.code:
        raise LoginRefused(Reason.PROVIDER_ERROR)


def _expected(client: Client, attempt: Attempt) -> Expected:
    return Expected(
        issuer=client.issuer,
        client_id=client.client_id,
        nonce=attempt.nonce,
        levels=frozenset(client.levels),
        level_claim=client.level_claim,
        methods=frozenset(client.methods),
        asked_at=attempt.asked_at,
        max_age=attempt.max_age,
    )


def _answer(
    claims: Mapping[str, Any],
    userinfo: Mapping[str, Any],
    *,
    client: Client,
    expected: Expected,
) -> Answer:
    wanted = client.national_id_claim
    national_id = (
        (_claim(claims, wanted) or _claim(userinfo, wanted)) if wanted else None
    )
    return Answer(
        issuer=client.issuer,
        subject=claims["sub"],
        name=_claim(claims, "name") or _claim(userinfo, "name") or "",
        level=str(claims.get("acr", "")),
        national_id=national_id,
        _claims=claims,
        _expected=expected,
    )


def _claim(claims: Mapping[str, Any], path: str) -> str | None:
    value: Any = claims
    # A claim may itself be an address with dots, so the whole name goes first.
    for name in [path] if path in claims else path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) and value else None
