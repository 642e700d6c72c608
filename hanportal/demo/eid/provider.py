"""One client's eID provider: its set-up, its memory, and what it says of people."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hanportal.demo.eid.codes import Worker
from hanportal.demo.eid.keys import KeyRing
from hanportal.demo.eid.memory import TOKEN_SECONDS, Grant, Login, Memory, Request
from hanportal.demo.eid.misbehaviour import Misbehaviour
from hanportal.demo.eid.people import Person


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the provider is set up."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uris: frozenset[str]
    after_logout_uris: frozenset[str]
    people: Sequence[Person]
    client_name: str = "HAN-portalen"
    algorithm: str = "RS256"
    rotate_after: int = 0
    """Sign with a new key after so many tokens; 0 keeps the first."""
    national_id_claim: str = "pid"
    national_id_in: frozenset[str] = field(
        default_factory=lambda: frozenset({"id_token"})
    )
    """Any of `id_token` and `userinfo`."""
    methods: Sequence[str] | None = ("demo",)
    """What `amr` says; None leaves it out."""
    misbehave: bool = False
    workers: Sequence[Worker] = ()
    """Staff of the client, whose authenticator apps' codes are shown."""


class Provider:
    """Everything it knows is lost when it stops."""

    def __init__(
        self, options: Options, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.options = options
        self.keys = KeyRing(options.algorithm, rotate_after=options.rotate_after)
        self.requests_for_keys = 0
        self.memory = Memory(clock)
        self.people = {person.subject: person for person in options.people}
        self._clock = clock
        self._misbehaviours: list[Misbehaviour] = []

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self._clock())

    def misbehave_next(self, how: Misbehaviour) -> None:
        """Make the next login that nothing is planned for go wrong in this way."""
        self._misbehaviours.append(how)

    def will_do(self, login: Login, request: Request) -> bool:
        """Whether a login in the browser answers a request without asking again."""
        if request.prompt == "login":
            return False
        return request.max_age is None or self.now() - login.at <= request.max_age

    def grant(self, request: Request, login: Login) -> tuple[str, Grant]:
        """A new code, and what it stands for."""
        how = self._misbehaviours.pop(0) if self._misbehaviours else None
        grant = Grant(request=request, login=login, misbehaviour=how)
        return self.memory.grants.put(grant), grant

    def id_claims(self, grant: Grant) -> dict[str, Any]:
        """What an ID token says."""
        now = self.now()
        claims = self.personal_claims(grant, place="id_token")
        claims |= {
            "iss": self.options.issuer,
            "aud": self.options.client_id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "auth_time": grant.login.at,
            "acr": grant.login.person.level,
        }
        if self.options.methods is not None:
            claims["amr"] = list(self.options.methods)
        if grant.request.nonce is not None:
            claims["nonce"] = grant.request.nonce
        return claims

    def personal_claims(self, grant: Grant, *, place: str) -> dict[str, Any]:
        """Who the person is, as far as the place and the scopes go."""
        person = grant.login.person
        claims: dict[str, Any] = {"sub": person.subject}
        if "profile" in grant.request.scopes:
            claims["name"] = person.name
        if place in self.options.national_id_in:
            claims[self.options.national_id_claim] = person.national_id
        return claims
