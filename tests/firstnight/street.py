"""What happens on the street before the portal comes, and what workers then do."""

from datetime import timedelta

from django.db.models import F

from hanportal.audit.log import Actor, ActorKind
from meters.models import HanPort, HeadEnd
from meters.states import DesiredState, ReportedState, ReportSource
from orders import fulfilment
from orders.models import Command
from orders.reconciliation import reconcile_ports
from orders.states import CommandStatus
from tests.orders.world import FakeHeadEnd, World, a_point_with_meter

BY = Actor(ActorKind.STAFF, "S-anna")
A_YEAR = timedelta(days=365)


def exposed_port(world: World, *, number: int) -> HanPort:
    """A port that was opened years ago, with no trace of a consent."""
    _, port = a_point_with_meter(world.customer, world.head_end, number=number)
    before = world.now - A_YEAR
    port.observe(ReportedState.OPEN, at=before, source=ReportSource.REGISTER)
    world.fake.meters[port.meter.serial] = ReportedState.OPEN
    return port


def exposed_ports(world: World, number: int, *, first: int = 100) -> list[HanPort]:
    """So many of them, each found by the loop."""
    ports = [exposed_port(world, number=first + n) for n in range(number)]
    reconcile(world, rounds=-(-number // world.head_end.max_concurrency))
    return ports


def reconcile(world: World, *, rounds: int = 1) -> None:
    """Read back what is due, at once, and mend what differs."""
    for _ in range(rounds):
        reconcile_ports(
            head_end=world.head_end, clock=world.clock, connect=world.fake.connect
        )


def read_again(world: World) -> None:
    """The hour passes after which a port is read again."""
    HanPort.objects.update(read_back_due_at=F("read_back_due_at") - timedelta(hours=2))


def dispatch(world: World, fake: FakeHeadEnd | None = None) -> int:
    """Send one batch."""
    connect = (fake or world.fake).connect
    head_end = HeadEnd.objects.get(pk=world.head_end.pk)
    return fulfilment.dispatch(head_end=head_end, clock=world.clock, connect=connect)


def dispatch_all(world: World) -> None:
    """Send until nothing more leaves."""
    while dispatch(world):
        pass


def sent(world: World) -> list[str]:
    """The serials that were told to close, in order."""
    return [c.serial for c in world.fake.sent if c.desired == DesiredState.CLOSED]


def queued() -> int:
    """How many commands wait to be sent."""
    return Command.objects.filter(status=CommandStatus.QUEUED).count()
