"""The adapter and the simulator, written apart, understand each other over HTTP."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from uuid6 import uuid7

from meters.headend import Fault, RawCallback, Report
from meters.headend.cim import CimAdapter
from meters.states import DesiredState, ReportedState
from tests.headend.doubles import Build, command
from tests.headend.far_end import FarEnd, Heard, Line, http

pytestmark = pytest.mark.processes

AIDON, KAMSTRUP, LANDIS = "7359992890000001", "5706567000000002", "4000000000000003"
FLEET = {
    "head_ends": {
        "aidon": {"preset": "aidon", "delay_from": 0, "delay_to": 0},
        "landis": {"preset": "landisgyr", "delay_from": 0, "delay_to": 0},
    },
    "meters": [
        {"serial": AIDON, "head_end": "aidon", "port": "closed"},
        {"serial": KAMSTRUP, "head_end": "aidon", "port": "open"},
        {"serial": LANDIS, "head_end": "landis", "port": "closed"},
    ],
}


@dataclass
class Simulator:
    """A running simulator and its admin interface."""

    address: str

    def fault(self, serial: str, fault: str, parameter: str = "") -> None:
        """Let the next exchange about this meter go wrong."""
        document = {"scope": "meter", "key": serial, "fault": fault, "times": 1}
        if parameter:
            document["parameter"] = parameter
        self._ask("/admin/faults", document)

    def ledger(self, serial: str) -> list[str]:
        """The states that this meter's port really took."""
        return [row["state"] for row in self._ask(f"/admin/ledger?serial={serial}")]

    def _ask(self, path: str, document: object = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = Request(
            self.address + path, data=body, headers={"Content-Type": "application/json"}
        )
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """`python -m hanportal.demo.headend` with three meters, on a free port."""
    folder = tmp_path_factory.mktemp("simulator")
    fleet = folder / "fleet.json"
    fleet.write_text(json.dumps(FLEET))
    arguments = ["--fleet", str(fleet), "--ledger", str(folder / "ledger.sqlite")]
    process = subprocess.Popen(
        [sys.executable, "-m", "hanportal.demo.headend", *arguments],
        cwd=Path(settings.BASE_DIR),
        env=os.environ
        | {"HEAD_END_SECRET_AIDON": "s3cret", "HEAD_END_SECRET_LANDIS": "s3cret"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"Listening on (http://\S+?)/?$", line.strip()):
                yield Simulator(found.group(1))
                return
        raise AssertionError("The simulator did not start: " + "".join(said))
    finally:
        process.terminate()
        process.communicate(timeout=10)


@dataclass
class Portal:
    """An adapter and the callbacks that it was sent."""

    cim: CimAdapter
    inbox: FarEnd

    def reports(self, count: int) -> list[Report]:
        """The reports of the first callbacks, once there are so many."""
        return [
            report
            for heard in self.inbox.wait_for(count)
            for report in self.cim.parse_callback(_raw(heard)).reports
        ]


def _raw(heard: Heard) -> RawCallback:
    return RawCallback(
        body=heard.body, headers=heard.headers, received_at=datetime.now(UTC)
    )


@pytest.fixture
def portal(build: Build, simulator: Simulator, far_end: FarEnd) -> Portal:
    """The adapter for the simulator's aidon, and an inbox that answers as it says."""
    cim = replace(
        build(f"{simulator.address}/aidon/soap"),
        clock=lambda: datetime.now(UTC),
        new_id=uuid7,
        reply_address=far_end.url,
    )

    async def take(line: Line, heard: Heard) -> None:
        await line.send(http(200, cim.parse_callback(_raw(heard)).reply, {}))

    far_end.behaviour = take
    return Portal(cim, far_end)


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
