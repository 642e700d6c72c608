"""A port that is open by the meter's word, and a head-end that can restart it."""

from collections.abc import Sequence
from datetime import timedelta

from meters.headend import Fault, Outgoing, PortReset, Purpose, Report, Submission
from meters.models import HeadEnd
from meters.states import ReportedState, ReportSource
from orders import actions, fulfilment
from orders.fulfilment.callbacks import apply_report
from orders.models import Command, Gate, PortRestart, database_now
from tests.orders.test_fulfilment import dispatch, report
from tests.orders.world import FakeHeadEnd, World

RESETS = {"reset_type": "3.23.0.214"}
PAST = timedelta(seconds=1)


class RestartingHeadEnd(FakeHeadEnd):
    """Restarts ports as well, answered as planned."""

    def __init__(self) -> None:
        super().__init__()
        self.restarted: list[PortReset] = []

    def reset(self, resets: Sequence[PortReset]) -> list[Submission]:
        """Record, then answer as planned."""
        assert self._recorder is not None
        assert self._new_id is not None
        self._recorder.leaving(
            [
                Outgoing(
                    message_id=self._new_id(),
                    purpose=Purpose.SUBMIT,
                    body=b"<reset/>",
                    serial=reset.serial,
                )
                for reset in resets
            ]
        )
        answers = []
        for reset in resets:
            self.restarted.append(reset)
            fault, _executes = self.planned.pop(0) if self.planned else (None, True)
            answers.append(Submission(command_id=reset.id, fault=fault))
        return answers


def open_it(world: World) -> None:
    """The customer's port is open, by the meter's own word."""
    world.order_opening()
    dispatch(world)
    report(world, world.event(world.newest_command(), ReportedState.OPEN))


def let_it_restart(world: World) -> RestartingHeadEnd:
    """The world's head-end restarts ports."""
    HeadEnd.objects.filter(pk=world.head_end.pk).update(profile_settings=RESETS)
    world.head_end.refresh_from_db()
    fake = RestartingHeadEnd()
    fake.meters = world.fake.meters
    world.fake = fake
    return fake


def ask(world: World) -> PortRestart:
    """The customer gets no data and has the port started again."""
    asked = actions.try_remedy(
        customer=world.customer, metering_point=world.point, by=world.by, now=world.now
    )
    assert isinstance(asked, PortRestart)
    return asked


def resend(world: World) -> Command:
    """The same where nothing restarts ports."""
    asked = actions.try_remedy(
        customer=world.customer, metering_point=world.point, by=world.by, now=world.now
    )
    assert isinstance(asked, Command)
    return asked


def restart(world: World) -> int:
    """Send what is due."""
    return fulfilment.restart_ports(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )


def look_after(world: World) -> int:
    """Mend what can't stay as it is."""
    return fulfilment.look_after_restarts(clock=world.clock)


def make_due() -> None:
    """Let every wait and every lease be over."""
    past = database_now() - PAST
    PortRestart.objects.live().update(not_before=past)
    PortRestart.objects.filter(lease_expires_at__isnull=False).update(
        lease_expires_at=past
    )
    Gate.objects.filter(probe_at__isnull=False).update(probe_at=past)


def answer(
    world: World,
    of: PortRestart,
    *,
    fault: Fault | None = None,
    state: ReportedState | None = None,
) -> bool:
    """The meter's result of a restart."""
    found = Report(
        serial=world.port.meter.serial,
        source=ReportSource.EVENT,
        correlation_id=of.id,
        fault=fault,
        state=state,
        observed_at=None if state is None else world.now,
    )
    return apply_report(found, head_end=world.head_end, clock=world.clock)
