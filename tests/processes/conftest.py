"""A box of real processes for each test."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hanportal.demo.stack.layout import Folder
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
def box(
    committed_database: str, static_root: Path, tmp_path: Path, worker_id: str
) -> Iterator[Box]:
    """Set up, with nothing running yet; ended whatever the test did."""
    number = int(re.sub(r"\D", "", worker_id) or 0)
    folder = Folder.open(tmp_path / "box")
    box = Box(folder, committed_database, static_root, number)
    try:
        box.set_up()
        yield box
    finally:
        box.stop()
        folder.close()
