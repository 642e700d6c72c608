"""What the register may say: people move, meters are exchanged, and it errs."""

from datetime import date, timedelta

from django.db.models import Exists, OuterRef

from hanportal.accounts.models import Customer
from hanportal.audit.verify import Tally, examine
from meters.headend import Report
from meters.models import HanPort, Holding, Installation, Meter, MeteringPoint
from meters.states import DesiredState, HanCapability, ReportedState, ReportSource
from notifications.models import Message
from orders import reconciliation
from orders.fulfilment.callbacks import apply_report
from orders.models import Case, Command, Consent, LifeEvent, Order, database_now
from tests.orders.test_closing import open_the_port
from tests.orders.test_fulfilment import dispatch, reconcile
from tests.orders.world import World, a_customer

__all__ = [
    "assert_everything_is_at_rest",
    "exchange",
    "follow_register",
    "meters_answer",
    "move_in",
    "move_out",
    "open_the_port",
    "said_to",
    "somebody_else",
    "today",
]

MANY_ROUNDS = 12


def today(world: World) -> date:
    """The Oslo date of the story."""
    return world.now.date()


def somebody_else(number: str = "K2", national_id: str = "01908000230") -> Customer:
    """Another person, who may come to live there."""
    return a_customer(number, national_id=national_id)


def move_out(world: World, *, on: date | None = None) -> None:
    """The register: the customer's holding ends."""
    Holding.objects.filter(
        customer=world.customer, metering_point=world.point, ends_on=None
    ).update(ends_on=on or today(world))


def move_in(
    customer: Customer, point: MeteringPoint, *, on: date, until: date | None = None
) -> Holding:
    """The register: somebody holds the point from a date."""
    holding: Holding = Holding.objects.create(
        customer=customer, metering_point=point, starts_on=on, ends_on=until
    )
    return holding


def exchange(
    world: World,
    *,
    number: int,
    on: date | None = None,
    capability: HanCapability = HanCapability.REMOTE,
    point: MeteringPoint | None = None,
) -> HanPort:
    """The register: another meter sits at the point; gives its port."""
    day = on or today(world)
    place = point or world.point
    Installation.objects.filter(metering_point=place, ends_on=None).update(ends_on=day)
    meter = Meter.objects.create(
        serial=f"697063{number:010d}",
        manufacturer="Kaifa",
        model="MA304",
        head_end=world.head_end,
        han_capability=capability,
    )
    Installation.objects.create(meter=meter, metering_point=place, starts_on=day)
    return HanPort.objects.create(meter=meter)


def follow_register(world: World) -> int:
    """The sweep, as the periodic task calls it."""
    return reconciliation.follow_register(clock=world.clock)


def meters_answer(world: World) -> None:
    """Everything that is due is sent, and the meters say how they are."""
    Command.objects.live().update(not_before=database_now() - timedelta(seconds=1))
    while dispatch(world):
        pass
    world.fake.read_at = database_now() + timedelta(seconds=1)
    for command in Command.objects.live().select_related("port__meter"):
        apply_report(
            Report(
                serial=command.port.meter.serial,
                source=ReportSource.EVENT,
                correlation_id=command.id,
                state=world.fake.meters[command.port.meter.serial],
                observed_at=world.now,
            ),
            head_end=world.head_end,
            clock=world.clock,
        )


def come_to_rest(world: World) -> None:
    """Run whatever runs by itself until nothing is left to do."""
    for _round in range(MANY_ROUNDS):
        followed = follow_register(world)
        meters_answer(world)
        HanPort.objects.filter(read_back_due_at__isnull=False).update(
            read_back_due_at=database_now() - timedelta(seconds=1)
        )
        read = reconcile(world)
        world.now += timedelta(hours=2)
        if not followed and not read and not Command.objects.live().exists():
            return


def said_to(customer: Customer) -> list[str]:
    """What one customer reads on Min side, the oldest first."""
    told = Message.objects.visible_to(customer).order_by("created_at", "id")
    return [message.kind for message in told]


def assert_everything_is_at_rest(world: World) -> None:
    """What must hold after everything has come to rest (I1, I2, I3, I5, I8, I10)."""
    come_to_rest(world)
    on = today(world)
    assert follow_register(world) == 0
    assert not Command.objects.live().exists()
    assert not LifeEvent.objects.unsettled().filter(obstacle="").exists()
    for order in Order.objects.live():
        assert Case.objects.filter(order=order).exists()
    installed = Exists(Installation.objects.on(on).filter(meter=OuterRef("meter_id")))
    for port in HanPort.objects.filter(installed).select_related("meter"):
        is_permitted = Consent.objects.behind(port, on=on) is not None
        meter = world.fake.meters.get(port.meter.serial, ReportedState.CLOSED)
        assert port.desired == DesiredState.CLOSED or is_permitted
        assert meter == ReportedState.CLOSED or is_permitted
        if port.generation:
            assert port.reported == meter == ReportedState(port.desired)
    for port in HanPort.objects.exclude(installed):
        assert port.desired == DesiredState.CLOSED
        assert port.read_back_due_at is None
    outcomes = list(Message.objects.values_list("outcome", flat=True))
    assert len(outcomes) == len(set(outcomes))
    assert list(examine(Tally())) == []
