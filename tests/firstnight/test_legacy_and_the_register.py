"""Consents from before the portal, when the register goes on to tell of them."""

from datetime import timedelta
from pathlib import Path

from hanportal.oversight.story import found_consent, story_of
from meters.headend import Fault
from meters.models import Holding
from meters.states import DesiredState, ReportedState, ReportSource
from notifications.models import MessageKind
from orders.models import Command, Consent, LifeEvent
from orders.states import ConsentEnd, LifeEventKind
from tests.firstnight.past import Past, bring_in_consent
from tests.firstnight.street import dispatch, read_again, reconcile
from tests.orders.life import (
    assert_everything_is_at_rest,
    exchange,
    follow_register,
    meters_answer,
    move_out,
    said_to,
)
from tests.orders.world import World


def test_a_closed_port_is_not_opened_on_a_consent_from_before(
    world: World, tmp_path: Path
) -> None:
    Past(tmp_path).add("consents").add("ports", state="closed").bring_in()

    assert follow_register(world) == 0

    assert world.fresh_port().desired == DesiredState.CLOSED
    assert Command.objects.count() == 0
    assert said_to(world.customer) == []


def test_a_port_that_the_register_had_wrong_stays_closed_when_it_is_followed(
    world: World, tmp_path: Path
) -> None:
    bring_in_consent(tmp_path, world)
    world.port.refresh_from_db()
    world.port.read_back_by(world.now)
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED
    reconcile(world)

    assert follow_register(world) == 0

    dispatch(world)
    assert world.fake.sent == []
    assert said_to(world.customer) == []


def test_an_open_port_goes_on_at_the_next_meter(world: World, tmp_path: Path) -> None:
    bring_in_consent(tmp_path, world)
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    world.now += timedelta(days=1)
    new = exchange(world, number=1)

    follow_register(world)

    assert said_to(world.customer) == [MessageKind.METER_EXCHANGED]
    meters_answer(world)
    assert world.fake.meters[new.meter.serial] == ReportedState.OPEN
    assert world.fresh_port().desired == DesiredState.CLOSED
    assert_everything_is_at_rest(world)


def test_a_register_that_was_right_about_a_closed_port_takes_no_wish_back(
    world: World, tmp_path: Path
) -> None:
    bring_in_consent(tmp_path, world)
    world.now += timedelta(days=1)
    new = exchange(world, number=1)
    new.observe(ReportedState.CLOSED, at=world.now, source=ReportSource.REGISTER)
    follow_register(world)
    world.fake.plan(Fault.REJECTED)
    dispatch(world)
    read_again(world)

    reconcile(world)

    new.refresh_from_db()
    assert new.desired == DesiredState.OPEN
    assert follow_register(world) == 0
    assert said_to(world.customer) == [MessageKind.METER_EXCHANGED]


def test_a_port_that_was_closed_stays_so_at_the_next_meter(
    world: World, tmp_path: Path
) -> None:
    Past(tmp_path).add("consents").add("ports", state="closed").bring_in()
    world.now += timedelta(days=1)
    exchange(world, number=1)

    assert follow_register(world) == 0

    assert Command.objects.count() == 0
    assert said_to(world.customer) == []


def test_a_move_that_is_taken_back_carries_the_evidence_on(
    world: World, tmp_path: Path
) -> None:
    bring_in_consent(tmp_path, world)
    world.now += timedelta(days=1)
    move_out(world)
    follow_register(world)
    ended = Consent.objects.get()
    assert ended.end_reason == ConsentEnd.MOVED_OUT
    Holding.objects.update(ends_on=None)

    follow_register(world)

    restored = Consent.objects.active().get()
    assert restored.restored_from == ended
    assert restored.legacy_evidence == ended.legacy_evidence
    assert story_of(found_consent(restored.id)).contradictions == ()
    assert story_of(found_consent(ended.id)).contradictions == ()
    meters_answer(world)
    assert LifeEvent.objects.filter(kind=LifeEventKind.ROLLED_BACK).count() == 1
    assert world.fresh_port().reported == ReportedState.OPEN
    assert_everything_is_at_rest(world)
