"""The port to head-end systems: what every adapter takes, gives and promises.

Adapters never touch the ORM, never sleep and never retry. What concerns one meter is
a value; only a failure of the whole call raises. Every exchange passes a recorder
before and after it leaves, so that its row is committed before the send.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from meters.states import DesiredState, ReportedState, ReportSource

Clock = Callable[[], datetime]
IdSource = Callable[[], UUID]


class Fault(StrEnum):
    """What went wrong, named by what must happen next."""

    NOT_DELIVERED = "not_delivered"
    AMBIGUOUS = "ambiguous"
    THROTTLED = "throttled"
    AUTH = "auth"
    UNREACHABLE = "unreachable"
    REJECTED = "rejected"
    NOT_FINAL = "not_final"
    CONTRACT = "contract"


class Purpose(StrEnum):
    """Why a message leaves us. A reset is submitted; a poll reads back a result."""

    SUBMIT = "submit"
    READ_BACK = "read_back"
    CANCEL = "cancel"
    PROBE = "probe"


@dataclass(frozen=True, kw_only=True)
class PortCommand:
    """Set one meter's port to a state. Setting it twice is the same as once."""

    id: UUID
    """The CorrelationID, stable over attempts."""
    serial: str
    desired: DesiredState
    tracking_reference: str
    """The order's reference; no personal data."""
    attempt: int
    hes_reference: str = ""
    """The head-end's own name for it, once it has given one."""


@dataclass(frozen=True, kw_only=True)
class PortReset:
    """Start a silent port again. What the port should be stays as it is."""

    id: UUID
    serial: str
    tracking_reference: str


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What the head-end said at once to one command."""

    command_id: UUID
    fault: Fault | None = None
    """None: acknowledged, the final result is still to come."""
    code: str = ""
    detail: str = ""
    hes_reference: str = ""
    retry_after: timedelta | None = None
    report: "Report | None" = None
    """The final result, where the head-end answers with it at once."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What became of a command, or what a meter was seen to be."""

    serial: str
    source: ReportSource
    correlation_id: UUID | None = None
    """None for a read-back and for what a meter says of its own accord."""
    state: ReportedState | None = None
    """How the port is, where that was said. May stand beside a fault: opening failed,
    the port is closed. Without state and fault the head-end says "processed" only."""
    observed_at: datetime | None = None
    """The meter's own time of the state; aware."""
    fault: Fault | None = None
    code: str = ""
    detail: str = ""
    hes_reference: str = ""
    """The head-end's own name for the command, where it says no other. Such a report
    is a doorbell: something is ready to be polled."""


@dataclass(frozen=True, kw_only=True)
class CallbackBatch:
    """A callback, authenticated and understood, and what to answer at once."""

    reports: tuple[Report, ...]
    reply: bytes
    content_type: str = "text/xml; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class RawCallback:
    """A callback as it arrived: body and lower-case headers."""

    body: bytes
    headers: Mapping[str, str]
    received_at: datetime
    came_from: str = ""
    """The network address at the other end of the connection: a proxy's, behind one."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What this head-end can be asked for.

    Where it has no read-back, only a final result counts.
    """

    read_back: bool
    poll: bool
    cancel: bool
    callbacks: bool
    reset: bool = False
    poll_for: timedelta | None = None
    """How long a result is polled for before its command counts as lost; None: as long
    as it takes."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """The answer to a probe."""

    reachable: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message about to leave. `body` is redacted of secrets."""

    message_id: UUID
    purpose: Purpose
    body: bytes
    command_id: UUID | None = None
    serial: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back to an outgoing message; `status` is None without a response."""

    message_id: UUID
    status: int | None = None
    body: bytes = b""
    fault: Fault | None = None
    detail: str = ""
    took: timedelta = field(default_factory=timedelta)


class Recorder(Protocol):
    """Keeps the raw exchanges. `leaving` returns only when the rows are committed."""

    def leaving(self, messages: Sequence[Outgoing]) -> None:
        """Commit a row for each message before any is sent."""

    def answered(self, answers: Sequence[Answer]) -> None:
        """Keep what came back."""


class HeadEndError(Exception):
    """The whole call failed. `fault` says what must happen next."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail


class CallbackRefused(Exception):  # noqa: N818 -- a refusal is the outcome's name
    """A callback that is not authentic or not readable; answered with `status`."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class HeadEndAdapter(Protocol):
    """One protocol to one head-end."""

    def capabilities(self) -> Capabilities:
        """What may be asked of this head-end."""

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Send commands. One answer per command, in the same order.

        A meter missing from an answer is AMBIGUOUS, never a success.
        """

    def poll(self, pending: Sequence[PortCommand]) -> list[Report]:
        """Ask for results; nothing for those that are not ready or could not be asked.

        Too early and lost look the same, so whoever polls gives up by their own clock.
        """

    def cancel(self, hes_reference: str) -> Submission | None:
        """Ask the head-end to drop a command; None where it can't.

        Without a fault it was dropped; with any, it may still be executed.
        """

    def reset(self, resets: Sequence[PortReset]) -> list[Submission]:
        """Start silent ports again, answered like commands; nothing where it can't."""

    def read_state(self, serials: Sequence[str]) -> list[Report]:
        """Read the ports' present state; a report with a fault where it failed."""

    def parse_callback(self, raw: RawCallback) -> CallbackBatch:
        """Authenticate and read a callback. Pure: the time is `raw.received_at`.

        One event that can't be understood is an AMBIGUOUS report among the others,
        with an empty serial where it names no meter.

        :raises CallbackRefused: not authentic, or not what the profile describes.
        """

    def probe(self) -> Health:
        """Ask whether the endpoint answers."""
