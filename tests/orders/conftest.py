"""Worlds for the stories about orders."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.demo.client import Client
from tests.headend.far_end import FarEnd, listening, respond
from tests.orders.street import HEAD_ENDS, SECRET, Placed, Street, simulator
from tests.orders.world import World, build_world


@pytest.fixture
def world(db: None) -> World:
    """A world in a transaction that is rolled back."""
    return build_world()


@pytest.fixture
def committed_world(committed_database: str) -> World:
    """A world in a database of its own, for threads that really commit."""
    return build_world()


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One simulator for all stories; each takes a meter of its own."""
    with simulator(tmp_path_factory.mktemp("street")) as client:
        yield client


@pytest.fixture(scope="module")
def posts() -> Iterator[FarEnd]:
    """Where the simulator posts its results."""
    with listening() as far_end:
        far_end.behaviour = respond(200)
        yield far_end


@pytest.fixture
def place(db: None, far: Client, posts: FarEnd, settings: Settings) -> Iterator[Placed]:
    """Give a story its street, at the head-end of that code."""
    settings.HEAD_END_SECRETS = dict.fromkeys(HEAD_ENDS, SECRET)
    settings.PORTAL_BASE_URL = f"http://127.0.0.1:{posts.port}"

    def made(code: str) -> Street:
        street = Street(build_world(now=timezone.now()), far, posts, code)
        street._taken = len(posts.heard)
        street.move_in()
        return street

    yield made
    far.request("DELETE", "/admin/faults")
