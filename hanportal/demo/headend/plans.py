"""What a head-end is about to do with one request, before any fault changed it.

A fault edits these records; nothing else in the simulator knows fault numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from hanportal.demo.headend.fleet import PortState

Damage = Callable[[bytes], bytes]


@dataclass(kw_only=True)
class AnswerPlan:
    """What happens to the HTTP answer."""

    damages: list[Damage] = field(default_factory=list)
    """Applied in turn to the answer's bytes."""
    status: int = 200
    retry_after: float | None = None
    """Seconds in a Retry-After header."""
    is_lost: bool = False
    """The connection ends without an answer."""
    lost_after: float = 0.0
    """Seconds that a lost answer keeps the portal waiting before the reset."""
    is_cut: bool = False
    """The connection ends in the middle of the body."""
    drips: float = 0.0
    """Seconds over which the body trickles out; 0 sends it at once."""
    content_type: str = ""
    """Replaces the answer's own content type."""


@dataclass(kw_only=True)
class CommandPlan:
    """One meter's command on its way through the head-end."""

    serial: str
    state: PortState
    tracking_id: str
    restarts: bool = False
    """The port is started again instead of being set."""
    delay: float
    """Seconds from queueing to execution, already divided by the speed."""
    queued_at: float = 0.0
    """By the event loop's clock."""
    refusal: str = ""
    """Reply code of an immediate refusal; nothing is queued then."""
    is_queued: bool = True
    """False: the head-end never saw the command, whatever it answers."""
    is_forgotten: bool = False
    """Acknowledged, and then gone with the queue: no effect, no result."""
    moves: bool = True
    """False: the meter's port stays as it is, whatever is reported."""
    executions: int = 1
    """How often it is carried out: the same command, and yet not the same."""
    is_silent: bool = False
    """The port is set, and nothing comes out of it."""
    expires_first: float = 0.0
    """Reported as expired, and carried out so many seconds (real time) later."""
    drifts_after: float | None = None
    """Seconds (real time) after which a technician sets it back."""
    blocks: float = 0.0
    """Seconds (real time) for which its concentrator gets to nothing else."""
    acknowledges_with: str | None = None
    """Replaces the preset's reply code; empty sends no Error element."""
    event_ref: str = ""
    """Replaces the type of the result; empty tells the state it was set to."""
    failure: str = ""
    """Reply code of a command that failed at the meter."""
    copies: int = 1
    """How often the result is sent; 0 is never."""
    before_answer: bool = False
    """The result goes out, and is answered, before the acknowledgement."""
    forgeries: int = 0
    """Falsely signed copies of the result that go out first."""
    correlation_id: str = ""
    """Replaces the request's in the result."""
    with_zone: bool = True
    """False: the event's time carries no zone."""
    answer: AnswerPlan = field(default_factory=AnswerPlan)


@dataclass(kw_only=True)
class CancelPlan:
    """A request to drop what is queued."""

    is_too_late: bool = False
    answer: AnswerPlan = field(default_factory=AnswerPlan)


@dataclass(kw_only=True)
class ReadingPlan:
    """One meter's place in a read-back."""

    serial: str
    error: str = ""
    """Reply code instead of a reading."""
    is_missing: bool = False
    """Neither a reading nor an error."""
    is_stale: bool = False
    """What the port was before its last effect."""
    with_zone: bool = True
    answer: AnswerPlan = field(default_factory=AnswerPlan)
