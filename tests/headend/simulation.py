"""The simulator as a process, and an adapter with an inbox before it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from django.conf import settings

from meters.headend import RawCallback, Report
from meters.headend.cim import CimAdapter
from tests.headend.far_end import FarEnd, Heard

AIDON, KAMSTRUP, LANDIS = "7359992890000001", "5706567000000002", "4000000000000003"
EVENTS_METER, SYNC_METER, POLLED_METER = "1000000001", "2000000001", "3000000001"
QUICK = {"preset": "aidon", "delay_from": 0, "delay_to": 0}
HEAD_ENDS = {
    "aidon": QUICK,
    "landis": {**QUICK, "preset": "landisgyr"},
    "events": {**QUICK, "protocol": "cim-events"},
    "sync": {**QUICK, "protocol": "cim-synchronous"},
    "polled": {**QUICK, "protocol": "poll"},
}
FLEET = {
    "head_ends": HEAD_ENDS,
    "meters": [
        {"serial": AIDON, "head_end": "aidon", "port": "closed"},
        {"serial": KAMSTRUP, "head_end": "aidon", "port": "open"},
        {"serial": LANDIS, "head_end": "landis", "port": "closed"},
        {"serial": EVENTS_METER, "head_end": "events"},
        {"serial": SYNC_METER, "head_end": "sync"},
        {"serial": POLLED_METER, "head_end": "polled"},
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

    def call_back(self, code: str, address: str) -> None:
        """Register where this head-end's results go."""
        self._ask(f"/admin/head-ends/{code}", {"callback": address})

    def queued(self, code: str) -> int:
        """How much is under way at this head-end."""
        count: int = self._ask("/admin/head-ends")[code]["queued"]
        return count

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


@contextmanager
def running(folder: Path) -> Iterator[Simulator]:
    """`python -m hanportal.demo.headend` with six meters, on a free port."""
    fleet = folder / "fleet.json"
    fleet.write_text(json.dumps(FLEET))
    arguments = ["--fleet", str(fleet), "--ledger", str(folder / "ledger.sqlite")]
    process = subprocess.Popen(
        [sys.executable, "-m", "hanportal.demo.headend", *arguments],
        cwd=Path(settings.BASE_DIR),
        env=os.environ
        | {f"HEAD_END_SECRET_{code.upper()}": "s3cret" for code in HEAD_ENDS},
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
            for report in self.cim.parse_callback(raw_callback(heard)).reports
        ]


def raw_callback(heard: Heard) -> RawCallback:
    return RawCallback(
        body=heard.body, headers=heard.headers, received_at=datetime.now(UTC)
    )
