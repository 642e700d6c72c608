"""A simulator and a mail server for the tests in this folder, as real processes."""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import etree

from tests.demo.client import SECRETS, Client
from tests.demo.portal import Portal
from tests.demo.processes import Program

METERS_EACH = 200


def write_fleet(folder: Path) -> Path:
    """Meters of three vendors, with delays of milliseconds at speed 1000."""
    meters = [
        {"serial": f"{prefix}{number:04d}", "head_end": head_end}
        | {"manufacturer": head_end.title(), "model": "Test", "port": "closed"}
        for head_end, prefix in (("aidon", "73"), ("kaifa", "69"), ("landisgyr", "57"))
        for number in range(METERS_EACH)
    ]
    head_ends = {code: {"preset": code} for code in SECRETS}
    file = folder / "fleet.json"
    file.write_text(json.dumps({"head_ends": head_ends, "meters": meters}))
    return file


def start_simulator(folder: Path) -> tuple[Program, Client]:
    """Start a simulator whose ledger lies in the folder."""
    program = Program(
        "hanportal.demo.headend",
        *("--fleet", str(write_fleet(folder))),
        *("--ledger", str(folder / "ledger.sqlite")),
        *("--speed", "1000"),
        *("--secrets", ",".join(f"{code}={it}" for code, it in SECRETS.items())),
    )
    return program, Client(int(program.line(r"Listening on http://.*:(\d+)/")[1]))


@pytest.fixture(scope="session")
def head_ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One simulator for all tests; each test takes meters of its own."""
    program, client = start_simulator(tmp_path_factory.mktemp("headend"))
    yield client
    assert program.stop() == 0


@pytest.fixture(scope="session")
def portal() -> Iterator[Portal]:
    """Where results go."""
    portal = Portal()
    yield portal
    portal.stop()


@pytest.fixture(scope="session")
def _numbers() -> Iterator[int]:
    return itertools.count()


@pytest.fixture
def meter(_numbers: Iterator[int]) -> str:
    """A closed Aidon meter that no other test touches."""
    return f"73{next(_numbers):04d}"


@pytest.fixture
def kaifa_meters(_numbers: Iterator[int]) -> tuple[str, str]:
    """Two closed Kaifa meters that no other test touches."""
    return f"69{next(_numbers):04d}", f"69{next(_numbers):04d}"


@pytest.fixture
def landisgyr_meter(_numbers: Iterator[int]) -> str:
    """A Landis+Gyr meter that no other test touches."""
    return f"57{next(_numbers):04d}"


@pytest.fixture(scope="session")
def valid_control() -> Callable[[bytes], bool]:
    """Whether a SOAP body's message is valid under the public schemas."""
    folder = os.environ.get("HANPORTAL_SCHEMAS", "")
    file = Path(folder) / "EndDeviceControlsMessage.xsd"
    if not file.is_file():
        pytest.skip("HANPORTAL_SCHEMAS names no folder with the IEC 61968-9 schemas")
    schema = etree.XMLSchema(etree.parse(str(file)))

    def valid(body: bytes) -> bool:
        namespace = "{http://iec.ch/TC57/2011/EndDeviceControlsMessage}"
        messages = [
            element
            for element in etree.fromstring(body).iter(f"{namespace}*")
            if element.tag.endswith(("Message", "CreateEndDeviceControls"))
        ]
        for message in messages:
            schema.assertValid(message)
        return len(messages) == 1

    return valid
