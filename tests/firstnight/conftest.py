"""Worlds for the first night."""

import pytest

from tests.orders.world import World, build_world


@pytest.fixture
def world(db: None) -> World:
    """A world in a transaction that is rolled back."""
    return build_world()


@pytest.fixture
def committed_world(committed_database: str) -> World:
    """A world in a database of its own, for threads that really commit."""
    return build_world()
