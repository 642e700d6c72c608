"""What is held or only observed wakes the right watchdog, and no other."""

from pathlib import Path

import pytest
from pytest_django import Settings

from hanportal.monitoring.metrics import exposition
from hanportal.monitoring.readings import read
from hanportal.monitoring.watchdogs import checks
from meters import actions
from orders.models import Command, database_now
from tests.firstnight.street import BY, dispatch_all, exposed_ports
from tests.meters.conftest import make_head_end
from tests.meters.test_releases import hold
from tests.orders.world import World


def barking(world: World) -> set[str]:
    found = checks(read(now=world.now))
    names = {check.name for check in found if check.is_alarm}
    return {name for name in names if not name.startswith("sweep:")}


def long_ago() -> None:
    Command.objects.update(not_before=database_now().replace(year=2020))


def test_held_closings_bark_and_no_worker_is_blamed(
    world: World, settings: Settings
) -> None:
    settings.CLOSING_BRAKE_PER_DAY = 1
    exposed_ports(world, 3)
    dispatch_all(world)
    long_ago()
    Command.objects.exclude(status="queued").update(not_before=database_now())

    readings = read(now=world.now)

    assert readings.closings_held == 2
    assert {"closings_held"} == barking(world) - {"open_without_consent", "closing"}
    assert b"hanportal_closings_held 2.0" in exposition(readings)


def test_the_orders_of_an_observed_head_end_blame_no_worker(world: World) -> None:
    actions.observe(head_end_id=world.head_end.id, by=BY, now=world.now)
    world.order_opening()
    long_ago()

    assert "command_due" not in barking(world)

    actions.act(head_end_id=world.head_end.id, by=BY, now=world.now)
    assert "command_due" in barking(world)


@pytest.mark.django_db
def test_a_held_delivery_barks(
    world: World, tmp_path: Path, settings: Settings
) -> None:
    assert "register_held" not in barking(world)
    world.head_end.code = "before"
    world.head_end.save()
    make_head_end()

    hold(tmp_path, settings)

    assert "register_held" in barking(world)
