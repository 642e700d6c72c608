"""`make doctor`: says what is missing and how to get it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hanportal.demo.setup import doctor, system
from hanportal.demo.stack import layout

PROJECT = Path(__file__).resolve().parents[2]
ABSENT = system.Need(
    what="Pandoc's cousin",
    reason="a test",
    programs=("no-such-program-anywhere",),
    packages=("pandocs-cousin",),
)


def test_what_is_missing_comes_with_the_command_that_brings_it() -> None:
    found = doctor.library(ABSENT)

    assert found.what == "Pandoc's cousin, for a test"
    assert found.remedy == (
        "sudo apt-get update && sudo apt-get install --yes --no-install-recommends "
        "pandocs-cousin (make does it as root)"
    )


def test_what_is_there_has_no_remedy() -> None:
    assert doctor.python().remedy == ""


def test_it_knows_the_stacks_ports() -> None:
    assert len(layout.SERVICES) == doctor.PORTS
    assert (layout.HOST, layout.DEFAULT_PORT) == (doctor.HOST, doctor.DEFAULT_PORT)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server((layout.HOST, 0)) as taken:
        port = min(int(taken.getsockname()[1]), 65_000)
        given = {"HANPORTAL_PORT": str(port), "HANPORTAL_DATA": str(tmp_path)}
        found = doctor.ports(given)

    assert found.what.startswith(f"Ports {port} to {port + 7}: taken are {port}")
    assert found.remedy == "make run HANPORTAL_PORT=9000 (0 takes any free ones)"


def test_the_demos_own_ports_are_no_fault(tmp_path: Path) -> None:
    running = layout.Folder.open(tmp_path)
    with socket.create_server((layout.HOST, 0)) as taken:
        port = min(int(taken.getsockname()[1]), 65_000)
        given = {"HANPORTAL_PORT": str(port), "HANPORTAL_DATA": str(tmp_path)}
        found = doctor.ports(given)
    running.close()

    assert found == doctor.Finding(f"Ports {port} to {port + 7}: the demo runs")


@pytest.mark.parametrize("value", ["80", "eight", ""])
def test_a_port_that_is_none_is_refused(value: str) -> None:
    found = doctor.ports({"HANPORTAL_PORT": value})

    assert found.remedy == "set it to 0 or a number from 1024 to 65000"


@pytest.mark.parametrize(
    ("port", "status", "last"),
    [
        ("0", 0, "Nothing is missing."),
        ("80", 1, "      → set it to 0 or a number from 1024 to 65000"),
    ],
)
def test_its_exit_status_tells_if_something_is_missing(
    port: str, status: int, last: str
) -> None:
    told = subprocess.run(
        [sys.executable, "hanportal/demo/setup/bootstrap.py", "--doctor"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "HANPORTAL_PORT": port},
        capture_output=True,
        text=True,
        check=False,
    )

    lines = told.stdout.splitlines()
    assert (told.returncode, [line for line in lines if line == last]) == (
        status,
        [last],
    )
