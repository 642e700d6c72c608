"""The adapter and the simulator, written apart, understand each other over HTTP."""

from dataclasses import replace

import pytest
from uuid6 import uuid7

from meters.headend import Fault
from meters.states import DesiredState, ReportedState
from tests.headend.doubles import command
from tests.headend.simulation import AIDON, KAMSTRUP, LANDIS, Portal, Simulator

pytestmark = pytest.mark.processes


def test_a_port_is_opened_and_the_result_comes_back(
    simulator: Simulator, portal: Portal
) -> None:
    opening = replace(command(serial=AIDON), id=uuid7())

    (submission,) = portal.cim.submit([opening])
    (report,) = portal.reports(1)

    assert (submission.fault, submission.hes_reference != "") == (None, True)
    assert (report.correlation_id, report.serial, report.state, report.fault) == (
        opening.id,
        AIDON,
        ReportedState.OPEN,
        None,
    )
    assert simulator.ledger(AIDON)[-1] == "open"


def test_a_read_back_says_what_the_ledger_says(portal: Portal) -> None:
    closing = command(serial=KAMSTRUP, desired=DesiredState.CLOSED)
    before = portal.cim.read_state([KAMSTRUP, "unknown"])
    portal.cim.submit([replace(closing, id=uuid7())])
    portal.reports(1)

    after = portal.cim.read_state([KAMSTRUP])

    assert [(r.serial, r.state, r.fault, r.code) for r in before + after] == [
        (KAMSTRUP, ReportedState.OPEN, None, ""),
        ("unknown", None, Fault.REJECTED, "2.4"),
        (KAMSTRUP, ReportedState.CLOSED, None, ""),
    ]


@pytest.mark.parametrize(
    ("fault", "parameter", "expected"),
    [
        ("F04", "", Fault.AMBIGUOUS),
        ("F05", "", Fault.AMBIGUOUS),
        ("F06", "", Fault.AMBIGUOUS),
        ("F07", "", Fault.AMBIGUOUS),
        ("F08", "", Fault.AMBIGUOUS),
        ("F09", "", Fault.THROTTLED),
        ("F10", "", Fault.AUTH),
        ("F12", "", Fault.AMBIGUOUS),
        ("F13", "", Fault.AMBIGUOUS),
        ("F14", "", Fault.AMBIGUOUS),
        ("F15", "", Fault.AMBIGUOUS),
        ("F16", "", Fault.AMBIGUOUS),
        ("F17", "", None),
        ("F19", "", Fault.AMBIGUOUS),
        ("F21", "", Fault.AMBIGUOUS),
        ("F22", "", Fault.AMBIGUOUS),
        ("F28", "", Fault.AMBIGUOUS),
        ("REFUSE", "2.4", Fault.REJECTED),
        ("REFUSE", "3.2", Fault.THROTTLED),
        ("REFUSE", "7.1", Fault.AUTH),
    ],
)
def test_an_acknowledgement_that_goes_wrong_has_its_fault(
    simulator: Simulator,
    portal: Portal,
    fault: str,
    parameter: str,
    expected: Fault | None,
) -> None:
    simulator.fault(AIDON, fault, parameter)
    impatient = replace(portal.cim.endpoint, connect_timeout=0.5, read_timeout=0.5)
    cim = replace(portal.cim, endpoint=impatient)

    (submission,) = cim.submit([replace(command(serial=AIDON), id=uuid7())])

    assert submission.fault == expected


@pytest.mark.parametrize(
    ("fault", "parameter", "state", "expected"),
    [
        ("FAIL", "5.3", ReportedState.CLOSED, Fault.UNREACHABLE),
        ("FAIL", "6.1", ReportedState.CLOSED, Fault.REJECTED),
        ("F18", "", None, None),
        ("F20", "", None, Fault.AMBIGUOUS),
        ("F33", "", None, Fault.NOT_FINAL),
        ("F42", "", None, Fault.UNREACHABLE),
    ],
)
def test_a_result_that_goes_wrong_has_its_fault(
    *,
    simulator: Simulator,
    portal: Portal,
    fault: str,
    parameter: str,
    state: ReportedState | None,
    expected: Fault | None,
) -> None:
    closing = command(serial=AIDON, desired=DesiredState.CLOSED)
    portal.cim.submit([replace(closing, id=uuid7())])
    simulator.fault(AIDON, fault, parameter)

    portal.reports(1)
    portal.cim.submit([replace(command(serial=AIDON), id=uuid7())])
    report = portal.reports(2)[-1]

    assert (report.state, report.fault) == (state, expected)


def test_f24_a_result_that_comes_three_times_is_the_same_each_time(
    simulator: Simulator, portal: Portal
) -> None:
    simulator.fault(AIDON, "F24", "3")

    portal.cim.submit([replace(command(serial=AIDON), id=uuid7())])
    reports = portal.reports(3)

    assert reports == [reports[0]] * 3


def test_a_head_end_with_another_secret_is_told_apart(portal: Portal) -> None:
    stranger = replace(portal.cim, secret="another")

    (submission,) = stranger.submit([replace(command(serial=AIDON), id=uuid7())])

    assert submission.fault == Fault.AUTH


def test_a_meter_that_can_not_be_opened_from_afar_is_rejected(
    simulator: Simulator, portal: Portal
) -> None:
    endpoint = replace(portal.cim.endpoint, url=f"{simulator.address}/landis/soap")
    landis = replace(portal.cim, code="landis", endpoint=endpoint)

    (submission,) = landis.submit([replace(command(serial=LANDIS), id=uuid7())])

    assert (submission.fault, submission.code) == (Fault.REJECTED, "2.12")
    assert simulator.ledger(LANDIS) == []


def test_the_simulator_answers_a_probe(portal: Portal) -> None:
    assert portal.cim.probe().reachable is True
