"""A new meter that takes a visit: opened by hand, or by a line on the fitters' list."""

from datetime import timedelta

import pytest

from meters.models import HanPort, HeadEnd
from meters.states import DesiredState, HanCapability, ReportedState
from notifications.models import MessageKind
from orders import fulfilment
from orders.models import Case, Command, LifeEvent, database_now
from orders.states import CaseKind, LifeEventKind
from tests.orders.life import (
    assert_everything_is_at_rest,
    exchange,
    follow_register,
    move_out,
    open_the_port,
    said_to,
)
from tests.orders.test_capabilities import settle_cases
from tests.orders.test_fulfilment import reconcile
from tests.orders.world import World


def seen_open_by_hand(world: World, port: HanPort, *, after: timedelta) -> None:
    """A fitter opens it at the meter, and then its turn to be read comes."""
    world.fake.meters[port.meter.serial] = ReportedState.OPEN
    world.fake.read_at = world.now + after
    HanPort.objects.ask_for_read_back(at=database_now() - timedelta(seconds=1))
    reconcile(world)


def test_a_new_meter_that_a_fitter_opened_is_left_open_and_that_is_told(
    world: World,
) -> None:
    open_the_port(world)
    new = exchange(world, number=1, capability=HanCapability.NEEDS_VISIT)
    follow_register(world)
    sent = len(world.fake.sent)

    seen_open_by_hand(world, new, after=timedelta(hours=1))

    new.refresh_from_db()
    assert (new.desired, new.reported) == (DesiredState.OPEN, ReportedState.OPEN)
    event = LifeEvent.objects.get(kind=LifeEventKind.METER_EXCHANGED)
    assert event.confirmed_at == new.reported_at
    assert said_to(world.customer)[-1] == MessageKind.OPEN_AGAIN
    settle_cases(world)
    assert Case.objects.get().kind == CaseKind.NEW_METER_CANNOT_OPEN
    assert not Case.objects.unsettled().exists()
    assert_everything_is_at_rest(world)
    assert len(world.fake.sent) == sent


def test_a_new_meter_that_was_open_before_the_exchange_is_neither_told_nor_closed(
    world: World,
) -> None:
    open_the_port(world)
    new = exchange(world, number=1, capability=HanCapability.NEEDS_VISIT)
    follow_register(world)

    seen_open_by_hand(world, new, after=-timedelta(hours=1))

    assert LifeEvent.objects.unsettled().get().port == new
    assert said_to(world.customer)[-1] == MessageKind.EXCHANGE_ON_HOLD
    assert not Command.objects.filter(port=new).exists()
    assert Case.objects.get().kind == CaseKind.NEW_METER_CANNOT_OPEN


def test_a_new_meter_that_is_opened_for_who_has_left_is_closed(world: World) -> None:
    open_the_port(world)
    new = exchange(world, number=1, capability=HanCapability.NEEDS_VISIT)
    follow_register(world)
    move_out(world)

    seen_open_by_hand(world, new, after=timedelta(hours=1))

    assert Command.objects.get(port=new).desired == DesiredState.CLOSED
    assert Case.objects.filter(kind=CaseKind.OPEN_WITHOUT_CONSENT, port=new).exists()
    assert_everything_is_at_rest(world)


@pytest.mark.parametrize("is_ordered", [False, True])
def test_a_visit_to_the_new_meter_is_a_line_on_the_fitters_list(
    world: World, is_ordered: bool
) -> None:
    HeadEnd.objects.update(profile=HeadEnd.Profile.MANUAL)
    if is_ordered:
        world.order_opening()
    else:
        open_the_port(world)
    world.head_end.refresh_from_db()
    new = exchange(world, number=1, capability=HanCapability.NEEDS_VISIT)

    follow_register(world)

    assert said_to(world.customer)[-1] == MessageKind.METER_EXCHANGED
    assert Command.objects.live().get().port == new
    assert not Case.objects.exists()
    fulfilment.dispatch(head_end=world.head_end, clock=world.clock)
    assert Command.objects.on_work_list(world.head_end).get().port == new


def test_an_exchange_that_waited_goes_on_the_list_when_fitters_take_the_meters_over(
    world: World,
) -> None:
    open_the_port(world)
    new = exchange(world, number=1, capability=HanCapability.NEEDS_VISIT)
    follow_register(world)
    assert not Command.objects.live().exists()
    HeadEnd.objects.update(profile=HeadEnd.Profile.MANUAL)

    assert follow_register(world) == 1
    assert follow_register(world) == 0

    assert Command.objects.live().get().port == new
    assert LifeEvent.objects.unsettled().get().obstacle == ""
