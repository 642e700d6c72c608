"""Consents and open ports from before the portal, brought in as what they are."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from hanportal.audit.log import Event
from hanportal.audit.verify import Tally, examine
from meters.models import HanPort, Holding, MeteringPoint
from meters.register import Reason
from meters.states import DesiredState, ReportedState, ReportSource
from orders import actions
from orders.models import Command, Consent
from orders.states import Channel, CommandStatus, ConsentEnd
from tests.firstnight.past import Past, bring_in_consent, reasons
from tests.firstnight.street import dispatch, exposed_port, reconcile
from tests.orders.world import World, a_customer


def test_an_open_port_with_a_consent_is_meant_to_be_open(
    world: World, tmp_path: Path
) -> None:
    told = bring_in_consent(tmp_path, world, security="lockable_room", terms="2019-v2")

    consent = Consent.objects.get()
    assert (consent.channel, consent.customer, consent.metering_point) == (
        Channel.LEGACY,
        world.customer,
        world.point,
    )
    assert (consent.legacy_method, consent.legacy_evidence, consent.legacy_terms) == (
        "phone",
        "ARK-2021/0017",
        "2019-v2",
    )
    assert (consent.given_on, consent.security) == (date(2021, 3, 1), "lockable_room")
    assert (consent.terms, consent.meter_serial, consent.imported_at) == (
        None,
        "",
        world.now,
    )
    port = world.fresh_port()
    assert (port.desired, port.generation) == (DesiredState.OPEN, 1)
    assert (port.reported, port.reported_source) == (
        ReportedState.OPEN,
        ReportSource.REGISTER,
    )
    assert (told.wanted_open, told.exposed) == (1, 0)
    reconcile(world)
    dispatch(world)
    assert Command.objects.count() == 0
    assert world.fake.sent == []


def test_an_open_port_without_a_trace_of_consent_is_exposed(
    world: World, tmp_path: Path
) -> None:
    told = Past(tmp_path).add("ports").bring_in()

    port = world.fresh_port()
    assert (port.desired, port.reported) == (DesiredState.CLOSED, ReportedState.OPEN)
    assert (told.wanted_open, told.exposed) == (0, 1)


def test_a_closed_port_stays_closed_whatever_was_consented_to(
    world: World, tmp_path: Path
) -> None:
    Past(tmp_path).add("consents").add("ports", state="closed").bring_in()

    port = world.fresh_port()
    assert (port.desired, port.reported) == (DesiredState.CLOSED, ReportedState.CLOSED)
    assert Consent.objects.active().count() == 1


def test_the_log_tells_all_of_it_and_verifies(world: World, tmp_path: Path) -> None:
    bring_in_consent(tmp_path, world)

    told = Event.objects.filter(chain="legacy").order_by("sequence")
    assert [event.what for event in told] == [
        "consent.imported",
        "port.registered_open",
        "port.wanted",
        "legacy.imported",
    ]
    assert told[3].facts == {
        "consents": {"new": 1, "changed": 0, "unchanged": 0, "rejected": 0},
        "ports": {"new": 0, "changed": 1, "unchanged": 0, "rejected": 0},
        "wanted_open": 1,
        "exposed": 0,
    }
    assert "ARK-2021" not in str([event.facts for event in told])
    assert list(examine(Tally())) == []


def test_twice_changes_nothing(world: World, tmp_path: Path) -> None:
    bring_in_consent(tmp_path, world)
    before = (list(Consent.objects.values()), list(HanPort.objects.values()))
    events = Event.objects.count()

    again = bring_in_consent(tmp_path, world)

    assert (list(Consent.objects.values()), list(HanPort.objects.values())) == before
    assert Event.objects.count() == events
    assert not again.changed_something
    assert [each.unchanged for each in again.report.counts.values()] == [1, 1]


def test_a_consent_that_was_withdrawn_since_does_not_come_back(
    world: World, tmp_path: Path
) -> None:
    bring_in_consent(tmp_path, world)
    world.order_closing()

    again = bring_in_consent(tmp_path, world)

    assert Consent.objects.active().count() == 0
    assert world.fresh_port().desired == DesiredState.CLOSED
    assert reasons(again) == []


def a_stranger(past: Past, world: World) -> None:
    a_customer("K2", national_id="01908000230")
    past.add("consents", customer_number="K2")


def moved_out(past: Past, world: World) -> None:
    Holding.objects.update(ends_on=world.now.date())
    past.add("consents")


def moved_in_later(past: Past, world: World) -> None:
    past.add("consents", given_on="2019-12-31")


def deactivated(past: Past, world: World) -> None:
    MeteringPoint.objects.update(is_active=False)
    past.add("consents")


def consented_in_the_portal(past: Past, world: World) -> None:
    world.order_opening()
    past.add("consents")


def closed_in_the_portal(past: Past, world: World) -> None:
    world.order_closing()
    past.add("consents")


def consented_twice(past: Past, world: World) -> None:
    Past(past.folder / "before").add("consents").bring_in()
    past.add("consents", given_on="2022-01-01")


def another_evidence(past: Past, world: World) -> None:
    Past(past.folder / "before").add("consents").bring_in()
    past.add("consents", evidence="ARK-2")


@pytest.mark.parametrize(
    ("story", "column", "reason"),
    [
        (a_stranger, "customer_number", Reason.NOT_HOLDER),
        (moved_out, "customer_number", Reason.NOT_HOLDER),
        (moved_in_later, "given_on", Reason.BEFORE_HOLDING),
        (deactivated, "gsrn", Reason.POINT_INACTIVE),
        (consented_in_the_portal, "gsrn", Reason.NEWER_IN_PORTAL),
        (closed_in_the_portal, "gsrn", Reason.NEWER_IN_PORTAL),
        (consented_twice, "gsrn", Reason.HAS_CONSENT),
        (another_evidence, "evidence", Reason.CONSENT_DIFFERS),
    ],
)
def test_a_consent_lands_only_for_who_holds_the_point_and_has_done_nothing_newer(
    world: World,
    tmp_path: Path,
    story: Callable[[Past, World], None],
    column: str,
    reason: Reason,
) -> None:
    past = Past(tmp_path)
    story(past, world)
    before = Consent.objects.count()

    told = past.bring_in()

    assert reasons(told) == [("consents.csv", 2, column, reason)]
    assert Consent.objects.count() == before


def test_the_meters_own_word_is_not_overruled(world: World, tmp_path: Path) -> None:
    seen = world.now - timedelta(days=30)
    world.port.observe(ReportedState.OPEN, at=seen, source=ReportSource.READ_BACK)

    told = Past(tmp_path).add("ports", state="closed").bring_in()

    assert world.fresh_port().reported == ReportedState.OPEN
    assert told.report.counts["ports.csv"].unchanged == 1


def test_evidence_that_turns_up_calls_a_waiting_closing_off(
    world: World, tmp_path: Path
) -> None:
    Past(tmp_path).add("ports").bring_in()
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    reconcile(world)
    assert world.newest_command().desired == DesiredState.CLOSED

    told = Past(tmp_path / "found").add("consents").bring_in()

    assert told.wanted_open == 1
    assert world.newest_command().status == CommandStatus.CANCELLED
    dispatch(world)
    assert world.fake.sent == []


def test_a_proper_consent_replaces_the_one_from_before(
    world: World, tmp_path: Path
) -> None:
    bring_in_consent(tmp_path, world)

    order = world.order_opening()

    before, given_now = Consent.objects.order_by("given_at")
    assert before.end_reason == ConsentEnd.REPLACED
    assert (given_now, given_now.is_active) == (order.consent, True)
    with pytest.raises(actions.AlreadyOrdered):
        world.order_opening()


def test_a_port_that_the_register_had_wrong_is_not_opened(
    world: World, tmp_path: Path
) -> None:
    bring_in_consent(tmp_path, world)
    world.port.refresh_from_db()
    world.port.read_back_by(world.now)
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED

    reconcile(world)
    dispatch(world)

    port = world.fresh_port()
    assert (port.desired, port.reported) == (DesiredState.CLOSED, ReportedState.CLOSED)
    assert world.fake.sent == []
    assert Command.objects.count() == 0


def test_a_port_that_the_meter_confirmed_is_kept_open(
    world: World, tmp_path: Path
) -> None:
    bring_in_consent(tmp_path, world)
    world.port.refresh_from_db()
    world.port.read_back_by(world.now)
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    reconcile(world)
    world.port.refresh_from_db()
    assert world.port.reported_source == ReportSource.READ_BACK

    world.port.read_back_by(world.now)
    world.fake.meters[world.port.meter.serial] = ReportedState.CLOSED
    reconcile(world)
    dispatch(world)

    assert [command.desired for command in world.fake.sent] == [DesiredState.OPEN]


def test_nobody_elses_port_is_meant_to_be_open(world: World, tmp_path: Path) -> None:
    neighbour = exposed_port(world, number=2)

    bring_in_consent(tmp_path, world)

    neighbour.refresh_from_db()
    assert (neighbour.desired, neighbour.generation) == (DesiredState.CLOSED, 0)


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [
        ({"legacy_evidence": ""}, "consent_from_before_has_its_evidence"),
        ({"legacy_method": "fax"}, "consent_from_before_has_its_evidence"),
        ({"imported_at": None}, "consent_from_before_has_its_evidence"),
        ({"channel": "minside"}, "consent_"),
    ],
)
def test_the_database_takes_no_other_consent_without_its_proof(
    world: World, facts: dict[str, object], constraint: str
) -> None:
    sound = {
        "customer": world.customer,
        "metering_point": world.point,
        "channel": Channel.LEGACY,
        "confirmed": [],
        "gsrn": world.point.gsrn,
        "given_at": world.now,
        "legacy_method": "phone",
        "legacy_evidence": "ARK-1",
        "imported_at": world.now,
    }

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Consent.objects.create(**(sound | facts))
