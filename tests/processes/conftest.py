"""A box of real processes for each test."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from hanportal.demo.stack import postgres
from hanportal.demo.stack.foundation import Foundation
from hanportal.demo.stack.layout import Folder, Ports
from hanportal.demo.stack.programs import Service
from tests.processes.box import PROJECT, Box

DEMO_SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "hanportal.settings.demo",
    "SECRET_KEY": "collecting static files signs nothing",
    "EMAIL_URL": "smtp://127.0.0.1:1",
}


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What browsers load, collected once for all boxes."""
    folder = tmp_path_factory.mktemp("static")
    environment = {**os.environ, "STATIC_ROOT": str(folder)}
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input"]
    subprocess.run(
        collect,
        cwd=PROJECT,
        env={**environment, **DEMO_SETTINGS},
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def box(committed_database: str, static_root: Path, tmp_path: Path) -> Iterator[Box]:
    """Set up, with nothing running yet; ended whatever the test did."""
    folder = Folder.open(tmp_path / "box")
    box = Box(folder, committed_database, static_root)
    try:
        box.set_up()
        yield box
    finally:
        box.stop()
        folder.close()


@pytest.fixture
def crashing_box(static_root: Path) -> Iterator[Box]:
    """Set up on a PostgreSQL of its own, which keeps what it has committed."""
    with tempfile.TemporaryDirectory(prefix="hanportal-") as scratch:
        Path(scratch).chmod(0o711)
        folder = Folder.open(Path(scratch) / "box")
        ports = Ports.free()
        foundation = Foundation(folder=folder, ports=ports, parameters=postgres.DURABLE)
        addresses = foundation.database_addresses()
        box = Box(folder, addresses["DATABASE_URL"], static_root, ports=ports)
        try:
            start_database(box, addresses["ADMIN_DATABASE_URL"])
            static = {"STATIC_ROOT": str(static_root)}
            box.environment = {**os.environ, **DEMO_SETTINGS, **static, **addresses}
            for command in ("prepare_database", "migrate"):
                box.run("manage.py", command)
            box.set_up()
            yield box
        finally:
            box.stop()
            folder.close()


def start_database(box: Box, address: str) -> None:
    """Make a cluster in the box's folder and start it."""
    data = box.folder.path / "postgres"
    account = postgres.system_account()
    if account is not None:
        postgres.let_through(data)
    password = box.folder.secrets().get(f"database_{postgres.SUPERUSER}")
    postgres.initialise(data, password=password, account=account)
    spec = postgres.server(
        data,
        port=box.ports.postgres,
        log=box.folder.log("postgres"),
        account=account,
        parameters=postgres.DURABLE,
    )
    service = Service(spec, partial(postgres.answers, address))
    box.launch("database", service)
    box.wait_until_serving("database")
