"""Real threads: a restart is asked for once, sent once, and loses to a closing."""

from datetime import timedelta
from functools import partial

from meters.models import HanPort, MeteringPoint
from meters.states import DesiredState, ReportedState
from orders import actions, fulfilment
from orders.models import PortRestart, database_now
from orders.states import CommandStatus
from tests.orders.silence import RestartingHeadEnd, ask, let_it_restart, open_it
from tests.orders.test_fulfilment import dispatch, report
from tests.orders.test_races import assert_the_log_is_whole, at_once
from tests.orders.world import World, a_point_with_meter

ROUNDS = 15


def send(world: World, far: RestartingHeadEnd) -> int:
    return fulfilment.restart_ports(
        head_end=world.head_end, clock=world.clock, connect=far.connect
    )


def an_open_port(world: World, number: int) -> tuple[MeteringPoint, HanPort]:
    """One more point of the customer's, open by the meter's word."""
    point, port = a_point_with_meter(world.customer, world.head_end, number=number)
    world.order_opening(metering_point=point)
    world.point, world.port = point, port
    dispatch(world)
    report(world, world.event(world.newest_command(), ReportedState.OPEN))
    return point, port


def test_of_eight_who_ask_at_once_one_is_heard_and_eight_workers_send_once(
    committed_world: World,
) -> None:
    world = committed_world
    open_it(world)
    far = let_it_restart(world)

    results = at_once(*[partial(ask, world)] * 8)

    assert len([each for each in results if isinstance(each, PortRestart)]) == 1
    refused = [each for each in results if isinstance(each, actions.AlreadyUnderWay)]
    assert len(refused) == 7
    assert sorted(map(str, at_once(*[partial(send, world, far)] * 8))) == [
        *["0"] * 7,
        "1",
    ]
    assert len(far.restarted) == 1
    assert_the_log_is_whole()


def test_a_closing_racing_a_restart_always_ends_closed(committed_world: World) -> None:
    world = committed_world
    far = let_it_restart(world)
    for number in range(ROUNDS):
        _, port = an_open_port(world, 100 + number)
        asked = ask(world)
        sent_before = len(far.restarted)

        results = at_once(partial(send, world, far), world.order_closing)

        assert [each for each in results if isinstance(each, Exception)] == []
        PortRestart.objects.live().update(not_before=database_now() - timedelta(1))
        assert send(world, far) == 0
        fulfilment.look_after_restarts(clock=world.clock)
        asked.refresh_from_db()
        port.refresh_from_db()
        has_left = len(far.restarted) > sent_before
        end = CommandStatus.SUPERSEDED if has_left else CommandStatus.CANCELLED
        assert asked.status == end
        assert port.desired == DesiredState.CLOSED
        dispatch(world)
        assert far.sent[-1].desired == DesiredState.CLOSED
    assert_the_log_is_whole()
