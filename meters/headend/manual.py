"""Meters that no head-end reaches: fitters get a work list, and report what they did.

Nothing goes over a wire. A command is accepted when it stands on the list; its final
result is the line that comes back. The list itself is what the database says is
accepted here, so it can be written again at any time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from meters.headend.base import (
    Answer,
    CallbackBatch,
    CallbackRefused,
    Capabilities,
    Fault,
    Health,
    IdSource,
    Outgoing,
    PortCommand,
    PortReset,
    Purpose,
    RawCallback,
    Recorder,
    Report,
    Submission,
)
from meters.headend.hostile_xml import printable
from meters.states import ReportSource


@dataclass(frozen=True, kw_only=True)
class ManualAdapter:
    """The port to people who drive out."""

    code: str
    recorder: Recorder
    new_id: IdSource

    def capabilities(self) -> Capabilities:
        """A result comes when somebody has been there, however long that takes."""
        return Capabilities(read_back=False, poll=True, cancel=False, callbacks=False)

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Put each command on the work list."""
        slips = [self._slip(command) for command in commands]
        written = [slip for slip in slips if isinstance(slip, Outgoing)]
        if written:
            self.recorder.leaving(written)
            self.recorder.answered(
                [Answer(message_id=slip.message_id) for slip in written]
            )
        return [
            Submission(command_id=command.id, hes_reference=str(slip.message_id))
            if isinstance(slip, Outgoing)
            else slip
            for command, slip in zip(commands, slips, strict=True)
        ]

    def poll(self, pending: Sequence[PortCommand]) -> list[Report]:  # noqa: ARG002
        """Nothing: results are handed in (fitters)."""
        return []

    def cancel(self, hes_reference: str) -> Submission | None:  # noqa: ARG002
        """None: what is no longer wanted is not on the next list."""
        return None

    def reset(self, resets: Sequence[PortReset]) -> list[Submission]:  # noqa: ARG002
        """Nothing: whoever is at the meter restarts the port there."""
        return []

    def read_state(self, serials: Sequence[str]) -> list[Report]:
        """Nothing is known of any port until somebody has been there."""
        return [
            Report(
                serial=serial,
                source=ReportSource.READ_BACK,
                fault=Fault.AMBIGUOUS,
                detail="Nobody can read this meter from here.",
            )
            for serial in serials
        ]

    def parse_callback(self, raw: RawCallback) -> CallbackBatch:
        """Refused: nobody calls back over the network.

        :raises CallbackRefused: always, 404.
        """
        del raw
        raise CallbackRefused(404, "This head-end calls nobody back.")

    def probe(self) -> Health:
        """People are always there."""
        return Health(reachable=True)

    def _slip(self, command: PortCommand) -> Outgoing | Submission:
        """What is kept of the command, in one line."""
        if printable(command.serial, longest=40) != command.serial:
            return Submission(
                command_id=command.id,
                fault=Fault.CONTRACT,
                detail="The serial can't be written on a work list.",
            )
        line = f"{command.serial};{command.desired};{command.tracking_reference}"
        return Outgoing(
            message_id=self.new_id(),
            purpose=Purpose.SUBMIT,
            body=line.encode(),
            command_id=command.id,
            serial=command.serial,
        )
