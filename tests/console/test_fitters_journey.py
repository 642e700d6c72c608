"""The fitters' list in a browser: a result by hand, and a list that comes back.

Set HANPORTAL_SCREENSHOTS to a folder to keep pictures of every page.
"""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import FilePayload, Page, expect
from pytest_django.fixtures import Settings

from hanportal.accounts.models import Role
from meters.models import HeadEnd
from orders import fulfilment
from orders.states import OrderStatus
from tests.accounts.staff import logged_in, make_staff
from tests.console.test_fitters import filled
from tests.firstnight.test_journey import become
from tests.minside.stage import free_port, portal_on
from tests.minside.test_journey import (
    Stage,
    _orm_beside_an_event_loop,
    browser_context_args,
    browser_type_launch_args,
)
from tests.orders.world import build_world

__all__ = [
    "_orm_beside_an_event_loop",
    "browser_context_args",
    "browser_type_launch_args",
]

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(committed_database: str, settings: Settings, page: Page) -> Iterator[Stage]:
    """The portal on loopback; only people reach the meter."""
    port = free_port()
    settings.PORTAL_BASE_URL = f"http://127.0.0.1:{port}"
    world = build_world(now=datetime.now(UTC))
    head_end = world.head_end
    head_end.code, head_end.name, head_end.endpoint = "hand", "Montører", ""
    head_end.profile = HeadEnd.Profile.MANUAL
    head_end.save()
    with portal_on(port) as address:
        shown = Stage(address=address, world=world, page=page)
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        yield shown
        page.close()


def put_on_the_list(stage: Stage) -> None:
    """What is queued stands on the list from now on."""
    fulfilment.dispatch(head_end=stage.world.head_end, clock=timezone.now)


def as_a_file(rows: list[dict[str, str]]) -> FilePayload:
    return {"name": "liste.csv", "mimeType": "text/csv", "buffer": filled(*rows)}


def test_from_the_list_to_a_result_and_a_file_that_comes_back(stage: Stage) -> None:
    page = stage.page
    opening = stage.world.order_opening()
    put_on_the_list(stage)
    become(stage, logged_in(make_staff("olav", Role.OPERATOR)))
    page.goto(f"{stage.address}/kundesenter/drift/")
    page.get_by_role("link", name="Montørliste").click()
    stage.heading("Montørliste")
    stage.look("m01-list")

    stage.press("Før inn resultat")
    stage.heading("Før inn resultat")
    stage.look("m02-task")
    page.locator("main form").get_by_role("button").click()
    expect(page.get_by_text("Velg hvordan det gikk").first).to_be_visible()
    stage.look("m03-refused")
    page.get_by_label("Åpen", exact=True).check()
    page.locator("main form").get_by_role("button").click()
    stage.heading("Montørliste")
    expect(page.get_by_text("Ingenting her nå.")).to_be_visible()
    stage.look("m04-done")
    opening.refresh_from_db()
    assert opening.status == OrderStatus.COMPLETED

    closing = stage.world.order_closing()
    put_on_the_list(stage)
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("link", name="Last ned").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text), delimiter=";")
    at = timezone.localtime() - timedelta(seconds=1)
    done = {**row, "resultat": "stengt", "tidspunkt": at.isoformat()}
    page.get_by_role("link", name="Lever").click()
    stage.heading("Lever utfylt liste")
    stage.look("m05-file")
    page.locator("input[type=file]").set_input_files(
        as_a_file([{**done, "målernummer": "42"}, {**done, "resultat": "ferdig"}])
    )
    stage.press("Lever listen")
    expect(page.get_by_text("Linje 2: Ukjent oppdrag eller måler")).to_be_visible()
    stage.look("m06-lines")
    page.locator("input[type=file]").set_input_files(as_a_file([done]))
    stage.press("Lever listen")
    expect(page.get_by_text("Én linje er ført inn")).to_be_visible()
    stage.look("m07-handed-in")
    closing.refresh_from_db()
    assert closing.status == OrderStatus.COMPLETED
    assert stage.complaints == []
