"""Who may use the machine interface: a token lets its client in, and says to what.

Requests are counted in PostgreSQL, as the tries of a login are: a cache that is down
neither lifts the limit nor shuts the door.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from hanportal.accounts.actions.clients import client_actor, token_hash
from hanportal.accounts.models import ApiToken, Tries
from hanportal.audit.log import Actor

A_MINUTE = timedelta(minutes=1)


class NoToken(Exception):  # noqa: N818 -- errors are sentences
    """There is no token that is valid. A new one may help."""


class NotInScope(Exception):  # noqa: N818 -- errors are sentences
    """The token is valid, and not for this."""

    def __init__(self, machine: "Machine", scope: str) -> None:
        super().__init__(f"The token lacks the scope {scope}.")
        self.machine, self.scope = machine, scope


class TooManyRequests(Exception):  # noqa: N818 -- errors are sentences
    """The client asks too often. Trying again helps after `wait_seconds`."""

    def __init__(self, machine: "Machine", wait_seconds: int) -> None:
        super().__init__("The client asks too often.")
        self.machine, self.wait_seconds = machine, wait_seconds


@dataclass(frozen=True)
class Machine:
    """A client that was let in."""

    code: str
    sender: str
    actor: Actor


@sensitive_variables("token")
def machine_with(token: str, *, scope: str, now: datetime) -> Machine:
    """The client that a token lets in to what the scope names.

    :raises NoToken: no such token, or it has ended, or its client has.
    :raises NotInScope: the token was given for something else.
    :raises TooManyRequests: more of them in this minute than a client may make.
    """
    found = (
        ApiToken.objects.valid(at=now)
        .select_related("client")
        .filter(hash=token_hash(token))
        .first()
    )
    if found is None:
        raise NoToken("There is no valid token.")
    client = found.client
    machine = Machine(client.code, client.sender, client_actor(client))
    made = Tries.objects.count_request(
        token_hash(f"requests\x00{client.code}"), window=A_MINUTE, now=now
    )
    if made.made > settings.API_REQUESTS_PER_MINUTE:
        raise TooManyRequests(machine, made.seconds_left)
    if not found.allows(scope):
        raise NotInScope(machine, scope)
    return machine
