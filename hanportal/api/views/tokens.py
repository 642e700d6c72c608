"""The token endpoint: OAuth 2.0 client credentials (RFC 6749, sections 2.3.1 and 4.4).

Its refusals are those of OAuth, as every client's library expects them.
"""

import binascii
from base64 import b64decode
from typing import NamedTuple
from urllib.parse import unquote_plus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from hanportal.accounts import actions

CLIENT_CREDENTIALS = "client_credentials"
NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
LONGEST = 200


class _Credentials(NamedTuple):
    code: str
    secret: str


@sensitive_variables()
def answer(request: HttpRequest) -> HttpResponse:
    """A token, or why there is none."""
    if request.POST.get("grant_type") != CLIENT_CREDENTIALS:
        return _refusal(
            400, "unsupported_grant_type", "Send grant_type=client_credentials."
        )
    credentials = _credentials(request)
    if credentials is None:
        return _unknown()
    try:
        given = actions.give_token(
            code=credentials.code,
            secret=credentials.secret,
            scope=request.POST.get("scope", ""),
            address=request.META["REMOTE_ADDR"],
            now=timezone.now(),
        )
    except actions.NotTheClient:
        return _unknown()
    except actions.NotTheClientsScope as refused:
        return _refusal(400, "invalid_scope", str(refused))
    except actions.TooManyTokenTries as refused:
        response = _refusal(429, "too_many_requests", str(refused))
        response["Retry-After"] = str(refused.wait_seconds)
        return response
    body = {
        "access_token": given.token,
        "token_type": "Bearer",
        "expires_in": given.expires_in,
        "scope": " ".join(given.scopes),
    }
    return JsonResponse(body, headers=NEVER_KEPT)


def _credentials(request: HttpRequest) -> _Credentials | None:
    """Of the Authorization header, or else of the form."""
    given = request.headers.get("Authorization", "")
    kind, _, encoded = given.partition(" ")
    if kind.lower() == "basic":
        try:
            pair = b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        code, colon, secret = pair.partition(":")
        found = _Credentials(unquote_plus(code), unquote_plus(secret))
        return found if colon and _is_short(found) else None
    found = _Credentials(
        request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    )
    return found if _is_short(found) else None


def _is_short(credentials: _Credentials) -> bool:
    """Whether they could be anybody's. NUL is a character that no table takes."""
    return all(0 < len(part) <= LONGEST and "\0" not in part for part in credentials)


def _unknown() -> HttpResponse:
    response = _refusal(
        401, "invalid_client", "No client in use has this id and secret."
    )
    response["WWW-Authenticate"] = 'Basic realm="hanportal"'
    return response


def _refusal(status: int, error: str, description: str) -> HttpResponse:
    body = {"error": error, "error_description": description}
    return JsonResponse(body, status=status, headers=NEVER_KEPT)
