"""The CIM adapter: IEC 61968-9 EndDeviceControls over SOAP, as a profile says."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import NAMESPACE_OID, UUID, uuid5

from meters.headend.base import (
    CallbackBatch,
    CallbackRefused,
    Capabilities,
    Fault,
    Outgoing,
    PortCommand,
    PortReset,
    Purpose,
    RawCallback,
    Report,
    Submission,
)
from meters.headend.cim_messages import (
    acknowledgement_message,
    cancel_message,
    control_message,
    read_back_message,
    reset_message,
)
from meters.headend.cim_parsing import EventsMessage, read_events
from meters.headend.cim_results import (
    acknowledgement_of,
    read_back_of,
    report_of,
    submission_of,
    unread,
)
from meters.headend.hostile_xml import Unreadable
from meters.headend.http_adapter import CallbackRules, HttpAdapter
from meters.headend.profile import CimProfile


@dataclass(frozen=True, kw_only=True)
class CimAdapter(HttpAdapter):
    """Talks to one CIM head-end: one meter in each message, many messages at once."""

    reply_address: str
    profile: CimProfile

    @property
    def user_agent(self) -> str:
        """The Source of our messages."""
        return self.profile.source

    def capabilities(self) -> Capabilities:
        """What the profile says; results are never polled for."""
        return Capabilities(
            read_back=self.profile.reads_back,
            poll=False,
            cancel=self.profile.cancels,
            callbacks=self.profile.asynchronous,
            reset=bool(self.profile.reset_type),
        )

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Send each command in a message of its own.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint. Nothing
            has been sent.
        """
        self.require_ready()
        prepared = [self._control(command) for command in commands]
        outgoing = [message for message in prepared if isinstance(message, Outgoing)]
        received = self.exchange(outgoing, action=self.profile.soap_action_create)
        submissions = [
            submission_of(
                received[message.message_id],
                command=command,
                received_at=self.clock(),
                profile=self.profile,
            )
            if isinstance(message, Outgoing)
            else message
            for command, message in zip(commands, prepared, strict=True)
        ]
        self.record(received, prepared, submissions)
        return submissions

    def poll(self, pending: Sequence[PortCommand]) -> list[Report]:  # noqa: ARG002
        """Nothing: results come as callbacks, or with the answer."""
        return []

    def cancel(self, hes_reference: str) -> Submission | None:
        """Ask for a transaction to be dropped; None where the profile knows no way.

        The head-end's reference names it, so the CorrelationID is the message's own.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint. Nothing
            has been sent.
        """
        if not self.profile.cancels:
            return None
        self.require_ready()
        message_id = self.new_id()
        try:
            body = cancel_message(
                hes_reference,
                profile=self.profile,
                message_id=message_id,
                now=self.clock(),
            )
        except ValueError as error:
            return _unwritable(message_id, error)
        message = Outgoing(message_id=message_id, purpose=Purpose.CANCEL, body=body)
        received = self.exchange([message], action=self.profile.soap_action_cancel)
        submission = acknowledgement_of(
            received[message_id], asked=message_id, serial="", profile=self.profile
        )
        self.record(received, [message], [submission])
        return submission

    def reset(self, resets: Sequence[PortReset]) -> list[Submission]:
        """Have ports started again; nothing where the profile has no such control.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint. Nothing
            has been sent.
        """
        if not self.profile.reset_type:
            return []
        self.require_ready()
        prepared = [self._reset(reset) for reset in resets]
        outgoing = [message for message in prepared if isinstance(message, Outgoing)]
        received = self.exchange(outgoing, action=self.profile.soap_action_create)
        submissions = [
            acknowledgement_of(
                received[message.message_id],
                asked=reset.id,
                serial=reset.serial,
                profile=self.profile,
            )
            if isinstance(message, Outgoing)
            else message
            for reset, message in zip(resets, prepared, strict=True)
        ]
        self.record(received, prepared, submissions)
        return submissions

    def read_state(self, serials: Sequence[str]) -> list[Report]:
        """Read ports back, one report per serial in the same order.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint. Nothing
            has been sent.
        """
        self.require_ready()
        if not self.profile.reads_back:
            return [
                unread(serial, detail="This head-end has no read-back.")
                for serial in serials
            ]
        prepared = [self._question(serial) for serial in serials]
        outgoing = [message for message in prepared if isinstance(message, Outgoing)]
        received = self.exchange(outgoing, action=self.profile.soap_action_get)
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
        self.record(received, prepared, reports)
        return reports

    def parse_callback(self, raw: RawCallback) -> CallbackBatch:
        """Authenticate and read CreatedEndDeviceEvents. Pure.

        :raises CallbackRefused: 404 nothing is expected from this head-end, 413 too
            large, 401 not from them or replayed, 400 not a readable message, 503 when
            we have no secret to check it with.
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

    def _authentic_events(self, raw: RawCallback) -> EventsMessage:
        profile = self.profile
        if not profile.asynchronous:
            raise CallbackRefused(404, "This head-end calls nobody back.")
        rules = CallbackRules(
            max_bytes=profile.max_message_bytes,
            window=profile.replay_window,
            authentication=profile.callback_authentication,
            certificates=profile.client_certificates,
        )
        self.require_believable(raw, rules=rules)
        try:
            return read_events(raw.body, profile=profile)
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
            return _unwritable(command.id, error)
        return Outgoing(
            message_id=message_id,
            purpose=Purpose.SUBMIT,
            body=body,
            command_id=command.id,
            serial=command.serial,
        )

    def _reset(self, reset: PortReset) -> Outgoing | Submission:
        message_id = self.new_id()
        try:
            body = reset_message(
                reset,
                profile=self.profile,
                message_id=message_id,
                now=self.clock(),
                reply_address=self.reply_address,
            )
        except ValueError as error:
            return _unwritable(reset.id, error)
        return Outgoing(
            message_id=message_id,
            purpose=Purpose.SUBMIT,
            body=body,
            serial=reset.serial,
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


def _unwritable(of: UUID, error: ValueError) -> Submission:
    return Submission(command_id=of, fault=Fault.CONTRACT, detail=str(error))
