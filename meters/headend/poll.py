"""The poll-shaped adapter: ask, get a reference, and ask for the result until it comes.

After Grid eXchange Fabric's SetAdministrativeStatus. It proves that the port is not
CIM-shaped: the head-end has its own CorrelationUid, gives no read-back, and says the
same to a question that is too early as to one about a request it has lost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

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
from meters.headend.hostile_xml import Unreadable
from meters.headend.http_adapter import CallbackRules, HttpAdapter
from meters.headend.poll_messages import (
    Outcome,
    PollFault,
    Taken,
    notification_reply,
    poll_message,
    read_doorbell,
    read_outcome,
    read_taken,
    set_message,
)
from meters.headend.poll_profile import PollProfile
from meters.headend.transport import Received
from meters.states import ReportedState, ReportSource

_Said = TypeVar("_Said", Taken, Outcome)


@dataclass(frozen=True, kw_only=True)
class PollAdapter(HttpAdapter):
    """Talks to one head-end that is polled for its results."""

    profile: PollProfile

    @property
    def user_agent(self) -> str:
        """The application that asks."""
        return self.profile.application

    def capabilities(self) -> Capabilities:
        """Polls, and hears doorbells; nothing else."""
        return Capabilities(
            read_back=False,
            poll=True,
            cancel=False,
            callbacks=True,
            poll_for=self.profile.poll_for,
        )

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Send each command; the answer's CorrelationUid is its `hes_reference`.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint. Nothing
            has been sent.
        """
        self.require_ready()
        prepared = [self._request(command) for command in commands]
        outgoing = [message for message in prepared if isinstance(message, Outgoing)]
        received = self.exchange(outgoing, action=self.profile.soap_action)
        submissions = [
            self._submission(received[message.message_id], command)
            if isinstance(message, Outgoing)
            else message
            for command, message in zip(commands, prepared, strict=True)
        ]
        self.record(received, prepared, submissions)
        return submissions

    def poll(self, pending: Sequence[PortCommand]) -> list[Report]:
        """Ask for the results of commands that have a reference.

        Nothing for those that are not ready, are not known any more, or could not be
        asked about: those three look alike.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint. Nothing
            has been sent.
        """
        self.require_ready()
        asked = [command for command in pending if command.hes_reference]
        prepared = [self._question(command) for command in asked]
        received = self.exchange(prepared, action=self.profile.soap_action)
        reports = [
            self._report(received[message.message_id], command)
            for command, message in zip(asked, prepared, strict=True)
        ]
        self.record(received, prepared, reports)
        return [report for report in reports if report is not None]

    def cancel(self, hes_reference: str) -> Submission | None:  # noqa: ARG002
        """None: there is no cancelling."""
        return None

    def reset(self, resets: Sequence[PortReset]) -> list[Submission]:  # noqa: ARG002
        """Nothing: there is no reset."""
        return []

    def read_state(self, serials: Sequence[str]) -> list[Report]:
        """Nothing is known of any port: what it was set to is not what it is.

        :raises HeadEndError: AUTH: no secret; CONTRACT: no usable endpoint.
        """
        self.require_ready()
        return [
            Report(
                serial=serial,
                source=ReportSource.READ_BACK,
                fault=Fault.AMBIGUOUS,
                detail="This head-end has no read-back.",
            )
            for serial in serials
        ]

    def parse_callback(self, raw: RawCallback) -> CallbackBatch:
        """Authenticate and read a notification: a doorbell and no more. Pure.

        :raises CallbackRefused: 413 too large, 401 not from them or replayed, 400 not a
            readable message, 503 when we have no secret to check it with.
        """
        rules = CallbackRules(
            max_bytes=self.profile.max_message_bytes,
            window=self.profile.replay_window,
            authentication=self.profile.callback_authentication,
            certificates=self.profile.client_certificates,
        )
        self.require_believable(raw, rules=rules)
        try:
            bell = read_doorbell(raw.body, profile=self.profile)
        except Unreadable as error:
            raise CallbackRefused(400, str(error)) from error
        report = Report(
            serial=bell.serial,
            source=ReportSource.EVENT,
            hes_reference=bell.correlation_uid,
            fault=Fault.NOT_FINAL,
            detail="A result can be asked for.",
        )
        return CallbackBatch(
            reports=(report,), reply=notification_reply(profile=self.profile)
        )

    def _request(self, command: PortCommand) -> Outgoing | Submission:
        try:
            body = set_message(command.serial, command.desired, profile=self.profile)
        except ValueError as error:
            return Submission(
                command_id=command.id, fault=Fault.CONTRACT, detail=str(error)
            )
        return Outgoing(
            message_id=self.new_id(),
            purpose=Purpose.SUBMIT,
            body=body,
            command_id=command.id,
            serial=command.serial,
        )

    def _question(self, command: PortCommand) -> Outgoing:
        """What is asked about was sent once and answered once, so it can be written."""
        return Outgoing(
            message_id=self.new_id(),
            purpose=Purpose.READ_BACK,
            body=poll_message(
                command.hes_reference, command.serial, profile=self.profile
            ),
            command_id=command.id,
            serial=command.serial,
        )

    def _submission(self, received: Received, command: PortCommand) -> Submission:
        said = self._heard(received, read_taken)
        answer = Submission(command_id=command.id, retry_after=received.retry_after)
        if isinstance(said, Received):
            return replace(answer, fault=said.fault, detail=said.detail)
        if isinstance(said, PollFault):
            fault = self._fault_named(said)
            code = said.message or said.code
            return replace(answer, fault=fault, code=code, detail=said.text)
        if said.serial != command.serial:
            wrong = "The answer is about another meter."
            return replace(answer, fault=Fault.AMBIGUOUS, detail=wrong)
        return replace(answer, hes_reference=said.correlation_uid)

    def _report(self, received: Received, command: PortCommand) -> Report | None:
        said = self._heard(received, read_outcome)
        if isinstance(said, Received):
            return None
        report = Report(
            serial=command.serial,
            source=ReportSource.POLL,
            correlation_id=command.id,
        )
        if isinstance(said, PollFault):
            if self.profile.not_ready & {said.message, said.code}:
                return None
            fault = self._fault_named(said)
            code = said.message or said.code
            return replace(report, fault=fault, code=code, detail=said.text)
        if said.result in self.profile.not_ready:
            return None
        # A word that nobody knows is never a success.
        failed = self.profile.results.get(said.result, Fault.AMBIGUOUS)
        report = replace(report, code=said.result, detail=said.description)
        if failed is not None:
            return replace(report, fault=failed)
        state = ReportedState(command.desired)
        return replace(report, state=state, observed_at=self.clock())

    def _fault_named(self, said: PollFault) -> Fault:
        for name in (said.message, said.code):
            if name in self.profile.faults:
                return self.profile.faults[name]
        is_blank = not said.message and not said.code
        return Fault.CONTRACT if is_blank and said.is_ours else Fault.AMBIGUOUS

    def _heard(
        self, received: Received, read: Callable[..., _Said | PollFault]
    ) -> _Said | PollFault | Received:
        """The message in an answer; the bare answer with its fault where there is none.

        A status that says little (400, 500) may come with a SOAP fault that says more.
        """
        if received.fault not in {None, Fault.AMBIGUOUS, Fault.CONTRACT}:
            return received
        try:
            message = read(received.body, profile=self.profile)
        except Unreadable as error:
            if received.fault is None:
                return replace(received, fault=Fault.AMBIGUOUS, detail=str(error))
            return received
        if received.fault is None or isinstance(message, PollFault):
            return message
        return received
