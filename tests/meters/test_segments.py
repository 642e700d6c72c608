"""The head-end's operator says which concentrator each meter hangs on."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hanportal.audit.log import Event
from meters.models import Meter
from tests.orders.world import World, a_point_with_meter, build_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> World:
    """A head-end with one meter."""
    return build_world()


def assign(file: Path, text: str) -> tuple[str, str]:
    """What the command said on both of its ways out."""
    file.write_text(text, encoding="utf-8")
    out, err = StringIO(), StringIO()
    call_command("assign_segments", "aidon", str(file), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_each_named_meter_is_assigned_and_the_rest_stay(
    world: World, tmp_path: Path
) -> None:
    first = world.port.meter
    _point, port = a_point_with_meter(world.customer, world.head_end, number=2)
    Meter.objects.filter(pk=port.meter_id).update(segment="K-1")

    said = assign(
        tmp_path / "list.csv", f"serial,segment\n{first.serial},K-2\nnobody,K-3\n"
    )

    assert said == ("aidon: ok\n", "Ukjent måler: nobody\n")
    assert dict(Meter.objects.values_list("serial", "segment")) == {
        first.serial: "K-2",
        port.meter.serial: "K-1",
    }
    event = Event.objects.get(what="head_end.segments_assigned")
    assert event.facts == {"code": "aidon", "meters": 1, "unknown": 1}


@pytest.mark.parametrize(
    "text",
    ["serial;segment\nx;y\n", f"serial,segment\nx,{'y' * 41}\n", "serial,segment\nx\n"],
)
def test_a_list_that_can_not_be_used_changes_nothing(
    world: World, tmp_path: Path, text: str
) -> None:
    with pytest.raises(CommandError):
        assign(tmp_path / "list.csv", text)

    assert set(Meter.objects.values_list("segment", flat=True)) == {""}


def test_an_unknown_head_end_is_named(world: World, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="«nobody»"):
        call_command("assign_segments", "nobody", str(tmp_path / "list.csv"))
