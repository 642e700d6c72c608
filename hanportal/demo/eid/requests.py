"""Reading an authorisation request: what is in order, and what is answered if not."""

from collections.abc import Mapping

from hanportal.demo.eid.memory import Request

CHALLENGE_LENGTH = 43


class NotOurClient(Exception):  # noqa: N818 -- errors are sentences
    """Client or return address are unknown: nobody may be sent anywhere."""


class RequestRefused(Exception):  # noqa: N818 -- errors are sentences
    """The request is answered to the client with an error of the standard."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


def check_client(
    query: Mapping[str, str], *, client_id: str, redirect_uris: frozenset[str]
) -> None:
    """Make sure that there is somebody to answer.

    :raises NotOurClient: the client or the exact return address is not registered.
    """
    if query.get("client_id") != client_id:
        raise NotOurClient("Ukjent client_id.")
    if query.get("redirect_uri") not in redirect_uris:
        raise NotOurClient("redirect_uri er ikke registrert for klienten.")


def read_request(query: Mapping[str, str]) -> Request:
    """The request, once it is in order.

    :raises RequestRefused: with the error that the client is told.
    """
    scopes = frozenset(query.get("scope", "").split())
    if query.get("response_type") != "code":
        raise RequestRefused("unsupported_response_type", "Only code is supported.")
    if "openid" not in scopes:
        raise RequestRefused("invalid_scope", "The scope openid is missing.")
    challenge = query.get("code_challenge", "")
    if (
        query.get("code_challenge_method") != "S256"
        or len(challenge) != CHALLENGE_LENGTH
    ):
        raise RequestRefused("invalid_request", "PKCE with S256 is required.")
    max_age = query.get("max_age", "")
    if max_age and not max_age.isdecimal():
        raise RequestRefused("invalid_request", "max_age is no number of seconds.")
    return Request(
        redirect_uri=query["redirect_uri"],
        scopes=scopes,
        state=query.get("state", ""),
        nonce=query.get("nonce"),
        challenge=challenge,
        prompt=query.get("prompt", ""),
        max_age=int(max_age) if max_age else None,
    )
