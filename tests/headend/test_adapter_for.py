"""From a head-end's row and the settings to an adapter that can be used."""

from dataclasses import asdict

import pytest
from pytest_django import Settings

from meters.headend import (
    CallbackRefused,
    Fault,
    HeadEndAdapter,
    HeadEndError,
    RawCallback,
    adapter_for,
)
from meters.headend.cim import CimAdapter
from meters.headend.manual import ManualAdapter
from meters.headend.poll import PollAdapter
from meters.models import HeadEnd
from tests.headend import said
from tests.headend.doubles import NOW, KeptInMemory, command, new_id
from tests.headend.far_end import FarEnd, answer
from tests.headend.wire_reading import correlation_id_in


@pytest.fixture
def adapter(
    settings: Settings, far_end: FarEnd, recorder: KeptInMemory
) -> HeadEndAdapter:
    """The adapter of a head-end that stands in the register."""
    settings.HEAD_END_SECRETS = {"aidon": "s3cret"}
    settings.PORTAL_BASE_URL = "https://min-side.example"
    row = HeadEnd(code="aidon", name="Aidon", profile="cim-strict")
    row.endpoint = far_end.url
    return adapter_for(row, recorder=recorder, clock=lambda: NOW, new_id=new_id)


def test_a_row_and_its_secret_make_an_adapter_that_works(
    adapter: HeadEndAdapter, far_end: FarEnd
) -> None:
    far_end.behaviour = answer(
        lambda body: said.acknowledgement(correlation_id_in(body))
    )

    (submission,) = adapter.submit([command()])

    assert submission.fault is None
    assert b">https://min-side.example/hes/aidon/callback/<" in far_end.heard[0].body


def test_a_missing_secret_names_the_variable_to_set(
    settings: Settings, recorder: KeptInMemory
) -> None:
    settings.HEAD_END_SECRETS = {"kaifa": "another"}
    row = HeadEnd(code="north_2", profile="cim-strict", endpoint="https://he.example/")
    adapter = adapter_for(row, recorder=recorder, clock=lambda: NOW, new_id=new_id)

    with pytest.raises(HeadEndError) as failed:
        adapter.submit([command()])

    assert (failed.value.fault, failed.value.detail) == (
        Fault.AUTH,
        "Head-end north_2 has no secret: set HEAD_END_SECRET_NORTH_2.",
    )


@pytest.mark.parametrize(
    ("profile", "kind", "offers"),
    [
        ("cim-strict", CimAdapter, {"read_back", "callbacks"}),
        ("cim-events", CimAdapter, {"read_back", "callbacks"}),
        ("cim-synchronous", CimAdapter, {"read_back"}),
        ("poll", PollAdapter, {"poll", "callbacks"}),
        ("manual", ManualAdapter, {"poll"}),
    ],
)
def test_every_profile_has_an_adapter(
    settings: Settings,
    recorder: KeptInMemory,
    profile: str,
    kind: type[HeadEndAdapter],
    offers: set[str],
) -> None:
    settings.HEAD_END_SECRETS = {}
    row = HeadEnd(code="aidon", profile=profile, endpoint="https://he.example/")

    adapter = adapter_for(row, recorder=recorder, clock=lambda: NOW, new_id=new_id)

    offered = asdict(adapter.capabilities())
    assert type(adapter) is kind
    assert {name for name, value in offered.items() if value is True} == offers


def test_no_profile_is_left_out() -> None:
    marks = getattr(test_every_profile_has_an_adapter, "pytestmark", [])

    tried = [row[0] for mark in marks for row in mark.args[1]]
    assert tried == HeadEnd.Profile.values


def test_settings_that_make_no_sense_stop_this_head_end_and_lose_nothing(
    settings: Settings, recorder: KeptInMemory
) -> None:
    settings.HEAD_END_SECRETS = {"aidon": "s3cret"}
    row = HeadEnd(code="aidon", profile="poll", endpoint="https://he.example/")
    row.profile_settings = {"poll_for_seconds": "soon"}
    adapter = adapter_for(row, recorder=recorder, clock=lambda: NOW, new_id=new_id)

    with pytest.raises(HeadEndError) as failed:
        adapter.submit([command()])
    with pytest.raises(CallbackRefused) as refused:
        adapter.parse_callback(RawCallback(body=b"", headers={}, received_at=NOW))

    assert (failed.value.fault, refused.value.status) == (Fault.AUTH, 503)
    assert failed.value.detail == (
        "The settings of head-end aidon can't be used: "
        "poll_for_seconds: must be a whole number from 60 to 604800."
    )
    assert adapter.probe().reachable is False
