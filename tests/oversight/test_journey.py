"""An audit in a browser, from the list to a whole log, looked at four ways.

Set HANPORTAL_SCREENSHOTS to a folder to keep pictures of every page.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from playwright.sync_api import ConsoleMessage, Page, expect
from pytest_django.fixtures import Settings

from hanportal.accounts.models import Role
from hanportal.audit import log
from meters.states import ReportedState
from orders.models import Consent, LifeEvent
from orders.states import LifeEventKind
from tests.minside.languages import glance_in_other_languages
from tests.minside.stage import free_port, portal_on
from tests.minside.test_journey import (
    Stage,
    _orm_beside_an_event_loop,
    browser_context_args,
    browser_type_launch_args,
)
from tests.orders.world import World, build_world
from tests.oversight.staff import BY, a_browser_of, a_staff_member
from tests.oversight.street import Street

__all__ = [
    "_orm_beside_an_event_loop",
    "browser_context_args",
    "browser_type_launch_args",
]

pytestmark = pytest.mark.browser


@pytest.fixture
def cookie(committed_database: str) -> dict[str, str]:
    """The session of an auditor whom both factors have let in."""
    now = datetime.now(UTC)
    client = a_browser_of(a_staff_member(Role.AUDITOR, now=now), now=now)
    session = client.cookies[django_settings.SESSION_COOKIE_NAME]
    return {"name": session.key, "value": session.value}


@pytest.fixture
def stage(cookie: dict[str, str], settings: Settings, page: Page) -> Iterator[Stage]:
    """The portal on loopback with a port that was opened and closed again."""
    port = free_port()
    settings.PORTAL_BASE_URL = f"http://127.0.0.1:{port}"
    world = build_world(now=datetime.now(UTC))
    with portal_on(port) as address:
        shown = Stage(address=address, world=world, page=page)
        page.context.add_cookies(
            [{"url": address, "name": cookie["name"], "value": cookie["value"]}]
        )

        def complain(message: ConsoleMessage) -> None:
            # The page may be answered with 422; that is no complaint of the browser's.
            if message.type in {"error", "warning"} and "422" not in message.text:
                shown.complaints.append(message.text)

        page.on("console", complain)
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        world.order_opening()
        shown.head_end_takes_the_command()
        shown.meter_confirms(ReportedState.OPEN)
        world.order_closing()
        Street(world).many(52)
        an_exposure(world)
        yield shown
        page.close()


@transaction.atomic
def an_exposure(world: World) -> None:
    """The port stood open for two days and three hours after a move."""
    since = world.now - timedelta(days=3)
    LifeEvent.note(
        LifeEventKind.MOVED_OUT,
        metering_point=world.point,
        customer=world.customer,
        port=world.port,
        effective_date=since.date(),
        exposed_from=since,
        exposed_until=since + timedelta(days=2, hours=3),
        by=BY,
        at=world.now,
    )


def test_from_the_register_to_a_verified_log(stage: Stage, tmp_path: Path) -> None:
    page = stage.page
    page.goto(f"{stage.address}/innsyn/")
    stage.heading("Samtykker")
    stage.look("40-register")

    stage.press("Eldre samtykker")
    expect(page.get_by_role("row")).to_have_count(1 + 3)
    stage.press("Til de nyeste")
    page.get_by_label("Gitt fra og med").fill("2020-01-01")
    page.get_by_label("Tilstand").select_option("Avsluttet: trukket tilbake")
    stage.press("Vis")
    expect(page.get_by_role("row")).to_have_count(1 + 1)
    stage.look("41-register-filtered")

    with page.expect_download() as download:
        stage.press("Regneark (CSV)")
    file = tmp_path / "export.csv"
    download.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        assert len(list(csv.DictReader(lines, delimiter=";"))) == 1

    page.get_by_role("link", name="SAM-").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Samtykke SAM-")
    page.get_by_text("Les vilkårene").click()
    stage.look("42-story")
    page.get_by_role("link", name="Kommandoen sendt").first.click()
    stage.heading("Utveksling med frontsystemet")
    stage.look("43-exchange")
    page.go_back()

    stage.press("Kontroller kundens kjede")
    expect(page.get_by_role("heading", name="Ingenting er endret")).to_be_visible()
    stage.look("44-chain")
    stage.press("Tilbake til samtykket")
    page.get_by_role("link", name="Kontroll av loggen").click()
    stage.look("45-log")
    stage.press("Kontroller hele loggen")
    expect(page.get_by_role("heading", name="Ingenting er endret")).to_be_visible()
    expect(page.get_by_text("Loggen leses.")).to_be_hidden()
    stage.look("46-log-read")

    page.get_by_role("link", name="Åpne uten samtykke").click()
    stage.heading("Porter som sto åpne uten samtykke")
    expect(page.get_by_text("2 døgn 3 timer").first).to_be_visible()
    stage.look("49-exposures")
    with page.expect_download() as download:
        stage.press("Regneark (CSV)")
    download.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        assert len(list(csv.DictReader(lines, delimiter=";"))) == 1
    page.get_by_role("cell").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Målepunkt 7070")
    stage.look("50-point")

    page.goto(f"{stage.address}/innsyn/?channel=fax")
    stage.look("47-register-refused")
    page.goto(f"{stage.address}/innsyn/?who=Ingen")
    stage.look("48-register-empty")
    done = log.Event.objects.filter(what__in=["export.ended", "log.verified"])
    assert [event.facts["complete"] for event in done.order_by("sequence")] == [
        True
    ] * 4
    assert stage.complaints == []


def test_auditors_read_their_pages_in_the_language_they_choose(stage: Stage) -> None:
    page = stage.page
    page.goto(f"{stage.address}/innsyn/?who=Kari&channel=minside")
    stage.press("Nynorsk")
    stage.heading("Samtykke")
    expect(page.get_by_label("Kunde")).to_have_value("Kari")
    consent = Consent.objects.order_by("given_at")[0]
    story = f"/innsyn/samtykke/{consent.id}/"
    glance_in_other_languages(
        stage, "oversight", "/innsyn/", story, "/innsyn/kontroll/"
    )
    assert stage.complaints == []


def test_without_javascript_the_whole_log_is_verified(
    stage: Stage, browser: Any, cookie: dict[str, str]
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    context.add_cookies([{**cookie, "url": stage.address}])
    page = context.new_page()
    page.goto(f"{stage.address}/innsyn/kontroll/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Verify the whole log").click()
    unchanged = page.get_by_role("heading", name="Nothing has been changed")
    expect(unchanged).to_be_visible()
    context.close()
