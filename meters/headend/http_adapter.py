"""What every adapter that speaks over HTTP does alike: sign, record, send, believe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from meters.headend.base import (
    Answer,
    CallbackRefused,
    Clock,
    Fault,
    HeadEndError,
    Health,
    IdSource,
    Outgoing,
    Purpose,
    RawCallback,
    Recorder,
    Report,
    Submission,
)
from meters.headend.client_certificates import require_listed
from meters.headend.profile import Authentication
from meters.headend.signing import (
    NotAuthentic,
    require_authentic,
    signature_headers,
)
from meters.headend.transport import (
    Endpoint,
    Received,
    Request,
    require_usable,
    send_all,
)

_NOT_ALIVE = frozenset({401, 403, 404, 410, 429})


@dataclass(frozen=True, kw_only=True)
class CallbackRules:
    """What a callback must fulfil before anything in it is read."""

    max_bytes: int
    window: timedelta
    authentication: Authentication
    certificates: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class HttpAdapter:
    """One head-end behind an HTTP address, with which we share a secret.

    `secret_setting` names the environment variable in the sentence that a missing
    secret is answered with; `user_agent` is how we introduce ourselves.
    """

    code: str
    endpoint: Endpoint
    secret: str
    secret_setting: str
    recorder: Recorder
    clock: Clock
    new_id: IdSource

    @property
    def user_agent(self) -> str:
        """How we introduce ourselves."""
        return "HAN-portal"

    def probe(self) -> Health:
        """Ask for the endpoint with a GET: any answer but a refusal is a sign of life.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint.
        """
        self.require_ready()
        outgoing = Outgoing(message_id=self.new_id(), purpose=Purpose.PROBE, body=b"")
        answer = self.exchange([outgoing], action="")[outgoing.message_id]
        status = answer.status
        alive = status is not None and status < 500 and status not in _NOT_ALIVE
        fault = None if alive else answer.fault
        self.recorder.answered([_answer(answer, fault, answer.detail)])
        return Health(reachable=alive, detail="" if alive else answer.detail)

    def require_ready(self) -> None:
        """Check that we can send at all.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint.
        """
        if not self.secret:
            raise HeadEndError(Fault.AUTH, self._no_secret())
        require_usable(self.endpoint.url)

    def require_believable(self, raw: RawCallback, *, rules: CallbackRules) -> None:
        """Check a callback's size, and whose it is, before it is read.

        :raises CallbackRefused: 413 too large, 401 not from them or replayed, 503 when
            we have no secret to check it with.
        """
        if len(raw.body) > rules.max_bytes:
            raise CallbackRefused(413, "The message is larger than allowed.")
        try:
            if rules.authentication is Authentication.MTLS:
                require_listed(raw.headers, allowed=rules.certificates)
                return
            if not self.secret:
                raise CallbackRefused(503, self._no_secret())
            require_authentic(
                secret=self.secret,
                headers=raw.headers,
                body=raw.body,
                received_at=raw.received_at,
                window=rules.window,
            )
        except NotAuthentic as error:
            raise CallbackRefused(401, str(error)) from error

    def exchange(
        self, messages: Sequence[Outgoing], *, action: str
    ) -> dict[UUID, Received]:
        """Record, then send; what came back by MessageID."""
        if not messages:
            return {}
        self.recorder.leaving(messages)
        headers = (
            ("Content-Type", "text/xml; charset=utf-8"),
            ("SOAPAction", f'"{action}"'),
            ("Accept-Encoding", "identity"),
            ("User-Agent", self.user_agent),
        )
        requests = [
            Request(
                message_id=message.message_id,
                method="GET" if message.purpose is Purpose.PROBE else "POST",
                body=message.body,
                headers=headers,
            )
            for message in messages
        ]
        answers = send_all(
            self.endpoint, requests, authenticate=self._signed, clock=self.clock
        )
        return {answer.message_id: answer for answer in answers}

    def record(
        self,
        received: Mapping[UUID, Received],
        prepared: Sequence[Outgoing | Submission | Report],
        outcomes: Sequence[Submission | Report | None],
    ) -> None:
        """Keep what came back to each message, with what it was understood to mean."""
        answers = [
            _answer(
                received[message.message_id],
                outcome.fault if outcome else received[message.message_id].fault,
                outcome.detail if outcome else received[message.message_id].detail,
            )
            for message, outcome in zip(prepared, outcomes, strict=True)
            if isinstance(message, Outgoing)
        ]
        if answers:
            self.recorder.answered(answers)

    def _no_secret(self) -> str:
        return f"Head-end {self.code} has no secret: set {self.secret_setting}."

    def _signed(self, body: bytes) -> dict[str, str]:
        return signature_headers(secret=self.secret, body=body, now=self.clock())


def _answer(received: Received, fault: Fault | None, detail: str) -> Answer:
    return Answer(
        message_id=received.message_id,
        status=received.status,
        body=received.body,
        fault=fault,
        detail=detail,
        took=received.took,
    )
