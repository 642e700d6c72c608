"""The CIM adapter: IEC 61968-9 EndDeviceControls over SOAP, as a profile says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import NAMESPACE_OID, UUID, uuid5

from meters.headend.base import (
    Answer,
    CallbackBatch,
    CallbackRefused,
    Capabilities,
    Clock,
    Fault,
    HeadEndError,
    Health,
    IdSource,
    Outgoing,
    PortCommand,
    Purpose,
    RawCallback,
    Recorder,
    Report,
    Submission,
)
from meters.headend.cim_messages import (
    acknowledgement_message,
    control_message,
    read_back_message,
)
from meters.headend.cim_parsing import EventsMessage, read_events
from meters.headend.cim_results import (
    read_back_of,
    report_of,
    submission_of,
    unread,
)
from meters.headend.hostile_xml import Unreadable
from meters.headend.profile import CimProfile
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
class CimAdapter:
    """Talks to one CIM head-end: one meter in each message, many messages at once.

    `secret_setting` names the environment variable in the sentence that a missing
    secret is answered with.
    """

    code: str
    endpoint: Endpoint
    secret: str
    secret_setting: str
    reply_address: str
    profile: CimProfile
    recorder: Recorder
    clock: Clock
    new_id: IdSource

    def capabilities(self) -> Capabilities:
        """Reads back and takes callbacks; neither polls nor cancels."""
        return Capabilities(read_back=True, poll=False, cancel=False, callbacks=True)

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Send each command in a message of its own.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint. Nothing
            has been sent.
        """
        self._require_ready()
        prepared = [self._control(command) for command in commands]
        outgoing = [message for message in prepared if isinstance(message, Outgoing)]
        received = self._exchange(outgoing, action=self.profile.soap_action_create)
        submissions = [
            submission_of(
                received[message.message_id], command=command, profile=self.profile
            )
            if isinstance(message, Outgoing)
            else message
            for command, message in zip(commands, prepared, strict=True)
        ]
        self._record(received, prepared, submissions)
        return submissions

    def poll(self, pending: Sequence[PortCommand]) -> list[Report]:  # noqa: ARG002
        """Nothing: results come as callbacks."""
        return []

    def cancel(self, hes_reference: str) -> Submission | None:  # noqa: ARG002
        """None: the profile has no cancelling."""
        return None

    def read_state(self, serials: Sequence[str]) -> list[Report]:
        """Read ports back, one report per serial in the same order.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint. Nothing
            has been sent.
        """
        self._require_ready()
        prepared = [self._question(serial) for serial in serials]
        outgoing = [message for message in prepared if isinstance(message, Outgoing)]
        received = self._exchange(outgoing, action=self.profile.soap_action_get)
        reports = [
            read_back_of(
                received[message.message_id],
                serial=serial,
                received_at=self.clock(),
                profile=self.profile,
            )
            if isinstance(message, Outgoing)
            else message
            for serial, message in zip(serials, prepared, strict=True)
        ]
        self._record(received, prepared, reports)
        return reports

    def parse_callback(self, raw: RawCallback) -> CallbackBatch:
        """Authenticate and read CreatedEndDeviceEvents. Pure.

        :raises CallbackRefused: 413 too large, 401 not signed or replayed, 400 not a
            readable message, 503 when we have no secret to check it with.
        """
        message = self._authentic_events(raw)
        # Made from the body, so that the same callback gets the same reply.
        reply_id = uuid5(NAMESPACE_OID, sha256(raw.body).hexdigest())
        return CallbackBatch(
            reports=tuple(
                report_of(
                    event,
                    correlation_id=message.correlation_id,
                    received_at=raw.received_at,
                    profile=self.profile,
                )
                for event in message.events
            ),
            reply=acknowledgement_message(
                profile=self.profile,
                message_id=reply_id,
                correlation_id=message.correlation_id or message.message_id or reply_id,
                now=raw.received_at,
            ),
        )

    def probe(self) -> Health:
        """Ask for the endpoint with a GET: any answer but a refusal is a sign of life.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint.
        """
        self._require_ready()
        outgoing = Outgoing(message_id=self.new_id(), purpose=Purpose.PROBE, body=b"")
        answer = self._exchange([outgoing], action="")[outgoing.message_id]
        status = answer.status
        alive = status is not None and status < 500 and status not in _NOT_ALIVE
        fault = None if alive else answer.fault
        self.recorder.answered([_answer(answer, fault, answer.detail)])
        return Health(reachable=alive, detail="" if alive else answer.detail)

    def _require_ready(self) -> None:
        if not self.secret:
            raise HeadEndError(Fault.AUTH, self._no_secret())
        require_usable(self.endpoint.url)

    def _no_secret(self) -> str:
        return f"Head-end {self.code} has no secret: set {self.secret_setting}."

    def _authentic_events(self, raw: RawCallback) -> EventsMessage:
        if len(raw.body) > self.profile.max_message_bytes:
            raise CallbackRefused(413, "The message is larger than allowed.")
        if not self.secret:
            raise CallbackRefused(503, self._no_secret())
        try:
            require_authentic(
                secret=self.secret,
                headers=raw.headers,
                body=raw.body,
                received_at=raw.received_at,
                window=self.profile.replay_window,
            )
            return read_events(raw.body, profile=self.profile)
        except NotAuthentic as error:
            raise CallbackRefused(401, str(error)) from error
        except Unreadable as error:
            raise CallbackRefused(400, str(error)) from error

    def _control(self, command: PortCommand) -> Outgoing | Submission:
        message_id = self.new_id()
        try:
            body = control_message(
                command,
                profile=self.profile,
                message_id=message_id,
                now=self.clock(),
                reply_address=self.reply_address,
            )
        except ValueError as error:
            return Submission(
                command_id=command.id, fault=Fault.CONTRACT, detail=str(error)
            )
        return Outgoing(
            message_id=message_id,
            purpose=Purpose.SUBMIT,
            body=body,
            command_id=command.id,
            serial=command.serial,
        )

    def _question(self, serial: str) -> Outgoing | Report:
        message_id = self.new_id()
        try:
            body = read_back_message(
                serial, profile=self.profile, message_id=message_id, now=self.clock()
            )
        except ValueError as error:
            return unread(serial, fault=Fault.CONTRACT, detail=str(error))
        return Outgoing(
            message_id=message_id, purpose=Purpose.READ_BACK, body=body, serial=serial
        )

    def _exchange(
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
            ("User-Agent", self.profile.source),
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

    def _signed(self, body: bytes) -> dict[str, str]:
        return signature_headers(secret=self.secret, body=body, now=self.clock())

    def _record(
        self,
        received: Mapping[UUID, Received],
        prepared: Sequence[Outgoing | Submission | Report],
        outcomes: Sequence[Submission | Report],
    ) -> None:
        answers = [
            _answer(received[message.message_id], outcome.fault, outcome.detail)
            for message, outcome in zip(prepared, outcomes, strict=True)
            if isinstance(message, Outgoing)
        ]
        if answers:
            self.recorder.answered(answers)


def _answer(received: Received, fault: Fault | None, detail: str) -> Answer:
    return Answer(
        message_id=received.message_id,
        status=received.status,
        body=received.body,
        fault=fault,
        detail=detail,
        took=received.took,
    )
