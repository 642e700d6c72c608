"""A world that stands still, for the machines to watch."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.orders.world import NOW, World, build_world


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """One customer with one point, on a Monday morning that stands still."""
    with time_machine.travel(NOW, tick=False):
        yield build_world()
