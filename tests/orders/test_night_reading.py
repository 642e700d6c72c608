"""What nobody doubts is read all the same, night by night."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from hanportal.settings.orders import hours_of_night
from meters.headend import Fault, HeadEndError, Report
from meters.models import HanPort, Installation
from meters.states import DesiredState, HanCapability, HeadEndMode, ReportedState
from orders import reconciliation, tasks
from orders.deadlines import OSLO
from orders.models import Case, Command, Consent, database_now
from orders.reconciliation.nights import night_at
from orders.states import CaseKind, CommandCause
from tests.orders.test_closing import open_the_port
from tests.orders.test_fulfilment import dispatch, report
from tests.orders.test_races import at_once
from tests.orders.world import World, a_point_with_meter

BY_DAY = datetime(2026, 10, 6, 10, 0, tzinfo=UTC)
NIGHT = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)
"""Three o'clock in Oslo, two hours before the night ends."""
LAST_MINUTE = NIGHT + timedelta(minutes=119)
MINUTE = timedelta(minutes=1)
A_DAY = timedelta(days=1)


def read(world: World) -> int:
    """One minute of the night's reading; the meters answer with the present."""
    world.fake.read_at = database_now()
    return reconciliation.read_in_turn(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )


def closed_ports(world: World, number: int) -> list[HanPort]:
    """More meters on the street, which nobody asked anything of."""
    return [
        a_point_with_meter(world.customer, world.head_end, number=10 + each)[1]
        for each in range(number)
    ]


@pytest.fixture
def opened(world: World) -> World:
    """The port is open, and it is the last minute of the night after."""
    open_the_port(world)
    world.now = LAST_MINUTE
    return world


def test_what_should_be_open_is_read_every_night_once(opened: World) -> None:
    serial = opened.port.meter.serial

    assert [read(opened), read(opened)] == [1, 0]
    opened.now += A_DAY

    assert [read(opened), read(opened)] == [1, 0]
    assert opened.fake.reads == [serial, serial]
    assert opened.fresh_port().read_at == opened.now


def test_nothing_is_read_by_day(opened: World) -> None:
    opened.now = BY_DAY

    assert read(opened) == 0
    assert opened.fake.reads == []


def test_a_port_that_was_closed_behind_our_back_is_opened_again(opened: World) -> None:
    opened.fake.meters[opened.port.meter.serial] = ReportedState.CLOSED

    read(opened)

    command = opened.newest_command()
    assert (command.desired, command.cause) == (
        DesiredState.OPEN,
        CommandCause.RECONCILIATION,
    )
    assert command.consent == Consent.objects.get()
    dispatch(opened)
    assert opened.fake.meters[opened.port.meter.serial] == ReportedState.OPEN
    assert Case.objects.count() == 0


def test_a_port_that_was_opened_behind_our_back_is_closed_at_once(
    world: World,
) -> None:
    open_the_port(world)
    world.order_closing()
    dispatch(world)
    report(world, world.event(world.newest_command(), ReportedState.CLOSED))
    world.port.refresh_from_db()
    world.port.read_back_by(None)
    last_closed_at = world.fresh_port().reported_at
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    world.now = LAST_MINUTE

    read(world)

    case = Case.objects.get()
    assert case.kind == CaseKind.OPEN_WITHOUT_CONSENT
    assert case.exposed_after == last_closed_at
    assert case.exposed_from == world.fake.read_at
    assert case.exposed_until is None
    assert world.newest_command().desired == DesiredState.CLOSED
    dispatch(world)
    assert world.fake.meters[world.port.meter.serial] == ReportedState.CLOSED


def test_a_part_of_what_is_closed_is_read_each_night_until_all_is(
    world: World, settings: Settings
) -> None:
    settings.NIGHT_READING_WEEKS = 1
    closed_ports(world, 13)
    nights: list[int] = []

    for _night in range(7):
        world.now = LAST_MINUTE if not nights else world.now + A_DAY
        nights.append(read(world))

    assert nights == [2, 2, 2, 2, 2, 2, 2]
    assert len(set(world.fake.reads)) == 14


def test_the_work_is_spread_over_the_night(world: World, settings: Settings) -> None:
    settings.NIGHT_READING_WEEKS = 1
    settings.NIGHT_READING_HOURS = (1, 5)
    closed_ports(world, 13)
    HanPort.objects.update(desired=DesiredState.OPEN)
    world.now = NIGHT
    minutes = []

    while night_at(world.now, hours=(1, 5)):
        minutes.append(read(world))
        world.now += MINUTE

    assert sum(minutes) == 14
    assert max(minutes) == 1


def test_no_more_is_read_in_a_minute_than_is_set(
    world: World, settings: Settings
) -> None:
    settings.NIGHT_READING_PER_MINUTE = 3
    world.head_end.max_concurrency = 2
    world.head_end.save()
    closed_ports(world, 4)
    HanPort.objects.update(desired=DesiredState.OPEN)
    world.now = LAST_MINUTE

    assert [read(world), read(world), read(world)] == [3, 2, 0]


def test_where_meters_are_only_observed_they_are_read_and_nothing_is_sent(
    opened: World,
) -> None:
    opened.head_end.go_over_to(HeadEndMode.OBSERVE, at=opened.now)
    opened.fake.meters[opened.port.meter.serial] = ReportedState.CLOSED
    sent = Command.objects.count()

    assert read(opened) == 1

    assert opened.fresh_port().reported == ReportedState.CLOSED
    assert Command.objects.count() == sent


@pytest.mark.parametrize("leave_out", ["off", "cannot", "unsupported", "nowhere"])
def test_what_cannot_be_read_is_left_out(opened: World, leave_out: str) -> None:
    if leave_out == "off":
        opened.head_end.switch(on=False)
    if leave_out == "cannot":
        opened.head_end.profile = opened.head_end.Profile.MANUAL
        opened.head_end.save()
    if leave_out == "unsupported":
        meter = opened.port.meter
        meter.han_capability = HanCapability.UNSUPPORTED
        meter.save()
    if leave_out == "nowhere":
        Installation.objects.update(ends_on=date(2026, 10, 1))

    if leave_out == "cannot":
        found = reconciliation.read_in_turn(
            head_end=opened.head_end, clock=opened.clock
        )
    else:
        found = read(opened)

    assert found == 0
    assert opened.fake.reads == []


def test_what_is_being_read_for_another_reason_is_left_to_that(opened: World) -> None:
    opened.port.refresh_from_db()
    opened.port.read_back_by(opened.now + A_DAY)

    assert read(opened) == 0


def test_a_silent_meter_is_asked_again_next_night(opened: World) -> None:
    opened.fake.silent_reads = True

    assert [read(opened), read(opened)] == [0, 0]
    assert len(opened.fake.reads) == 1
    opened.now += A_DAY
    read(opened)

    assert len(opened.fake.reads) == 2
    assert opened.fresh_port().read_at is None
    assert opened.fresh_port().reported == ReportedState.OPEN


@pytest.mark.parametrize("fault", [Fault.NOT_DELIVERED, Fault.AUTH, Fault.THROTTLED])
def test_a_turn_that_the_head_end_does_not_take_is_kept(
    opened: World, fault: Fault
) -> None:
    """It is down for a part of the night only."""
    taken = opened.fake.read_state

    def refused(serials: object) -> list[Report]:
        raise HeadEndError(fault, "Not now.")

    opened.fake.read_state = refused  # type: ignore[method-assign]
    assert read(opened) == 0
    opened.fake.read_state = taken  # type: ignore[method-assign]

    assert read(opened) == 1


def test_a_reading_that_is_old_settles_nothing(opened: World) -> None:
    opened.fake.meters[opened.port.meter.serial] = ReportedState.CLOSED
    before = opened.fresh_port().reported_at
    assert before is not None
    opened.fake.read_at = before - timedelta(hours=1)

    reconciliation.read_in_turn(
        head_end=opened.head_end, clock=opened.clock, connect=opened.fake.connect
    )

    assert opened.fresh_port().reported == ReportedState.OPEN
    assert Command.objects.live().count() == 0


def test_two_beats_read_a_port_once(committed_world: World) -> None:
    open_the_port(committed_world)
    committed_world.now = LAST_MINUTE
    beat = partial(read, committed_world)

    answered = at_once(beat, beat, beat, beat)

    assert sorted(answered) == [0, 0, 0, 1]  # type: ignore[type-var]
    assert committed_world.fake.reads == [committed_world.port.meter.serial]


def test_a_bell_rings_for_each_head_end_and_finds_its_verb(world: World) -> None:
    world.head_end.profile = world.head_end.Profile.MANUAL
    world.head_end.save()

    tasks.read_through_the_night()
    tasks.read_in_turn(head_end_id=str(world.head_end.id))

    assert world.fresh_port().asked_in_turn_at is None


HOURS = st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(
    lambda hours: (hours[1] - hours[0]) % 24 >= 2
)
MOMENTS = st.integers(0, 20 * 366 * 24 * 60).map(lambda after: NIGHT + after * MINUTE)


@given(moment=MOMENTS, hours=HOURS)
def test_it_is_night_where_the_clock_in_oslo_says_so(
    moment: datetime, hours: tuple[int, int]
) -> None:
    first, last = hours
    hour = moment.astimezone(OSLO).hour
    shows_night = first <= hour < last if first < last else hour >= first or hour < last

    night = night_at(moment, hours=hours)

    # In a night in October one hour comes twice, and in March one is missing.
    changes = moment.astimezone(OSLO).month in {3, 10}
    assert (night is not None) == shows_night or changes
    if night is not None:
        assert night.begins_at <= moment < night.ends_at
        assert night.ends_at - night.begins_at >= timedelta(hours=1)


@given(number=st.integers(0, 5000), minutes=st.integers(1, 300))
def test_the_shares_of_a_night_are_the_whole(number: int, minutes: int) -> None:
    night = night_at(NIGHT, hours=(1, 5))
    assert night is not None
    now, left = night.ends_at - minutes * MINUTE, number

    while now < night.ends_at:
        left -= night.share_of(left, now=now, interval=MINUTE)
        now += MINUTE

    assert left == 0


@pytest.mark.parametrize(
    "text", ["", "5", "1-2", "3-3", "1-24", "a-b", "1-2-3", "-1-5"]
)
def test_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="two hours"):
        hours_of_night(text)


def test_a_night_may_begin_before_midnight() -> None:
    assert hours_of_night("22-5") == (22, 5)
