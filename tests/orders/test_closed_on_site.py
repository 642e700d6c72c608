"""A port that a fitter closed at the meter: it is done, told, and sent no more."""

import pytest

from meters.headend import Fault
from meters.models import HanPort
from meters.states import DesiredState, ReportedState, ReportSource
from notifications.models import MessageKind
from orders import actions
from orders.models import Case, Command, LifeEvent, Order, database_now
from orders.states import CaseEnd, CommandStatus, OrderKind, OrderStatus
from tests.orders.life import (
    assert_everything_is_at_rest,
    follow_register,
    move_out,
    said_to,
)
from tests.orders.test_casework import (
    LATER,
    STAFF,
    a_rejected_closing,
    an_exposed_port,
    retry,
)
from tests.orders.test_closing import open_the_port
from tests.orders.test_fulfilment import dispatch
from tests.orders.world import World


def close_on_site(world: World, case: Case) -> HanPort:
    """A fitter closes it by hand, an hour later, and that is entered."""
    world.now += LATER
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED
    return actions.closed_by_fitter(case_id=case.id, by=STAFF, now=world.now)


def test_what_a_fitter_closed_is_done_and_told_and_sent_no_more(world: World) -> None:
    case = a_rejected_closing(world)
    retry(world, case)
    sent = len(world.fake.sent)

    close_on_site(world, case)

    port = world.fresh_port()
    assert (port.desired, port.reported) == (DesiredState.CLOSED, ReportedState.CLOSED)
    assert (port.reported_source, port.reported_at) == (ReportSource.FITTER, world.now)
    assert world.newest_command().status == CommandStatus.CANCELLED
    order = Order.objects.newest_first().first()
    assert order is not None
    assert (order.kind, order.status) == (OrderKind.CLOSE, OrderStatus.COMPLETED)
    assert order.confirmed_at == world.now
    said = said_to(world.customer)
    assert said[-1] == MessageKind.PORT_CLOSED
    assert MessageKind.PORT_OPEN not in said
    case.refresh_from_db()
    assert case.ended_as == CaseEnd.OVER
    assert_everything_is_at_rest(world)
    assert len(world.fake.sent) == sent
    with pytest.raises(actions.CaseSettled):
        close_on_site(world, case)


def test_an_exposure_ends_when_a_fitter_closes_the_port(world: World) -> None:
    case = an_exposed_port(world)
    world.now = database_now()

    close_on_site(world, case)

    case.refresh_from_db()
    assert case.ended_as == CaseEnd.OVER
    assert case.exposed_until == world.now
    assert not Command.objects.live().exists()
    assert_everything_is_at_rest(world)


def test_who_has_left_hears_that_a_fitter_closed_the_port(world: World) -> None:
    open_the_port(world)
    move_out(world)
    follow_register(world)
    world.fake.plan(Fault.REJECTED)
    dispatch(world)

    close_on_site(world, Case.objects.get())

    assert said_to(world.customer)[-1] == MessageKind.CLOSED_AFTERWARDS
    event = LifeEvent.objects.get()
    assert event.confirmed_at == event.exposed_until == world.now
    assert_everything_is_at_rest(world)


def test_a_fitter_closes_nothing_that_is_closed_or_shall_be_open(
    world: World,
) -> None:
    case = a_rejected_closing(world)
    world.order_opening()
    with pytest.raises(actions.NotToBeClosed):
        close_on_site(world, case)
    world.order_closing()
    world.port.observe(ReportedState.CLOSED, at=world.now, source=ReportSource.POLL)

    with pytest.raises(actions.NotToBeClosed):
        close_on_site(world, case)

    assert Command.objects.live().get().desired == DesiredState.CLOSED
