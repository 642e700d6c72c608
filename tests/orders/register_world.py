"""A street whose register is told by machines, with one clock for all of it.

The database's clock is the story's own here: a schema that stands before the catalogue
answers `clock_timestamp()`, so that days may pass for leases and readings too.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from hanportal.accounts.models import Customer
from hanportal.audit.log import Actor, ActorKind
from hanportal.audit.management.commands.prepare_database import superuser_connection
from meters.headend import PortCommand, Report, Submission
from meters.models import HanPort, Meter, MeteringPoint
from meters.register import derive_today, take_events, take_rows
from meters.register.items import ItemOutcome
from meters.states import DesiredState, HanCapability, ReportedState, ReportSource
from orders import actions, fulfilment, reconciliation
from orders.deadlines import oslo_date
from orders.fulfilment.callbacks import apply_report
from orders.models import Case, Command, Consent, LifeEvent, Order
from orders.states import CaseKind, OrderStatus
from tests.conftest import server_url
from tests.orders.register_model import Item
from tests.orders.world import FakeHeadEnd, World, a_customer, a_point_with_meter, gsrn

FITTER = Actor(ActorKind.STAFF, "S7")
MACHINE = Actor(ActorKind.REGISTER, "api:test")
SENDER = "kis"
NATIONAL_IDS = {"K1": "01908000079", "K2": "01908000230", "K3": "06896100090"}
POINTS = (gsrn(1), gsrn(2))
SERIALS = tuple(f"735999{number:010d}" for number in range(1, 5))
"""The first two sit at the points; the others lie in store."""

ROUNDS = 20

CLOCK = """
CREATE SCHEMA IF NOT EXISTS story;
CREATE OR REPLACE FUNCTION story.clock_timestamp() RETURNS timestamptz VOLATILE
    LANGUAGE sql AS $$SELECT current_setting('story.now')::timestamptz$$;
GRANT USAGE ON SCHEMA story TO PUBLIC;
"""


def keep_a_clock_of_stories(database: str) -> None:
    """Let transactions of this database choose the story's clock."""
    with superuser_connection(server_url(database)) as server, server.cursor() as run:
        run.execute(CLOCK)


class ObedientMeters(FakeHeadEnd):
    """A ledger of what every meter has been; it obeys when the story says so."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.ledger: dict[str, list[ReportedState]] = {}
        self.received: list[PortCommand] = []
        self.results: list[Report] = []

    def state(self, serial: str) -> ReportedState:
        """How one meter's port really is."""
        return self.ledger.get(serial, [ReportedState.CLOSED])[-1]

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Take the commands; an opening must be permitted at that moment."""
        on = oslo_date(self.world.now)
        for command in commands:
            if command.desired == DesiredState.OPEN:
                port = HanPort.objects.get(meter__serial=command.serial)
                consent = Consent.objects.behind(port, on=on)
                assert consent is not None
                assert consent.permits_opening(port, on=on)
                held = Order.objects.filter(port=port, status=OrderStatus.ON_HOLD)
                assert not held.exists()
        self.received += commands
        return [Submission(command_id=command.id, fault=None) for command in commands]

    def execute(self, command: PortCommand) -> None:
        """The meter obeys, and the result is ready to be told."""
        state = ReportedState(command.desired)
        self.ledger.setdefault(command.serial, []).append(state)
        self.results.append(
            Report(
                serial=command.serial,
                source=ReportSource.EVENT,
                correlation_id=command.id,
                state=state,
                observed_at=self.world.now,
            )
        )

    def read_state(self, serials: Sequence[str]) -> list[Report]:
        """The meters as they are."""
        return [
            Report(
                serial=serial,
                source=ReportSource.READ_BACK,
                state=self.state(serial),
                observed_at=self.world.now,
            )
            for serial in serials
        ]


@dataclass
class Street:
    """Two homes, three people, four meters, and whatever is told of them."""

    world: World
    meters: ObedientMeters
    people: dict[str, Customer]
    points: dict[str, MeteringPoint]
    contact: int = 0

    @property
    def today(self) -> date:
        """The Oslo date of the story."""
        return oslo_date(self.world.now)

    def tell(self, items: Iterable[Item]) -> None:
        """A batch of events."""
        batch = [dict(item) for item in items]
        results = take_events(
            items=batch, sender=SENDER, by=MACHINE, now=self.world.now
        )
        check_again_at_the_end()
        assert all(result.reason is None for result in results), results

    def row(self, resource: str, **values: Any) -> bool:
        """One row, valid or refused by the register; True when it stands."""
        (result,) = take_rows(
            resource=resource,
            items=[{"id": "r", **values}],
            sender=SENDER,
            by=MACHINE,
            now=self.world.now,
        )
        check_again_at_the_end()
        return result.outcome != ItemOutcome.REFUSED

    def person_row(self, number: str, **values: Any) -> Item:
        """A customer's row; each has another telephone number."""
        self.contact += 1
        row = {
            "customer_number": number,
            "kind": "person",
            "name": f"Kari Nordmann {number}",
            "national_id": NATIONAL_IDS[number],
            "phone": f"+47991{self.contact:05d}",
            "language": "nb",
            "protected_address": False,
        }
        return row | values

    def pass_time(self, duration: timedelta) -> None:
        """The one clock goes on, and dates come."""
        self.world.now += duration
        set_clock(self.world.now)
        derive_today(now=self.world.now)
        check_again_at_the_end()

    def follow(self) -> int:
        """The sweep, as the periodic task calls it."""
        return reconciliation.follow_register(clock=self.world.clock)

    def dispatch(self) -> int:
        """A worker sends what is due."""
        return fulfilment.dispatch(
            head_end=self.world.head_end,
            clock=self.world.clock,
            connect=self.meters.connect,
        )

    def read_back(self) -> int:
        """Deadlines, overdue results, and ports that differ."""
        world = self.world
        fulfilment.recover_expired_leases(clock=world.clock)
        fulfilment.give_up_overdue(clock=world.clock)
        reconciliation.close_what_is_over(clock=world.clock)
        facts: dict[str, Any] = {
            "head_end": world.head_end,
            "clock": world.clock,
            "connect": self.meters.connect,
        }
        found = fulfilment.follow_up(**facts)
        return found + reconciliation.reconcile_ports(**facts)

    def obey(self) -> None:
        """Every meter carries out what it has, in the order in which it came."""
        for command in self.meters.received:
            self.meters.execute(command)
        self.meters.received = []

    def report(self, result: Report) -> None:
        """One result is told."""
        apply_report(result, head_end=self.world.head_end, clock=self.world.clock)

    def hear(self) -> None:
        """Every result is told."""
        for result in self.meters.results:
            self.report(result)
        self.meters.results = []

    def open_by_hand(self, gsrn: str) -> None:
        """A fitter opens the port, where an order still waits for that, and says so."""
        held = Case.objects.unsettled().filter(
            kind=CaseKind.ORDER_NEEDS_VISIT, order__metering_point__gsrn=gsrn
        )
        for case in held.select_related("port__meter"):
            assert case.port is not None
            try:
                actions.opened_by_fitter(case_id=case.id, by=FITTER, now=self.world.now)
            except (actions.NotHeld, actions.RetryNotPermitted):
                continue
            ledger = self.meters.ledger.setdefault(case.port.meter.serial, [])
            ledger.append(ReportedState.OPEN)

    def is_at_rest(self) -> bool:
        """Whether nothing runs and nothing is due."""
        waiting = LifeEvent.objects.unsettled().filter(obstacle="")
        due = HanPort.objects.exclude(read_back_due_at=None)
        return not (
            self.meters.received
            or self.meters.results
            or Command.objects.live().exists()
            or waiting.exists()
            or due.exists()
        )


def come_to_rest(street: Street, *, follow: Callable[[], int] | None = None) -> None:
    """Whatever runs by itself runs until nothing is left to do.

    :param follow: the sweep, where somebody watches it.
    """
    for _round in range(ROUNDS):
        street.obey()
        street.hear()
        if not (follow or street.follow)() and street.is_at_rest():
            return
        street.dispatch()
        street.obey()
        street.hear()
        street.read_back()
        street.pass_time(timedelta(hours=2))


def take_the_clock(now: datetime) -> None:
    """The database's clock is the story's until the transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path TO story, pg_catalog, public")
    set_clock(now)
    check_again_at_the_end()


def set_clock(now: datetime) -> None:
    """What the database says is the time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('story.now', %s, true)", [now.isoformat()])


def build_street(world: World) -> Street:
    """Kari (K1) and Ola (K2) each at home; K3 may come to live with either."""
    keep = {"K1": world.customer}
    for number in ("K2", "K3"):
        keep[number] = a_customer(number, national_id=NATIONAL_IDS[number])
    second, _ = a_point_with_meter(keep["K2"], world.head_end, number=2)
    for serial in SERIALS[2:]:
        meter = Meter.objects.create(
            serial=serial,
            manufacturer="Aidon",
            model="6525",
            head_end=world.head_end,
            han_capability=HanCapability.REMOTE,
        )
        HanPort.objects.create(meter=meter)
    meters = ObedientMeters(world)
    world.fake = meters
    return Street(
        world=world,
        meters=meters,
        people=keep,
        points={POINTS[0]: world.point, POINTS[1]: second},
    )


def check_again_at_the_end() -> None:
    """Verbs that check at once what the end of their transaction would check."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
