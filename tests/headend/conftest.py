"""Adapters with a far end on this machine, a recorder in memory and a still clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from uuid6 import uuid7

from meters.headend.cim import CimAdapter
from meters.headend.profile_data import STRICT
from meters.headend.transport import Endpoint
from tests.headend.doubles import NOW, SECRET, Build, KeptInMemory, new_id
from tests.headend.far_end import FarEnd, Heard, Line, http, listening
from tests.headend.simulation import Portal, Simulator, raw_callback, running


@pytest.fixture
def far_end() -> Iterator[FarEnd]:
    """A head-end that answers 500 until it is told otherwise."""
    with listening() as far_end:
        yield far_end


@pytest.fixture
def recorder() -> KeptInMemory:
    """What was recorded, and in which order."""
    return KeptInMemory()


@pytest.fixture
def build(recorder: KeptInMemory) -> Build:
    """Make a CIM adapter for an address, with short timeouts in seconds."""

    def cim(
        url: str,
        *,
        secret: str = SECRET,
        connect_timeout: float = 2,
        read_timeout: float = 2,
        max_concurrency: int = 10,
    ) -> CimAdapter:
        return CimAdapter(
            code="aidon",
            endpoint=Endpoint(
                url=url,
                connect_timeout=connect_timeout,
                read_timeout=read_timeout,
                max_concurrency=max_concurrency,
                max_response_bytes=STRICT.max_message_bytes,
                max_retry_after=timedelta(hours=6),
            ),
            secret=secret,
            secret_setting="HEAD_END_SECRET_AIDON",
            reply_address="http://127.0.0.1:8000/hes/aidon/callback/",
            profile=STRICT,
            recorder=recorder,
            clock=lambda: NOW,
            new_id=new_id,
        )

    return cim


@pytest.fixture
def cim(build: Build, far_end: FarEnd) -> CimAdapter:
    """A CIM adapter in front of the far end."""
    return build(far_end.url)


@pytest.fixture(scope="session")
def wire_page() -> str:
    """The page that both sides of the wire follow."""
    return (Path(settings.BASE_DIR) / "docs" / "head-end-wire.md").read_text()


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """One simulator for all tests of this folder."""
    with running(tmp_path_factory.mktemp("simulator")) as simulator:
        yield simulator


@pytest.fixture
def portal(build: Build, simulator: Simulator, far_end: FarEnd) -> Portal:
    """The adapter for the simulator's aidon, and an inbox that answers as it says."""
    cim = replace(
        build(f"{simulator.address}/aidon/soap"),
        clock=lambda: datetime.now(UTC),
        new_id=uuid7,
        reply_address=far_end.url,
    )

    async def take(line: Line, heard: Heard) -> None:
        await line.send(http(200, cim.parse_callback(raw_callback(heard)).reply, {}))

    far_end.behaviour = take
    return Portal(cim, far_end)
