"""Stories that random registers found (test_any_register.py), each told by itself."""

from datetime import timedelta
from pathlib import Path

from hanportal.accounts import actions as accounts
from hanportal.accounts.models import Ground
from meters.models import Holding
from meters.states import DesiredState, ReportedState
from orders.models import Command, Consent
from orders.states import ConsentEnd
from tests.accounts.representing import BY, a_representation
from tests.firstnight.past import Past, bring_in_consent
from tests.orders.life import (
    assert_everything_is_at_rest,
    exchange,
    follow_register,
    move_out,
    open_the_port,
    said_to,
    today,
)
from tests.orders.world import World


def a_sleeping_consent(world: World, folder: Path) -> None:
    """From before the portal, and nobody knows the port to be open."""
    Past(folder).add("consents").bring_in(now=world.now)


def take_back_the_move(world: World) -> None:
    Holding.objects.filter(customer=world.customer).update(ends_on=None)


def record_the_death_of(world: World) -> None:
    accounts.record_death(
        customer=world.customer,
        died_on=today(world),
        today=today(world),
        by=BY,
        now=world.now,
    )
    world.customer.refresh_from_db()


def test_a_consent_from_before_opens_no_port_that_nobody_wanted_open(
    world: World, tmp_path: Path
) -> None:
    a_sleeping_consent(world, tmp_path)

    assert follow_register(world) == 0

    assert world.fresh_port().desired == DesiredState.CLOSED
    assert Consent.objects.get().is_active
    assert not Command.objects.exists()


def test_nor_does_it_at_a_new_meter(world: World, tmp_path: Path) -> None:
    a_sleeping_consent(world, tmp_path)
    new = exchange(world, number=1)

    assert follow_register(world) == 0

    new.refresh_from_db()
    assert new.desired == DesiredState.CLOSED
    assert Consent.objects.get().is_active


def test_nor_when_its_ending_is_taken_back(world: World, tmp_path: Path) -> None:
    a_sleeping_consent(world, tmp_path)
    move_out(world)
    follow_register(world)
    take_back_the_move(world)

    follow_register(world)

    assert Consent.objects.active().get().restored_from is not None
    assert follow_register(world) == 0
    assert_everything_is_at_rest(world)
    assert world.fresh_port().desired == DesiredState.CLOSED


def test_one_whose_port_is_open_goes_on_at_a_new_meter(
    world: World, tmp_path: Path
) -> None:
    bring_in_consent(tmp_path, world)
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    new = exchange(world, number=1)

    assert_everything_is_at_rest(world)

    new.refresh_from_db()
    assert new.desired == DesiredState.OPEN
    assert world.fake.meters[new.meter.serial] == ReportedState.OPEN
    world.now += timedelta(days=1)
    second = exchange(world, number=2)
    assert_everything_is_at_rest(world)
    assert world.fake.meters[second.meter.serial] == ReportedState.OPEN


def test_one_whose_port_is_open_is_opened_again_when_its_ending_is_taken_back(
    world: World, tmp_path: Path
) -> None:
    bring_in_consent(tmp_path, world)
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    move_out(world)
    follow_register(world)
    take_back_the_move(world)

    assert_everything_is_at_rest(world)

    assert Consent.objects.active().get().is_legacy
    assert world.fresh_port().desired == DesiredState.OPEN
    assert world.fake.meters[world.port.meter.serial] == ReportedState.OPEN


def test_nothing_is_restored_for_the_dead(world: World) -> None:
    open_the_port(world)
    move_out(world)
    follow_register(world)
    record_the_death_of(world)
    take_back_the_move(world)
    told = said_to(world.customer)

    assert follow_register(world) == 0

    assert said_to(world.customer) == told
    assert Consent.objects.get().end_reason == ConsentEnd.MOVED_OUT
    assert_everything_is_at_rest(world)
    assert world.fresh_port().desired == DesiredState.CLOSED


def test_what_their_estate_gave_is_restored(world: World) -> None:
    record_the_death_of(world)
    right = a_representation(world.customer, ground=Ground.ESTATE)
    world.order_opening(representation=right)
    assert_everything_is_at_rest(world)
    world.now += timedelta(days=2)
    move_out(world)
    follow_register(world)
    take_back_the_move(world)

    assert_everything_is_at_rest(world)

    assert Consent.objects.active().get().representation == right
    assert world.fresh_port().desired == DesiredState.OPEN
