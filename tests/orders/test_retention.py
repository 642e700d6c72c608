"""What was said to head-ends is kept for a while, and no longer than it must be."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections

from hanportal.settings.orders import days_kept
from meters.headend import Fault, Purpose
from orders import reconciliation, tasks
from orders.models import Case, Exchange
from orders.reconciliation.retention import SWEEP_LOCK
from orders.states import CaseEnd
from tests.orders.test_closing import open_the_port
from tests.orders.test_fulfilment import dispatch
from tests.orders.world import World

KEPT = timedelta(days=90)
A_DAY = timedelta(days=1)


def forget(world: World) -> int:
    return reconciliation.forget_exchanges(clock=world.clock)


def an_exchange(world: World, *, age: timedelta, number: int = 0) -> Exchange:
    """A probe of that age: it is about no command."""
    at = world.now - age
    milliseconds = int(at.timestamp() * 1000)
    return Exchange.objects.create(
        id=UUID(int=(milliseconds << 80) + number),
        head_end=world.head_end,
        purpose=Purpose.PROBE,
        request=b"<probe/>",
        leaving_at=at,
    )


def grows_old() -> None:
    """Everything was said a year before."""
    for number, exchange in enumerate(Exchange.objects.order_by("id")):
        Exchange.objects.filter(pk=exchange.pk).update(id=UUID(int=number + 1))


def test_what_is_older_than_it_is_kept_goes(world: World) -> None:
    an_exchange(world, age=KEPT + A_DAY)
    young = an_exchange(world, age=KEPT - A_DAY)

    assert [forget(world), forget(world)] == [1, 0]
    assert Exchange.objects.get() == young


def test_the_oldest_go_first_a_batch_at_a_time(world: World) -> None:
    for number in range(5):
        an_exchange(world, age=KEPT + A_DAY, number=number)

    forgotten = [
        reconciliation.forget_exchanges(clock=world.clock, batch=2, batches=1)
        for _sweep in range(3)
    ]

    assert forgotten == [2, 2, 1]


def test_what_is_said_of_a_command_under_way_stays(world: World) -> None:
    world.order_opening()
    dispatch(world)
    grows_old()

    assert forget(world) == 0


def test_what_is_said_at_a_port_with_an_open_case_stays_until_it_is_closed(
    world: World,
) -> None:
    world.order_opening()
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    grows_old()

    before = forget(world)
    case = Case.objects.get()
    case.close(CaseEnd.HANDLED, by=world.by, at=world.now)

    assert [before, forget(world)] == [0, 1]


def test_what_has_ended_well_goes(world: World) -> None:
    open_the_port(world)
    grows_old()

    assert forget(world) == 1
    assert world.newest_command().exchanges.count() == 0


def test_one_sweep_at_a_time(world: World) -> None:
    an_exchange(world, age=KEPT + A_DAY)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [SWEEP_LOCK])
            assert forget(world) == 0
            cursor.execute("SELECT pg_advisory_unlock(%s)", [SWEEP_LOCK])
        assert forget(world) == 1
    finally:
        other.close()


def test_the_bell_rings_for_it(world: World) -> None:
    an_exchange(world, age=KEPT + timedelta(days=3650))

    tasks.forget_exchanges()

    assert not Exchange.objects.exists()


@pytest.mark.parametrize("text", ["6", "0", "-1", "ninety", "7.5", ""])
def test_a_time_that_is_too_short_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"days|invalid literal"):
        days_kept(text)


def test_a_week_is_enough() -> None:
    assert days_kept("7") == timedelta(days=7)
