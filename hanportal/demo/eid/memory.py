"""What the provider remembers: questions, logged-in browsers, codes and tokens."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from hanportal.demo.eid.misbehaviour import Misbehaviour
from hanportal.demo.eid.people import Person

REQUEST_SECONDS = 600
CODE_SECONDS = 60
TOKEN_SECONDS = 300
SESSION_SECONDS = 8 * 3600


@dataclass(frozen=True, kw_only=True)
class Request:
    """An authorisation request that was found to be in order."""

    redirect_uri: str
    scopes: frozenset[str]
    state: str
    nonce: str | None
    challenge: str
    prompt: str
    max_age: int | None


@dataclass(frozen=True, kw_only=True)
class Login:
    """A person who is logged in in one browser."""

    person: Person
    at: int


@dataclass(kw_only=True)
class Grant:
    """What one code stands for."""

    request: Request
    login: Login
    misbehaviour: Misbehaviour | None
    used: bool = False
    tokens: list[str] = field(default_factory=list)
    """Access tokens that were given for the code; revoked when it is used again."""


Kept = TypeVar("Kept")


class Shelf(Generic[Kept]):
    """Things under unguessable names, for so many seconds."""

    def __init__(self, seconds: int, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._kept: dict[str, tuple[Kept, float]] = {}

    def put(self, thing: Kept) -> str:
        """Keep a thing and say under which name."""
        now = self._clock()
        self._kept = {
            name: entry for name, entry in self._kept.items() if entry[1] > now
        }
        name = secrets.token_urlsafe(32)
        self._kept[name] = (thing, now + self._seconds)
        return name

    def get(self, name: str) -> Kept | None:
        """The thing with this name while it lasts."""
        entry = self._kept.get(name)
        return entry[0] if entry and entry[1] > self._clock() else None

    def drop(self, name: str) -> None:
        """Forget what stands under this name, if anything does."""
        self._kept.pop(name, None)


class Memory:
    """All of the provider's shelves."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.requests = Shelf[Request](REQUEST_SECONDS, clock)
        self.logins = Shelf[Login](SESSION_SECONDS, clock)
        self.grants = Shelf[Grant](CODE_SECONDS, clock)
        self.tokens = Shelf[Grant](TOKEN_SECONDS, clock)
