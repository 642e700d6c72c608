"""`make verify-log`: the running demo's log, verified beside it."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hanportal.demo.stack.layout import Folder, Ports
from hanportal.demo.stack.process import StackFailure
from hanportal.demo.stack.verifying import environment_of, verify_log

PORTS = Ports.from_base(9100)


@pytest.fixture
def running(tmp_path: Path) -> Folder:
    """The folder of a stack that runs, as far as anybody can see."""
    folder = Folder.open(tmp_path / "data")
    PORTS.keep_in(folder.ports_file)
    return folder


def test_without_a_demo_it_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(StackFailure) as caught:
        verify_log([], given={"HANPORTAL_DATA": str(tmp_path)})

    assert str(caught.value) == f"No demo runs in {tmp_path}. Start it: make run."


def test_a_demo_that_was_stopped_does_not_run(running: Folder) -> None:
    running.close()

    with pytest.raises(StackFailure) as caught:
        Folder.of_running_stack(running.path)

    assert str(caught.value) == f"No demo runs in {running.path}. Start it: make run."


def test_the_address_is_the_one_that_the_stack_has_taken(running: Folder) -> None:
    password = running.secrets().get("database_hanportal_app")

    found = environment_of(Folder.of_running_stack(running.path), given={})

    address = urlsplit(found["DATABASE_URL"])
    assert (address.port, address.password) == (PORTS.postgres, password)
    assert found["DJANGO_SETTINGS_MODULE"] == "hanportal.settings.demo"


@pytest.mark.processes
def test_the_log_is_verified(
    running: Folder, committed_database: str, capfd: pytest.CaptureFixture[str]
) -> None:
    given = {
        "PATH": os.environ["PATH"],
        "HANPORTAL_DATA": str(running.path),
        "DATABASE_URL": committed_database,
        "MIGRATION_DATABASE_URL": committed_database,
    }

    assert verify_log([], given=given) == 0
    assert capfd.readouterr().out.splitlines()[0] == (
        "0 events in 0 chains: nothing broken. Personal details: 0 kept, 0 erased."
    )
