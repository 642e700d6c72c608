"""A head-end that keeps, loses and muddles commands, and kills those who send them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from meters.headend import (
    Clock,
    Fault,
    HeadEndAdapter,
    IdSource,
    PortCommand,
    Recorder,
    Report,
    Submission,
)
from meters.models import HeadEnd, Holding
from meters.states import DesiredState, ReportedState, ReportSource
from orders.models import Consent, Gate, database_now
from orders.states import BreakerState
from tests.orders.world import FakeHeadEnd


class Moment(Enum):
    """Where in its work a worker is killed."""

    CLAIMED = "after the claim, before anything is sent"
    SENT = "after the sending, before anything is settled"


class WorkerLost(Exception):  # noqa: N818 -- it is what happened
    """The worker was killed in the middle of a call."""


class UnreliableHeadEnd(FakeHeadEnd):
    """Keeps commands for as long as it likes, and carries them out in any order."""

    def __init__(self, serial: str, clock: Clock) -> None:
        super().__init__()
        self.serial = serial
        self.clock = clock
        self.received: list[PortCommand] = []
        self.results: list[Report] = []
        self.told: list[Report] = []
        self.history: list[ReportedState] = [ReportedState.CLOSED]
        self.next_answer: Fault | None = None
        self.loses = False
        self.kills_at: Moment | None = None
        self.stale_by = timedelta(0)

    @property
    def state(self) -> ReportedState:
        """How the one meter's port really is."""
        return self.history[-1]

    def connect(
        self,
        head_end: HeadEnd,
        *,
        recorder: Recorder,
        clock: Clock,
        new_id: IdSource,
    ) -> HeadEndAdapter:
        """What workers call between their claim and their call."""
        if self.kills_at == Moment.CLAIMED:
            raise WorkerLost
        return super().connect(head_end, recorder=recorder, clock=clock, new_id=new_id)

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Take the commands, or lose them; what it answers is another matter."""
        assert may_leave(self.clock())
        for command in commands:
            if command.desired == DesiredState.OPEN:
                assert Consent.objects.active().exists()
                assert Holding.objects.filter(ends_on=None).exists()
        self.received += [] if self.loses else commands
        if self.kills_at == Moment.SENT:
            raise WorkerLost
        return [
            Submission(command_id=command.id, fault=self.next_answer)
            for command in commands
        ]

    def execute(self, command: PortCommand) -> None:
        """The meter obeys, and the result is ready to be told."""
        self.history.append(ReportedState(command.desired))
        self.results.append(
            Report(
                serial=self.serial,
                source=ReportSource.EVENT,
                correlation_id=command.id,
                state=self.state,
                observed_at=database_now(),
            )
        )

    def read_state(self, serials: Sequence[str]) -> list[Report]:
        """Silence, the present, or what was read a while ago."""
        if self.kills_at == Moment.SENT:
            raise WorkerLost
        if self.silent_reads:
            return []
        state = self.state if not self.stale_by else self.history[-2:][0]
        return [
            Report(
                serial=self.serial,
                source=ReportSource.READ_BACK,
                state=state,
                observed_at=database_now() - self.stale_by,
            )
        ]


def may_leave(now: datetime) -> bool:
    """Whether the head-end, as its row and its gate stand now, may be sent anything."""
    head_end = HeadEnd.objects.get()
    gate = Gate.objects.first()
    return (
        head_end.may_send
        and head_end.maintenance_at(now) is None
        # Who sends has claimed through the breaker: it is closed, or this one tries.
        and (gate is None or gate.breaker != BreakerState.OPEN)
    )
