"""Head-ends, and a register that takes deliveries."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from meters.models import HeadEnd
from meters.register import ImportReport, import_register
from tests.meters.deliveries import Delivery

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)

Deliver = Callable[[Delivery], ImportReport]


def make_head_end(code: str = "aidon") -> HeadEnd:
    """A head-end that nothing is ever sent to."""
    return HeadEnd.objects.create(
        code=code,
        name=code.title(),
        profile=HeadEnd.Profile.CIM_STRICT,
        endpoint="http://127.0.0.1:9/soap",
    )


@pytest.fixture
def head_end(db: None) -> HeadEnd:
    """The head-end of the deliveries' meters."""
    return make_head_end()


@pytest.fixture
def deliver(head_end: HeadEnd) -> Deliver:
    """Writes a delivery and imports it."""
    return lambda delivery: import_register(delivery.write(), now=NOW)


@pytest.fixture
def committed_head_end(committed_database: str) -> str:
    """A committed database with the head-end in it; its address."""
    make_head_end()
    return committed_database
