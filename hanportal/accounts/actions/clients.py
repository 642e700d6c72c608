"""What happens to machine clients: made, revoked, given tokens."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_variables

from hanportal.accounts.models import ApiClient, ApiToken, Scope, Tries
from hanportal.audit.log import Actor, ActorKind, Subject, record

SECRET_BYTES = 32
TOKEN_PREFIX = "hanportal_"  # noqa: S105 -- what scanners for lost tokens look for
NOBODYS_HASH = sha256(b"the secret of no client").hexdigest()


class UnusableClient(Exception):  # noqa: N818 -- errors are sentences
    """The client can't be made or revoked so; the message says what to do."""


class NotTheClient(Exception):  # noqa: N818 -- errors are sentences
    """No client in use has this id and secret. Trying again does not help."""


class NotTheClientsScope(Exception):  # noqa: N818 -- errors are sentences
    """The client asks for a scope that it was not made with."""


class TooManyTokenTries(Exception):  # noqa: N818 -- errors are sentences
    """Nothing is judged now. Trying again helps after `wait_seconds`."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__("Too many tries. Wait, and try again.")
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class GivenToken:
    """A token as its client gets it, once."""

    token: str
    scopes: tuple[str, ...]
    expires_in: int
    """Seconds."""

    def __repr__(self) -> str:
        return f"<token for {' '.join(self.scopes)}>"


def client_chain(client: ApiClient) -> str:
    """The audit chain of what is done to and by a client."""
    return f"api-client:{client.id}"


@transaction.atomic
def create_client(
    *, code: str, sender: str, scopes: Collection[Scope], by: Actor, now: datetime
) -> str:
    """Make a client; gives its secret, which nobody can read again.

    :raises UnusableClient: the code is taken or not a code, or there is no scope.
    """
    if ApiClient.objects.filter(code=code).exists():
        raise UnusableClient(
            f"There is a client {code} already, perhaps revoked. Choose another code; "
            "a system may have several clients at a time."
        )
    secret = secrets.token_urlsafe(SECRET_BYTES)
    client = ApiClient(
        code=code,
        sender=sender,
        scopes=sorted(scopes),
        secret_hash=_hash(secret),
        created_at=now,
    )
    try:
        ApiClient.objects.add(client)
    except ValidationError as error:
        raise UnusableClient(
            "Codes are 1 to 40 of a–z, 0–9 and hyphen, a letter first; a client has "
            "at least one scope."
        ) from error
    record(
        chain=client_chain(client),
        what="api_client.created",
        who=by,
        on=Subject("api_client", client.id),
        at=now,
        facts={"code": code, "sender": sender, "scopes": [*client.scopes]},
    )
    return secret


@transaction.atomic
def revoke_client(*, code: str, by: Actor, now: datetime) -> None:
    """Let a client in no more, from its next request on.

    :raises UnusableClient: there is no such client in use.
    """
    client = ApiClient.objects.in_use().select_for_update().filter(code=code).first()
    if client is None:
        raise UnusableClient(f"There is no client {code} in use.")
    client.revoke(at=now)
    client.tokens.all().delete()
    record(
        chain=client_chain(client),
        what="api_client.revoked",
        who=by,
        on=Subject("api_client", client.id),
        at=now,
        facts={"code": code},
    )


@sensitive_variables()
def give_token(
    *, code: str, secret: str, scope: str, address: str, now: datetime
) -> GivenToken:
    """A short-lived token for a client that proves itself.

    A code that nobody has takes as long as one with a wrong secret, is answered in
    the same words and counts the same.

    :param scope: some of the client's scopes with spaces between, or empty for all.
    :raises TooManyTokenTries: for this code from this network address, or from it.
    :raises NotTheClient: no such client in use, or a wrong secret.
    :raises NotTheClientsScope: a scope that it was not made with.
    """
    own_tries = _count_tries(code, address=address, now=now)
    client = ApiClient.objects.in_use().filter(code=code).first()
    kept = client.secret_hash if client else NOBODYS_HASH
    is_right = constant_time_compare(_hash(secret), kept)
    if client is None or not is_right:
        raise NotTheClient("No client in use has this id and secret.")
    Tries.objects.forget(own_tries)
    scopes = tuple(scope.split()) or tuple(client.scopes)
    if not set(scopes) <= set(client.scopes):
        raise NotTheClientsScope("The client may not ask for this scope.")
    return _given(client, scopes, now=now)


@transaction.atomic
def _given(client: ApiClient, scopes: tuple[str, ...], *, now: datetime) -> GivenToken:
    token = TOKEN_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    client.tokens.expired(at=now).delete()
    ApiToken.objects.create(
        hash=_hash(token),
        client=client,
        scopes=list(scopes),
        expires_at=now + settings.API_TOKEN_LIFETIME,
    )
    record(
        chain=client_chain(client),
        what="api_client.token_given",
        who=client_actor(client),
        on=Subject("api_client", client.id),
        at=now,
        facts={"scopes": [*scopes]},
    )
    seconds = int(settings.API_TOKEN_LIFETIME.total_seconds())
    return GivenToken(token=token, scopes=scopes, expires_in=seconds)


def client_actor(client: ApiClient) -> Actor:
    """Who the client is in the log: the register's side, through this door."""
    return Actor(ActorKind.REGISTER, f"api:{client.code}")


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return _hash(token)


def _count_tries(code: str, *, address: str, now: datetime) -> str:
    # Of one address alone: a stranger must not be able to keep the client out.
    own = _key("api_client", f"{code}\x00{address}")
    from_address = _key("api_address", address)
    most = {
        own: settings.API_TOKEN_TRIES,
        from_address: settings.API_TOKEN_TRIES_PER_ADDRESS,
    }
    window = settings.API_TOKEN_WINDOW
    for key in sorted(most):
        tries = Tries.objects.count_request(key, window=window, now=now)
        if tries.made > most[key]:
            raise TooManyTokenTries(tries.seconds_left)
    return own


def _key(kind: str, value: str) -> str:
    return _hash(f"{kind}\x00{value}")


def _hash(value: str) -> str:
    return sha256(value.encode(errors="surrogatepass")).hexdigest()
