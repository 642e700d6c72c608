"""The other profiles, and what is optional, between the adapters and the simulator."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from uuid6 import uuid7

from meters.headend import Fault, PortReset
from meters.headend.poll import PollAdapter
from meters.headend.poll_profile import POLL
from meters.headend.profile_data import EVENTS, STRICT, SYNCHRONOUS
from meters.states import ReportedState
from tests.demo.waiting import eventually
from tests.headend.doubles import Build, command
from tests.headend.far_end import FarEnd, respond
from tests.headend.simulation import (
    AIDON,
    EVENTS_METER,
    KAMSTRUP,
    POLLED_METER,
    SYNC_METER,
    Portal,
    Simulator,
    raw_callback,
)

pytestmark = pytest.mark.processes


def test_results_come_as_events_of_2017_to_the_registered_address(
    simulator: Simulator, portal: Portal
) -> None:
    endpoint = replace(portal.cim.endpoint, url=f"{simulator.address}/events/soap")
    events = replace(portal.cim, code="events", endpoint=endpoint, profile=EVENTS)
    simulator.call_back("events", portal.inbox.url)
    portal.cim = events
    opening = replace(command(serial=EVENTS_METER), id=uuid7())

    (submission,) = events.submit([opening])
    (report,) = portal.reports(1)
    (reading,) = events.read_state([EVENTS_METER])

    assert (submission.fault, submission.report) == (None, None)
    assert (report.correlation_id, report.state) == (opening.id, ReportedState.OPEN)
    assert (reading.state, reading.fault) == (ReportedState.OPEN, None)


def test_an_edition_that_is_not_spoken_there_is_a_broken_contract(
    simulator: Simulator, portal: Portal
) -> None:
    strict = replace(portal.cim, profile=EVENTS)

    (submission,) = strict.submit([replace(command(serial=AIDON), id=uuid7())])

    assert submission.fault == Fault.CONTRACT


@pytest.mark.parametrize(
    ("fault", "parameter", "state", "expected"),
    [
        ("", "", ReportedState.OPEN, None),
        ("REFUSE", "2.12", None, Fault.REJECTED),
        ("FAIL", "5.3", None, Fault.UNREACHABLE),
        ("F33", "", None, Fault.NOT_FINAL),
        ("F42", "", None, Fault.UNREACHABLE),
        ("F19", "", None, Fault.AMBIGUOUS),
        ("F40", "", None, Fault.AMBIGUOUS),
    ],
)
def test_an_answer_at_once_is_the_result(
    *,
    simulator: Simulator,
    portal: Portal,
    fault: str,
    parameter: str,
    state: ReportedState | None,
    expected: Fault | None,
) -> None:
    endpoint = replace(portal.cim.endpoint, url=f"{simulator.address}/sync/soap")
    sync = replace(portal.cim, code="sync", endpoint=endpoint, profile=SYNCHRONOUS)
    if fault:
        simulator.fault(SYNC_METER, fault, parameter)

    (submission,) = sync.submit([replace(command(serial=SYNC_METER), id=uuid7())])

    found = submission.report.state if submission.report else None
    assert (submission.fault, found) == (expected, state)
    assert portal.inbox.heard == []


@pytest.fixture
def polling(build: Build, simulator: Simulator) -> PollAdapter:
    """The adapter for the simulator's head-end that is polled."""
    cim = build(f"{simulator.address}/polled/soap")
    return PollAdapter(
        code="polled",
        endpoint=cim.endpoint,
        secret=cim.secret,
        secret_setting=cim.secret_setting,
        recorder=cim.recorder,
        clock=lambda: datetime.now(UTC),
        new_id=uuid7,
        profile=POLL,
    )


@pytest.mark.parametrize(
    ("fault", "parameter", "expected"),
    [
        ("", "", (ReportedState.OPEN, None)),
        ("FAIL", "5.3", (None, Fault.UNREACHABLE)),
        ("F42", "", (None, Fault.UNREACHABLE)),
        ("F23", "", None),
        ("F33", "", None),
        ("F40", "", None),
    ],
)
def test_a_result_is_polled_for(
    simulator: Simulator,
    polling: PollAdapter,
    fault: str,
    parameter: str,
    expected: tuple[ReportedState | None, Fault | None] | None,
) -> None:
    if fault:
        simulator.fault(POLLED_METER, fault, parameter)
    opening = replace(command(serial=POLLED_METER), id=uuid7())
    (submission,) = polling.submit([opening])
    assert eventually(lambda: simulator.queued("polled"), 0) == 0

    reports = polling.poll([replace(opening, hes_reference=submission.hes_reference)])

    found = [(report.state, report.fault) for report in reports]
    assert found == ([expected] if expected else [])
    assert submission.hes_reference.startswith("polled|||")


def test_a_doorbell_rings_when_a_result_is_there(
    simulator: Simulator, polling: PollAdapter, far_end: FarEnd
) -> None:
    far_end.behaviour = respond(200)
    simulator.call_back("polled", far_end.url)
    opening = replace(command(serial=POLLED_METER), id=uuid7())

    (submission,) = polling.submit([opening])
    (heard,) = far_end.wait_for(1)
    (report,) = polling.parse_callback(raw_callback(heard)).reports
    simulator.call_back("polled", "")

    assert (report.serial, report.hes_reference) == (
        POLLED_METER,
        submission.hes_reference,
    )


def test_a_meter_that_nobody_knows_is_rejected_by_the_poll_shape_too(
    polling: PollAdapter,
) -> None:
    (submission,) = polling.submit([replace(command(serial="404"), id=uuid7())])

    assert (submission.fault, submission.code) == (Fault.REJECTED, "UNKNOWN_DEVICE")


def test_what_is_still_queued_can_be_cancelled(
    simulator: Simulator, portal: Portal
) -> None:
    cim = replace(portal.cim, profile=replace(STRICT, cancels=True))
    simulator.fault(KAMSTRUP, "DELAY", "60")
    before = simulator.ledger(KAMSTRUP)
    (queued,) = cim.submit([replace(command(serial=KAMSTRUP), id=uuid7())])

    first = cim.cancel(queued.hes_reference)
    second = cim.cancel(queued.hes_reference)

    assert first is not None
    assert second is not None
    assert (first.fault, second.fault) == (None, Fault.UNREACHABLE)
    assert simulator.ledger(KAMSTRUP) == before


def test_f41_what_comes_too_late_is_not_cancelled(
    simulator: Simulator, portal: Portal
) -> None:
    cim = replace(portal.cim, profile=replace(STRICT, cancels=True))
    simulator.fault(KAMSTRUP, "DELAY", "0.3")
    simulator.fault(KAMSTRUP, "F41")
    (queued,) = cim.submit([replace(command(serial=KAMSTRUP), id=uuid7())])

    refused = cim.cancel(queued.hes_reference)
    (report,) = portal.reports(1)

    assert refused is not None
    assert refused.fault == Fault.UNREACHABLE
    assert report.state == ReportedState.OPEN


def test_f35_a_silent_port_is_started_again_and_stays_as_it_was(
    simulator: Simulator, portal: Portal
) -> None:
    cim = replace(portal.cim, profile=replace(STRICT, reset_type="3.23.0.214"))
    reset = PortReset(id=uuid7(), serial=AIDON, tracking_reference="HAN-1")
    before = simulator.ledger(AIDON)

    (submission,) = cim.reset([reset])
    (report,) = portal.reports(1)

    assert (submission.command_id, submission.fault) == (reset.id, None)
    assert (report.correlation_id, report.state, report.fault) == (reset.id, None, None)
    assert simulator.ledger(AIDON) == before
