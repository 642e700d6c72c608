"""Saker in a browser: from the queue to a case that is closed, looked at four ways.

Set HANPORTAL_SCREENSHOTS to a folder to keep pictures of every page.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from hanportal.accounts.models import Role
from meters.headend import Fault
from meters.models import HanPort
from meters.states import ReportedState
from orders.models import Case, database_now
from orders.states import CaseKind
from tests.accounts.staff import logged_in, make_staff
from tests.firstnight.test_journey import become
from tests.minside.stage import free_port, portal_on
from tests.minside.test_journey import (
    Stage,
    _orm_beside_an_event_loop,
    browser_context_args,
    browser_type_launch_args,
)
from tests.orders.test_closing import open_the_port
from tests.orders.test_fulfilment import dispatch, reconcile
from tests.orders.world import World, build_world

__all__ = [
    "_orm_beside_an_event_loop",
    "browser_context_args",
    "browser_type_launch_args",
]

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(committed_database: str, settings: Settings, page: Page) -> Iterator[Stage]:
    """The portal on loopback; a closing was refused, and the port is open."""
    port = free_port()
    settings.PORTAL_BASE_URL = f"http://127.0.0.1:{port}"
    world = build_world(now=datetime.now(UTC))
    refused_and_exposed(world)
    with portal_on(port) as address:
        shown = Stage(address=address, world=world, page=page)
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        yield shown
        page.close()


def refused_and_exposed(world: World) -> None:
    """The meter refuses to close, and is read as open."""
    open_the_port(world)
    world.order_closing()
    world.fake.plan(Fault.REJECTED, executes=False)
    dispatch(world)
    world.fake.meters[world.port.meter.serial] = ReportedState.OPEN
    world.fake.read_at = database_now()
    HanPort.objects.ask_for_read_back(at=database_now())
    reconcile(world)
    world.fake.plan(Fault.REJECTED, executes=False)
    dispatch(world)
    assert set(Case.objects.values_list("kind", flat=True)) == {
        CaseKind.COMMAND_REJECTED,
        CaseKind.OPEN_WITHOUT_CONSENT,
    }


def test_from_the_queue_to_what_was_done(stage: Stage) -> None:
    page = stage.page
    become(stage, logged_in(make_staff("olav", Role.OPERATOR)))
    page.goto(f"{stage.address}/kundesenter/drift/")
    page.get_by_role("navigation").get_by_role("link", name="Saker").click()
    stage.heading("Saker")
    expect(page.get_by_text("Haster")).to_have_count(1)
    stage.look("k01-cases")
    page.get_by_label("Frontsystem").select_option("aidon")
    page.get_by_role("button", name="Vis").click()
    stage.press("Prøv alle igjen")
    stage.heading("Prøv alle igjen")
    stage.look("k07-try-all")
    stage.press("Til sakene")
    stage.heading("Saker")

    page.get_by_role("link", name="Åpen uten samtykke").click()
    stage.heading("Åpen uten samtykke")
    stage.look("k02-case")
    page.get_by_role("link", name="Se utvekslingen").first.click()
    stage.heading("Utveksling med frontsystemet")
    stage.look("k03-exchange")
    page.get_by_role("link", name="Til saken").click()
    stage.press("Prøv igjen")
    stage.heading("Prøv igjen?")
    stage.look("k04-retry")
    stage.press("Ja, prøv igjen")
    stage.heading("Åpen uten samtykke")
    stage.press("Send montør")
    stage.heading("Send montør?")
    stage.press("Ja, send montør")
    expect(page.get_by_text("Montør er bedt om")).to_be_visible()

    stage.press("Lukk saken")
    stage.heading("Lukk saken?")
    page.get_by_role("button", name="Lukk saken").click()
    expect(page.get_by_role("link", name="Skriv hva som ble gjort")).to_be_visible()
    stage.look("k05-close")
    page.get_by_label("Ordnet").check()
    page.get_by_label("Hva ble gjort?").fill("Montøren har vært der.")
    page.get_by_role("button", name="Lukk saken").click()
    stage.heading("Ingenting er gjort")
    stage.look("k06-refused")
    assert stage.complaints == []
