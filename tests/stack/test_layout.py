"""Ports, folders and secrets: two stacks never meet."""

import socket
from pathlib import Path

import pytest

from hanportal.demo.stack.layout import (
    Folder,
    Ports,
    base_port,
    data_folder,
    ensure_free,
)
from hanportal.demo.stack.process import StackFailure


def test_ports_follow_the_base() -> None:
    ports = Ports.from_base(base_port({"HANPORTAL_PORT": "9000"}))

    assert (ports.web, ports.eid, ports.cache) == (9000, 9001, 9007)


def test_base_0_takes_free_ports_that_all_differ() -> None:
    ports = Ports.from_base(base_port({"HANPORTAL_PORT": "0"}))

    assert len(set(vars(ports).values())) == 8


@pytest.mark.parametrize("value", ["80", "66000", "-1", "eight", ""])
def test_a_base_that_is_no_port_is_refused(value: str) -> None:
    with pytest.raises(StackFailure) as caught:
        base_port({"HANPORTAL_PORT": value})

    assert str(caught.value) == (
        f"HANPORTAL_PORT is {value!r}; it must be 0 or a number from 1024 to 65000."
    )


def test_a_port_that_is_taken_is_named_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StackFailure) as caught:
            ensure_free(port, service="web")

    assert str(caught.value) == (
        f"Port {port}, which web needs, is taken. Choose other ports: "
        "HANPORTAL_PORT=9000 make run (0 takes any free ones)."
    )


def test_one_folder_holds_one_stack_at_a_time(tmp_path: Path) -> None:
    first = Folder.open(tmp_path)

    with pytest.raises(StackFailure) as caught:
        Folder.open(tmp_path)
    first.close()
    Folder.open(tmp_path).close()

    assert str(caught.value) == (
        f"A stack already runs in {tmp_path}. Stop it, or choose another folder: "
        "HANPORTAL_DATA=folder make run."
    )


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    folder = Folder.open(tmp_path)
    first = folder.secrets().get("secret_key")

    assert folder.secrets().get("secret_key") == first
    assert folder.secrets().get("another") != first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    folder.close()


def test_the_data_folder_is_a_setting(tmp_path: Path) -> None:
    assert data_folder({"HANPORTAL_DATA": str(tmp_path)}) == tmp_path
    assert data_folder({}).name == ".data"
