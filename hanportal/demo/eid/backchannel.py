"""What the client's server asks: configuration, keys, tokens, userinfo."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from hanportal.demo.eid.keys import encode
from hanportal.demo.eid.memory import TOKEN_SECONDS, Grant, Request
from hanportal.demo.eid.misbehaviour import Misbehaviour, spoilt_token
from hanportal.demo.eid.provider import Provider


class Backchannel:
    """The endpoints that machines call."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._options = provider.options

    def routes(self) -> list[web.RouteDef]:
        """Where the endpoints are."""
        return [
            web.get("/healthz", self.healthz),
            web.get("/.well-known/openid-configuration", self.discovery),
            web.get("/jwks", self.jwks),
            web.post("/token", self.token),
            web.get("/userinfo", self.userinfo),
            web.post("/userinfo", self.userinfo),
        ]

    async def healthz(self, _request: web.Request) -> web.Response:
        """Answer that the provider is up."""
        return web.json_response({"status": "ok"})

    async def discovery(self, _request: web.Request) -> web.Response:
        """OpenID Connect Discovery 1.0."""
        issuer = self._options.issuer
        return web.json_response(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "userinfo_endpoint": f"{issuer}/userinfo",
                "jwks_uri": f"{issuer}/jwks",
                "end_session_endpoint": f"{issuer}/end_session",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["pairwise"],
                "scopes_supported": ["openid", "profile"],
                "id_token_signing_alg_values_supported": [self._options.algorithm],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                ],
                "code_challenge_methods_supported": ["S256"],
                "prompt_values_supported": ["none", "login"],
                "authorization_response_iss_parameter_supported": True,
                "acr_values_supported": sorted(
                    {person.level for person in self._provider.people.values()}
                ),
            }
        )

    async def jwks(self, _request: web.Request) -> web.Response:
        """The keys that tokens are signed with."""
        self._provider.requests_for_keys += 1
        return web.json_response(self._provider.keys.published())

    async def token(self, http: web.Request) -> web.Response:
        """Give tokens for a code, once."""
        form = {name: str(value) for name, value in (await http.post()).items()}
        if not self._is_our_client(http, form):
            return _json_error("invalid_client", status=401)
        if form.get("grant_type") != "authorization_code":
            return _json_error("unsupported_grant_type")
        grant = self._redeem(form)
        if grant is None:
            return _json_error("invalid_grant")
        if grant.misbehaviour is Misbehaviour.TOKEN_ENDPOINT_FAILS:
            return web.Response(status=500, text="Oops")
        return self._tokens(grant)

    async def userinfo(self, http: web.Request) -> web.Response:
        """What the bearer of an access token may know about the person."""
        scheme, _, token = http.headers.get("Authorization", "").partition(" ")
        grant = self._provider.memory.tokens.get(token) if scheme == "Bearer" else None
        if grant is None:
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return web.json_response(
                {"error": "invalid_token"}, status=401, headers=headers
            )
        if grant.misbehaviour is Misbehaviour.USERINFO_FAILS:
            return web.Response(status=500, text="Oops")
        claims = self._provider.personal_claims(grant, place="userinfo")
        if grant.misbehaviour is Misbehaviour.SUBJECT_MISMATCH:
            claims["sub"] = "somebody-else"
        return web.json_response(claims)

    def _redeem(self, form: Mapping[str, str]) -> Grant | None:
        grant = self._provider.memory.grants.get(form.get("code", ""))
        if grant is None:
            return None
        if grant.used:
            # Two have the code, and one of them stole it: nobody keeps a token.
            for token in grant.tokens:
                self._provider.memory.tokens.drop(token)
            return None
        grant.used = True
        return grant if _matches(grant.request, form) else None

    def _is_our_client(self, http: web.Request, form: Mapping[str, str]) -> bool:
        scheme, _, encoded = http.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            try:
                pair = base64.b64decode(encoded, validate=True).decode()
            except ValueError:
                return False
            client_id, _, secret = pair.partition(":")
            client_id, secret = unquote(client_id), unquote(secret)
        else:
            client_id = form.get("client_id", "")
            secret = form.get("client_secret", "")
        return client_id == self._options.client_id and hmac.compare_digest(
            secret.encode(), self._options.client_secret.encode()
        )

    def _tokens(self, grant: Grant) -> web.Response:
        access_token = self._provider.memory.tokens.put(grant)
        grant.tokens.append(access_token)
        answer: dict[str, Any] = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": " ".join(sorted(grant.request.scopes)),
        }
        id_token = spoilt_token(
            self._provider.id_claims(grant),
            grant.misbehaviour,
            keys=self._provider.keys,
            client_secret=self._options.client_secret,
        )
        if id_token is not None:
            answer["id_token"] = id_token
        return web.json_response(answer)


def _matches(request: Request, form: Mapping[str, str]) -> bool:
    verifier = form.get("code_verifier", "")
    challenge = encode(hashlib.sha256(verifier.encode()).digest())
    return form.get("redirect_uri") == request.redirect_uri and hmac.compare_digest(
        challenge.encode(), request.challenge.encode()
    )


def _json_error(error: str, *, status: int = 400) -> web.Response:
    return web.json_response({"error": error}, status=status)
