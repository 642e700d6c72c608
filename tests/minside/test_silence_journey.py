""" "I get no data" in a browser: from the card to the case, looked at four ways.

Set HANPORTAL_SCREENSHOTS to a folder to keep pictures of every page.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from meters.models import Meter
from orders.models import PortRestart
from tests.firstnight.test_journey import become
from tests.minside.conftest import log_in
from tests.minside.stage import free_port, portal_on
from tests.minside.test_journey import (
    Stage,
    _orm_beside_an_event_loop,
    browser_context_args,
    browser_type_launch_args,
)
from tests.orders.silence import answer, let_it_restart, open_it, restart
from tests.orders.world import build_world

__all__ = [
    "_orm_beside_an_event_loop",
    "browser_context_args",
    "browser_type_launch_args",
    "log_in",
]

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(committed_database: str, settings: Settings, page: Page) -> Iterator[Stage]:
    """The portal on loopback; the port is open, and a Kamstrup's."""
    port = free_port()
    settings.PORTAL_BASE_URL = f"http://127.0.0.1:{port}"
    world = build_world(now=datetime.now(UTC))
    Meter.objects.update(manufacturer="Kamstrup", model="Omnipower 3-fase")
    open_it(world)
    let_it_restart(world)
    with portal_on(port) as address:
        shown = Stage(address=address, world=world, page=page)
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        yield shown
        page.close()


def test_from_the_card_to_the_case(stage: Stage, log_in: Callable[..., Client]) -> None:
    page, world = stage.page, stage.world
    become(stage, log_in(world.customer, at=world.now))
    page.goto(f"{stage.address}/min-side/")
    stage.look("50-open")

    stage.press("Jeg får ingen data")
    stage.heading("Jeg får ingen data")
    expect(page.get_by_text("Sitter HAN-modulen i måleren?")).to_be_visible()
    stage.look("51-no-data")

    page.get_by_role("button", name="Start porten på nytt").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Porten startes på nytt")).to_be_visible()
    stage.look("52-under-way")

    restart(world)
    answer(world, PortRestart.objects.get())
    stage.press("Last siden på nytt")
    expect(
        page.get_by_role("heading", name="Måleren har startet porten på nytt")
    ).to_be_visible()
    stage.look("53-restarted")

    stage.press("Meld fra til kundesenteret")
    expect(page.get_by_role("heading", name="Meldt til kundesenteret")).to_be_visible()
    stage.look("54-reported")
    assert stage.complaints == []
