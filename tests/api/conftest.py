"""A register with two homes in it, and a machine that may do everything."""

from pathlib import Path

import pytest

from meters.register import import_register
from tests.api.machine import Machine, a_machine
from tests.meters.conftest import NOW, make_head_end
from tests.meters.deliveries import two_homes


@pytest.fixture
def two_points(db: None, tmp_path: Path) -> None:
    """Kari at point A with meter A, Ola at point B with meter B."""
    make_head_end()
    import_register(two_homes(tmp_path).write(), now=NOW)


@pytest.fixture
def committed_machine(committed_database: str, tmp_path: Path) -> Machine:
    """The same on a database of the test's own, where everything is committed."""
    make_head_end()
    import_register(two_homes(tmp_path).write(), now=NOW)
    return a_machine()


@pytest.fixture
def machine(two_points: None) -> Machine:
    """The operator's customer system."""
    return a_machine()
