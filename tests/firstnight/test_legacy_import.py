"""Consents and open ports from before the portal, brought in as what they are."""

import csv
import io
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from hanportal.audit.log import Event
from hanportal.audit.verify import Tally, examine
from meters.models import HanPort, Holding, MeteringPoint
from meters.register import Reason, TooManyRejected
from meters.register.values import Refused, moment, reference
from meters.states import DesiredState, ReportedState, ReportSource
from orders import actions
from orders.legacy import LegacyReport
from orders.models import Command, Consent
from orders.states import Channel, CommandStatus, ConsentEnd
from tests.firstnight.past import Past, bring_in_consent
from tests.firstnight.street import dispatch, exposed_port, reconcile
from tests.orders.world import World, a_customer, a_point_with_meter, gsrn


def reasons(told: LegacyReport) -> list[tuple[str, int, str, str]]:
    """Where and why rows were refused."""
    return [
        (each.file, each.line, each.column, str(each.reason))
        for each in told.report.rejections
    ]


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


BAD: list[tuple[str, str, str, Reason]] = [
    ("consents", "gsrn", gsrn(1)[:-1], Reason.GSRN_LENGTH),
    ("consents", "gsrn", gsrn(99), Reason.NOT_REGISTERED),
    ("consents", "customer_number", "K9", Reason.NOT_REGISTERED),
    ("consents", "given_on", "2026-10-06", Reason.IN_THE_FUTURE),
    ("consents", "given_on", "1.3.2021", Reason.DATE),
    ("consents", "method", "fax", Reason.CHOICE),
    ("consents", "evidence", "", Reason.MISSING),
    ("consents", "evidence", "sak 01908000079", Reason.HOLDS_NATIONAL_ID),
    ("consents", "security", "garasje", Reason.CHOICE),
    ("ports", "state", "unknown", Reason.CHOICE),
    ("ports", "serial", "1", Reason.NOT_REGISTERED),
    ("ports", "observed_at", "2026-10-01", Reason.MOMENT),
    ("ports", "observed_at", "2026-10-05T12:00:01+02:00", Reason.IN_THE_FUTURE),
]


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_bad_row_is_told_and_the_good_ones_land(
    world: World, tmp_path: Path, bad: tuple[str, str, str, Reason]
) -> None:
    file, column, value, reason = bad
    past = Past(tmp_path).add(file, **{column: value}).add("consents").add("ports")

    told = past.bring_in()

    assert reasons(told) == [(f"{file}.csv", 2, column, reason)]
    assert told.wanted_open == 1


def test_refused_rows_are_written_with_their_shape_and_no_value(
    world: World, tmp_path: Path
) -> None:
    past = Past(tmp_path).add("consents", evidence="Kari 01908000079")
    stream = io.StringIO()

    past.bring_in(rejections=stream)

    (line,) = csv.DictReader(io.StringIO(stream.getvalue()), delimiter=";")
    assert line == {
        "file": "consents.csv",
        "line": "2",
        "column": "evidence",
        "reason": "holds_national_id",
        "explanation": "verdien inneholder et fødselsnummer, som ikke skal stå her",
        "shape": "Aaaa 99999999999",
        "gsrn": gsrn(1),
    }


def test_too_many_refused_rows_change_nothing(world: World, tmp_path: Path) -> None:
    past = Past(tmp_path).add("consents").add("ports").add("ports", serial="1")

    with pytest.raises(TooManyRejected):
        past.bring_in(max_rejections=0)

    assert Consent.objects.count() == 0
    assert world.fresh_port().reported == ReportedState.UNKNOWN


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


def test_the_command_tells_what_it_did(world: World, tmp_path: Path) -> None:
    a_point_with_meter(world.customer, world.head_end, number=2)
    past = Past(tmp_path).add("consents").add("ports")
    past.add("ports", serial=f"735999{2:010d}").add("ports", serial="1")
    told = io.StringIO()

    call_command("import_legacy", str(past.write()), stdout=told)

    lines = told.getvalue().splitlines()
    assert [line.split() for line in lines if "csv" in line and "│" in line] == [
        ["│", "consents.csv", "│", "1", "│", "1", "│", "0", "│", "0", "│", "0", "│"],
        ["│", "ports.csv", "│", "3", "│", "0", "│", "2", "│", "0", "│", "1", "│"],
    ]
    assert lines[-2:] == [
        "Avvist: ports.csv, linje 4, serial: finnes ikke i registeret",
        (
            "Porter som er åpne med samtykke og skal være det: 1 nye. Porter som er "
            "åpne uten spor av samtykke: 1 i alt. Ingenting er sendt."
        ),
    ]
    with pytest.raises(CommandError, match=r"mangler consents\.csv, ports\.csv"):
        call_command("import_legacy", str(tmp_path / "nowhere"))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=70))
def test_readers_take_any_text_or_refuse_it(text: str) -> None:
    for parse in (moment, reference(60)):
        with suppress(Refused):
            assert parse(text)
