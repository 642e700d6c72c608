"""Drift in a browser: from observing to a release by two people, looked at four ways.

Set HANPORTAL_SCREENSHOTS to a folder to keep pictures of every page.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from hanportal.accounts.models import Role
from meters import actions
from meters.models import DeliveryKind, DeliveryState, RegisterDelivery
from tests.accounts.staff import logged_in, make_staff
from tests.firstnight.past import Past, bring_in_consent
from tests.firstnight.street import BY, dispatch_all, exposed_port, reconcile, sent
from tests.minside.conftest import LogIn, log_in
from tests.minside.languages import glance_in_other_languages
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
    "log_in",
]

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(
    committed_database: str, settings: Settings, page: Page, tmp_path: Path
) -> Iterator[Stage]:
    """The portal on loopback; the customer's port and three more are open."""
    port = free_port()
    settings.PORTAL_BASE_URL = f"http://127.0.0.1:{port}"
    settings.CLOSING_BRAKE_PER_DAY = 1
    world = build_world(now=datetime.now(UTC))
    actions.observe(head_end_id=world.head_end.id, by=BY, now=world.now)
    bring_in_consent(tmp_path / "past", world)
    past = Past(tmp_path / "more")
    for number in (2, 3, 4):
        exposed = exposed_port(world, number=number)
        past.add("ports", serial=exposed.meter.serial)
    past.bring_in(now=world.now)
    RegisterDelivery.objects.create(
        kind=DeliveryKind.COMPLETE,
        state=DeliveryState.HELD,
        folder="/register/2026-11-26",
        digest="0" * 64,
        created_at=world.now,
        imported_at=world.now,
        holdings_ended=200,
        installations_ended=3,
    )
    with portal_on(port) as address:
        shown = Stage(address=address, world=world, page=page)
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        yield shown
        page.close()


def become(stage: Stage, browser: Client) -> None:
    """The browser is another person's from here on."""
    session = browser.cookies[django_settings.SESSION_COOKIE_NAME]
    cookie = {"name": session.key, "value": session.value, "url": stage.address}
    stage.page.context.clear_cookies()
    stage.page.context.add_cookies([cookie])  # type: ignore[list-item]


def test_from_observing_to_a_release_by_two_people(stage: Stage) -> None:
    page, world = stage.page, stage.world
    become(stage, logged_in(make_staff("olav", Role.OPERATOR)))
    page.goto(f"{stage.address}/ansatt/")
    page.get_by_role("link", name="Drift").click()
    stage.heading("Drift")
    expect(page.get_by_text("Bare ser")).to_be_visible()
    stage.look("f01-observing")
    page.get_by_role("link", name="Se hva som ville blitt sendt").click()
    stage.heading("Dette ville blitt sendt")
    expect(page.get_by_role("row")).to_have_count(4)
    stage.look("f02-proposals")
    page.get_by_role("navigation").get_by_role("link", name="Drift").click()
    stage.press("La det handle")
    stage.heading("La dette frontsystemet handle?")
    stage.look("f03-act")
    stage.press("Ja, la det handle")
    expect(page.get_by_text("Handler", exact=True)).to_be_visible()

    reconcile(world)
    dispatch_all(world)
    assert len(sent(world)) == 1
    become(stage, logged_in(make_staff("anna", Role.SUPERVISOR)))
    page.goto(f"{stage.address}/kundesenter/drift/")
    expect(page.get_by_text("2 stenginger holdes tilbake")).to_be_visible()
    stage.look("f04-held")
    stage.press("Se på og frigi")
    stage.heading("Frigi leveransen?")
    stage.look("f05-delivery")
    stage.press("Tilbake")
    stage.press("Frigi stengingene")
    stage.heading("Frigi stengingene?")
    stage.look("f06-release")
    stage.press("Ja, frigi dem")
    expect(page.get_by_text("2 er frigitt av én, ansatt S-anna.")).to_be_visible()

    become(stage, logged_in(make_staff("berit", Role.ADMINISTRATOR)))
    page.goto(f"{stage.address}/kundesenter/drift/stenginger/frigi/")
    stage.press("Ja, frigi dem")
    dispatch_all(world)
    assert len(sent(world)) == 3
    page.reload()
    expect(page.get_by_text("Ingen stenginger holdes tilbake.")).to_be_visible()
    stage.look("f07-released")
    assert stage.complaints == []


def test_operations_are_read_in_the_language_one_chooses(stage: Stage) -> None:
    become(stage, logged_in(make_staff("anna", Role.SUPERVISOR)))
    glance_in_other_languages(
        stage,
        "operations",
        "/kundesenter/drift/",
        "/kundesenter/drift/forslag/",
    )
    assert stage.complaints == []


def test_the_customer_sees_what_is_known(stage: Stage, log_in: LogIn) -> None:
    page, world = stage.page, stage.world
    become(stage, log_in(world.customer, at=world.now))
    page.goto(f"{stage.address}/min-side/")

    expect(page.get_by_text("Porten er registrert som åpen")).to_have_count(4)
    expect(page.get_by_text("ARK-2021/0017")).to_be_visible()
    stage.look("f08-min-side")
    page.get_by_role("link", name="Gi et nytt samtykke").click()
    stage.heading("Dette kan måleren din")
    assert stage.complaints == []
