"""`make demo-reset`: the demo's own data goes, and nothing else can."""

import os
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from hanportal.demo.stack.layout import Folder
from hanportal.demo.stack.process import StackFailure
from hanportal.demo.stack.resetting import reset_demo


def reset(console: Console, path: Path, **more: str) -> int:
    return reset_demo(given={"HANPORTAL_DATA": str(path), **more}, console=console)


def test_a_folder_that_the_demo_made_is_deleted(
    tmp_path: Path, console: Console, output: StringIO
) -> None:
    data = tmp_path / "data"
    folder = Folder.open(data)
    folder.secrets().get("secret_key")
    folder.close()

    assert reset(console, data) == 0
    assert not data.exists()
    assert output.getvalue() == f"Deleted {data}; the next make run starts anew.\n"


def test_a_folder_that_was_there_before_is_kept_with_all_that_is_in_it(
    tmp_path: Path, console: Console
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    Folder.open(tmp_path).close()

    with pytest.raises(StackFailure) as caught:
        reset(console, tmp_path)

    assert str(caught.value) == (
        f"{tmp_path} does not carry the demo's marker, so nothing is deleted. If it "
        "is the demo's, delete it yourself."
    )
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_stack_that_runs_is_left_alone(tmp_path: Path, console: Console) -> None:
    data = tmp_path / "data"
    running = Folder.open(data)

    with pytest.raises(StackFailure) as caught:
        reset(console, data)
    running.close()

    assert str(caught.value) == (
        f"A stack already runs in {data}. Stop it, or choose another folder: "
        "HANPORTAL_DATA=folder make run."
    )
    assert data.exists()


def test_a_database_that_outlived_its_supervisor_is_left_alone(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hanportal.demo.stack.foundation.PREVIOUS_SERVER_SECONDS", 0)
    data = tmp_path / "data"
    Folder.open(data).close()
    (data / "postgres").mkdir()
    (data / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")

    with pytest.raises(StackFailure) as caught:
        reset(console, data)

    assert str(caught.value) == (
        f"A PostgreSQL still runs in {data / 'postgres'}; nothing is deleted."
    )


def test_nothing_to_delete_is_no_failure(
    tmp_path: Path, console: Console, output: StringIO
) -> None:
    gone = tmp_path / "gone"

    assert reset(console, gone) == 0
    assert output.getvalue() == f"There is nothing to delete: {gone} is not there.\n"
    assert not gone.exists()


def test_a_database_of_ones_own_is_said_to_be_untouched(
    tmp_path: Path, console: Console, output: StringIO
) -> None:
    data = tmp_path / "data"
    Folder.open(data).close()

    reset(console, data, DATABASE_URL="postgres://somewhere/else")

    assert output.getvalue().splitlines()[1:] == [
        "The database of DATABASE_URL is yours, and is as it was."
    ]
