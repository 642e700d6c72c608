"""One customer's way through Min side in a browser, every page looked at four ways.

Set HANPORTAL_SCREENSHOTS to a folder to keep pictures of every page.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect
from pytest_django.fixtures import Settings

from hanportal.accounts.actions import revoke_representation
from meters.states import ReportedState
from notifications.models import Message
from orders import fulfilment
from orders.fulfilment.callbacks import apply_report
from orders.models import Order
from orders.states import OrderStatus
from tests.accounts.representing import (
    BY,
    VERA_ID,
    a_business,
    a_representation,
)
from tests.minside.languages import assert_speaks
from tests.minside.screen import Screen
from tests.minside.stage import eid_on, free_port, portal_on
from tests.orders.world import World, a_point_with_meter, build_world

pytestmark = pytest.mark.browser

# The page asks every three seconds, and the machine may be busy with other tests.
expect.set_options(timeout=30_000)

NATIONAL_ID = "01908000079"
PEOPLE = [
    {
        "sub": "kari",
        "name": "Kari Nordmann",
        "national_id": NATIONAL_ID,
        "label": "Kunde med ett målepunkt",
        "acr": "idporten-loa-high",
    },
    {
        "sub": "vera",
        "name": "Vera Verge",
        "national_id": VERA_ID,
        "label": "Handler for andre",
        "acr": "idporten-loa-high",
    },
]


@pytest.fixture(scope="session", autouse=True)
def _orm_beside_an_event_loop() -> Iterator[None]:
    """Playwright keeps an event loop in the tests' thread until the session ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium, quiet and without a sandbox that containers refuse."""
    return {
        "executable_path": "/usr/bin/chromium",
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """A Norwegian reader who wants no motion."""
    return {"locale": "nb-NO", "reduced_motion": "reduce"}


@dataclass(kw_only=True)
class Stage(Screen):
    """The portal, its world, and the page that the customer looks at."""

    address: str
    world: World
    complaints: list[str] = field(default_factory=list)

    def head_end_takes_the_command(self) -> None:
        """A worker sends what is queued, and the head-end acknowledges it."""
        world = self.world
        world.now = datetime.now(UTC)
        fulfilment.dispatch(
            head_end=world.head_end, clock=world.clock, connect=world.fake.connect
        )

    def meter_confirms(self, state: ReportedState) -> None:
        """The meter's own result comes in."""
        world = self.world
        world.now = datetime.now(UTC)
        report = world.event(world.newest_command(), state)
        apply_report(report, head_end=world.head_end, clock=world.clock)


@pytest.fixture
def stage(
    committed_database: str,
    settings: Settings,
    page: Page,
    tmp_path: Path,
) -> Iterator[Stage]:
    """The portal and the eID on loopback, one customer in the register."""
    portal_port, eid_port = free_port(), free_port()
    portal = f"http://127.0.0.1:{portal_port}"
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    eid = f"http://127.0.0.1:{eid_port}"
    settings.CONTENT_SECURITY_POLICY = {
        "DIRECTIVES": {**policy, "form-action": ["'self'", eid]}
    }
    settings.PORTAL_BASE_URL = portal
    settings.EID_ISSUER = eid
    world = build_world(now=datetime.now(UTC))
    with (
        portal_on(portal_port),
        eid_on(eid_port, portal=portal, people=PEOPLE, folder=tmp_path),
    ):
        shown = Stage(address=portal, world=world, page=page)

        def complain(message: ConsoleMessage) -> None:
            # The page may be answered with 422; that is no complaint of the browser's.
            if message.type in {"error", "warning"} and "422" not in message.text:
                shown.complaints.append(message.text)

        page.on("console", complain)
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        yield shown
        page.close()


def test_from_the_front_page_to_open_and_closed_again(stage: Stage) -> None:
    page = stage.page
    page.goto(stage.address)
    stage.heading("Se strømmen mens du bruker den")
    stage.look("01-front-page")

    stage.press("Logg inn og bestill")
    stage.look("02-log-in")
    stage.press("Logg inn med elektronisk ID")
    page.get_by_role("button", name="Kari Nordmann").click()
    stage.heading("HAN-porten din")
    expect(page.get_by_text("Innlogget som Kari Nordmann")).to_be_visible()
    expect(page.get_by_role("heading", level=2).first).to_have_text(
        "Du har ikke bestilt åpning"
    )
    stage.look("03-never-ordered")

    stage.press("Bestill åpning")
    stage.heading("Dette kan måleren din")
    stage.look("04-before")
    stage.press("Gå videre til vilkårene")
    stage.look("05-terms")

    stage.press("Gå videre")
    expect(page).to_have_title("Feil: Vilkår og samtykke – Fjordnett")
    stage.look("06-terms-refused")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("radio", name="Ingen av disse").check()
    stage.press("Gå videre")
    expect(page.get_by_role("radio").first).to_have_attribute("aria-invalid", "true")
    assert Order.objects.count() == 0
    page.get_by_role("radio", name="Måleren står inne i boligen").check()
    stage.press("Gå videre")

    stage.heading("Slik sier vi fra")
    stage.look("07-notices")
    stage.press("Gå videre")
    stage.heading("Se over og bestill")
    stage.look("08-check")
    stage.press("Gi samtykke og bestill")

    stage.heading("Vi åpner porten")
    stage.look("09-ordered")
    stage.head_end_takes_the_command()
    expect(page.locator("li[data-step=done]")).to_have_count(2)
    stage.heading("Vi åpner porten")
    stage.look("10-sent")
    stage.meter_confirms(ReportedState.OPEN)
    expect(page.locator("li[data-step=done]")).to_have_count(4)
    stage.heading("Porten er åpen")
    stage.look("11-open")

    stage.press("Til målepunktene mine")
    expect(page.get_by_role("heading", level=2).first).to_have_text("Porten er åpen")
    stage.look("12-points-open")
    stage.press("Historikk")
    stage.heading("Historikk")
    stage.look("19-history")
    page.get_by_role("link", name="Innboks").click()
    stage.look("13-inbox")
    page.get_by_role("link", name="HAN-porten er åpen").click()
    stage.heading("HAN-porten er åpen")
    stage.look("14-message")

    page.get_by_role("link", name="Målepunktene mine").click()
    stage.press("Steng porten")
    stage.look("15-close")
    stage.press("Ja, steng porten")
    stage.heading("Vi stenger porten")
    stage.head_end_takes_the_command()
    stage.meter_confirms(ReportedState.CLOSED)
    expect(page.locator("li[data-step=done]")).to_have_count(4)
    stage.heading("Porten er stengt")
    stage.look("16-closed")

    page.get_by_role("link", name="Tilgjengelighet").click()
    stage.look("17-accessibility")
    page.goto(f"{stage.address}/finnes-ikke/")
    stage.look("18-not-found")
    orders = Order.objects.order_by("id").values_list("status", flat=True)
    assert list(orders) == [OrderStatus.COMPLETED] * 2
    assert Message.objects.count() == 4
    page_not_found = "the server responded with a status of 404"
    assert [text for text in stage.complaints if page_not_found not in text] == []


@pytest.mark.parametrize(
    ("code", "name", "width", "scheme"),
    [("nn", "Nynorsk", "phone", "dark"), ("en", "English", "desktop", "light")],
)
def test_the_other_languages_hold_the_same_promises(
    stage: Stage, code: str, name: str, width: str, scheme: Literal["light", "dark"]
) -> None:
    page = stage.page
    order = stage.world.order_opening()
    second, _port = a_point_with_meter(
        stage.world.customer, stage.world.head_end, number=3
    )
    a_point_with_meter(stage.world.customer, stage.world.head_end, number=4)
    page.goto(f"{stage.address}/logg-inn/?next=/min-side/")
    stage.press(name)
    page.locator("main form button").click()
    page.get_by_role("button", name="Kari Nordmann").click()
    page.wait_for_url(f"{stage.address}/min-side/")
    opening = f"/min-side/malepunkt/{second.id}/apne"
    paths = [
        *("/min-side/", f"{opening}/", f"{opening}/vilkar/", "/min-side/innboks/"),
        *(f"/min-side/bestilling/{order.id}/", "/tilgjengelighet/"),
        "/min-side/handle-for/",
    ]
    for number, path in enumerate(paths):
        page.goto(f"{stage.address}{path}")
        assert_speaks(page, code)
        stage.glance(f"{code}-{number}", width=width, scheme=scheme)


def test_the_keyboard_alone_reaches_the_content_and_the_way_in(stage: Stage) -> None:
    page = stage.page
    page.goto(stage.address)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Hopp til innholdet")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    assert urlsplit(page.url).fragment == "innhold"
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Logg inn og bestill")).to_be_focused()


def test_without_javascript_the_order_is_placed_and_followed(
    stage: Stage, browser: Any
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="nb-NO")
    page = context.new_page()
    page.goto(f"{stage.address}/min-side/")
    page.get_by_role("button", name="Logg inn med elektronisk ID").click()
    page.get_by_role("button", name="Kari Nordmann").click()
    page.get_by_role("link", name="Bestill åpning").click()
    page.get_by_role("link", name="Gå videre til vilkårene").click()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("radio", name="Måleren står inne i boligen").check()
    page.get_by_role("button", name="Gå videre").click()
    page.get_by_role("button", name="Gå videre").click()
    page.get_by_role("button", name="Gi samtykke og bestill").click()
    stage.head_end_takes_the_command()
    stage.meter_confirms(ReportedState.OPEN)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Porten er åpen")
    context.close()


def test_an_employee_orders_for_the_business_until_the_right_is_revoked(
    stage: Stage,
) -> None:
    page, world = stage.page, stage.world
    business = a_business()
    for number in (3, 4):
        a_point_with_meter(business, world.head_end, number=number)
    right = a_representation(business)
    a_representation(world.customer)
    page.goto(f"{stage.address}/min-side/")
    page.locator("main form button").click()
    page.get_by_role("button", name="Vera Verge").click()
    stage.heading("Hvem handler du for?")
    stage.look("30-act-for")

    row = page.get_by_role("listitem").filter(has_text="Fjordbakeriet AS")
    row.get_by_role("button").click()
    stage.heading("HAN-portene dine")
    identity = page.locator(".hk-identity")
    expect(identity).to_contain_text(
        "Innlogget som Vera Verge, på vegne av Fjordbakeriet AS"
    )
    stage.look("31-on-behalf")
    page.get_by_role("link", name="Bestill åpning").first.click()
    stage.heading("Dette kan måleren din")
    page.get_by_role("checkbox", name="Storgata 4").check()
    stage.look("32-several")
    stage.press("Gå videre til vilkårene")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("radio", name="Måleren står inne i boligen").check()
    stage.press("Gå videre")
    stage.heading("Slik sier vi fra")
    stage.look("33-notices-as-registered")
    stage.press("Gå videre")
    stage.heading("Se over og bestill")
    stage.look("34-check-on-behalf")
    stage.press("Gi samtykke og bestill")
    stage.heading("Vi åpner porten")
    expect(page.get_by_text("Bestilt av")).to_be_visible()
    expect(page.get_by_text("Bestilt sammen, med samme referanse")).to_be_visible()
    stage.look("35-ordered-on-behalf")

    revoke_representation(representation=right, by=BY, now=datetime.now(UTC))
    # The page asks again by itself, and is led away from what it may no longer show.
    stage.heading("Hvem handler du for?")
    expect(page.get_by_text("Fjordbakeriet AS")).to_have_count(0)
    placed = {order.placement.customer for order in Order.objects.all()}
    assert (placed, Order.objects.count()) == ({business}, 2)
    assert stage.complaints == []
