"""One call in a browser, from the first ring to the order, looked at four ways.

Set HANPORTAL_SCREENSHOTS to a folder to keep pictures of every page.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import ConsoleMessage, Page, expect
from pytest_django.fixtures import Settings

from hanportal.accounts.actions import give_role
from hanportal.accounts.models import CallerVerification, Customer, Role, User
from meters.states import ReportedState
from notifications.models import Message
from orders.models import Order
from orders.states import Channel, OrderStatus
from tests.accounts.representing import VERA_ID
from tests.console.conftest import make_unmistakable
from tests.console.desk import BY, Desk, an_agent
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
]

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(committed_database: str, settings: Settings, page: Page) -> Iterator[Stage]:
    """The portal on loopback, and an agent's browser that both factors have opened."""
    port = free_port()
    settings.PORTAL_BASE_URL = f"http://127.0.0.1:{port}"
    world = build_world(now=datetime.now(UTC))
    make_unmistakable(world)
    desk = Desk(agent=an_agent(now=world.now), customer=world.customer)
    desk.log_in()
    with portal_on(port) as address:
        shown = Stage(address=address, world=world, page=page)
        session = desk.client.cookies[django_settings.SESSION_COOKIE_NAME]
        page.context.add_cookies(
            [{"name": session.key, "value": session.value, "url": address}]
        )

        def complain(message: ConsoleMessage) -> None:
            # The page may be answered with 422; that is no complaint of the browser's.
            if message.type in {"error", "warning"} and "422" not in message.text:
                shown.complaints.append(message.text)

        page.on("console", complain)
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        yield shown
        page.close()


def answer(stage: Stage, question: str, said: str) -> None:
    """Ask one question, write down what is said, and judge it right."""
    page = stage.page
    page.get_by_role("link", name=question).click()
    expect(page.get_by_label("Kunden svarte")).to_be_focused()
    page.get_by_label("Kunden svarte").fill(said)
    stage.press("Sammenlign med registeret")
    stage.press("Svaret er riktig")


def test_a_call_from_the_ring_to_the_order(stage: Stage) -> None:
    page, customer = stage.page, stage.world.customer
    page.goto(f"{stage.address}/kundesenter/")
    stage.heading("Hvem ringer?")
    expect(page.get_by_role("searchbox")).to_be_focused()
    stage.look("c01-search")
    page.keyboard.type("nordmann")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Kari Nordmann")).to_have_count(1)
    stage.look("c02-hits")
    page.get_by_role("link", name="Finn kunde").focus()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()

    page.goto(f"{stage.address}/kundesenter/?ring=%2B47%2091%2023%2045%2067")
    stage.heading("Kontroller hvem som ringer")
    stage.look("c03-locked")
    page.get_by_role("link", name="Hva er fødselsdatoen din?").click()
    stage.press("Sammenlign med registeret")
    expect(page).to_have_title("Feil: Kontrollspørsmål – Fjordnett")
    stage.look("c04-question")
    page.get_by_label("Kunden svarte").fill("1. oktober 1980")
    stage.press("Sammenlign med registeret")
    expect(page.get_by_text("01.10.80")).to_be_visible()
    stage.look("c05-judge")
    stage.press("Svaret er riktig")
    answer(stage, "Hva er de fire siste sifrene", "7361")
    answer(stage, "Hvilken e-postadresse", "kari@eksempel.example")
    stage.heading("Hva kan vi hjelpe med?")
    expect(page.get_by_text("Gjelder i 15 minutter til")).to_be_visible()
    stage.look("c06-known")

    stage.press("Bestill åpning")
    stage.heading("Bestill åpning for kunden")
    stage.look("c07-terms")
    stage.press("Bestill for kunden")
    expect(page).to_have_title("Feil: Bestill åpning for kunden – Fjordnett")
    stage.look("c08-refused")
    for yes in page.get_by_role("radio", name="Ja", exact=True).all():
        yes.check()
    page.get_by_role("radio", name="Måleren står inne i boligen").check()
    stage.press("Bestill for kunden")
    order = Order.objects.select_related("placement").get()
    stage.heading(f"{order.placement.reference}: bestilt")
    stage.look("c09-ordered")
    assert order.placement.channel == Channel.CONSOLE

    stage.head_end_takes_the_command()
    stage.meter_confirms(ReportedState.OPEN)
    page.reload()
    stage.heading(f"{order.placement.reference}: utført")
    page.get_by_role("link", name="Kari Nordmann").click()
    stage.press("Historikk")
    stage.heading("Historikk for målepunktet")
    stage.look("c14-history")
    page.get_by_role("link", name="Kari Nordmann").first.click()
    stage.press("Steng porten")
    stage.look("c10-close")
    stage.press("Ja, steng porten")
    page.get_by_role("link", name="Forfaller i dag").click()
    stage.look("c11-queue")
    page.go_back()
    stage.press("Avslutt samtalen")
    stage.heading("Hvem ringer?")

    page.goto(f"{stage.address}/kundesenter/kunde/{customer.id}/kontroll/ring-tilbake/")
    stage.press("Vis nummeret")
    stage.look("c12-call-back")
    stage.press("En annen svarte, eller ingen")
    expect(page.get_by_text("Vær på vakt.")).to_be_visible()
    Customer.objects.filter(pk=customer.pk).update(has_protected_address=True)
    page.reload()
    expect(page.get_by_text("Adressesperre")).to_be_visible()
    stage.look("c13-protected")
    passed = CallerVerification.objects.order_by("verified_at", "id")
    assert list(passed.values_list("passed", flat=True)) == [True, False]
    statuses = Order.objects.order_by("id").values_list("status", flat=True)
    assert list(statuses) == [OrderStatus.COMPLETED, OrderStatus.PLACED]
    assert Message.objects.count() == 3
    assert stage.complaints == []


def test_the_clock_of_the_control_runs_down_in_words(stage: Stage) -> None:
    page = stage.page
    page.goto(f"{stage.address}/kundesenter/?q=Storgata 1")
    page.get_by_role("link", name="Kari Nordmann").click()
    answer(stage, "Hvilken gateadresse", "Storgata 1")
    answer(stage, "Hva er de fire siste sifrene", "7361")
    answer(stage, "Hvilken e-postadresse", "kari@eksempel.example")
    # The clock of the browser decides what the page says; the server decides the rest.
    page.clock.install()
    page.reload()
    expect(page.get_by_text("Gjelder i 15 minutter til")).to_be_visible()
    page.clock.fast_forward("14:30")
    expect(page.get_by_text("Gjelder i ett minutt til")).to_be_visible()
    page.clock.fast_forward("01:00")
    expect(page.get_by_text("Kontrollen er utløpt")).to_be_visible()
    assert stage.complaints == []


def test_agents_read_the_desk_in_the_language_they_choose(stage: Stage) -> None:
    page, customer = stage.page, stage.world.customer
    order = stage.world.order_opening()
    caller = f"/kundesenter/kunde/{customer.id}/"
    ordered = f"/kundesenter/bestilling/{order.id}/"
    before = ["/kundesenter/?q=nordmann", caller, ordered]
    glance_in_other_languages(stage, "desk", *before)
    page.goto(f"{stage.address}{caller}")
    answer(stage, "Hva er fødselsdatoen din?", "1. oktober 1980")
    answer(stage, "Hva er de fire siste sifrene", "7361")
    answer(stage, "Hvilken e-postadresse", "kari@eksempel.example")
    stage.heading("Hva kan vi hjelpe med?")
    point = f"{caller}malepunkt/{order.metering_point_id}"
    known = [caller, f"{caller}representanter/", f"{point}/steng/"]
    glance_in_other_languages(stage, "desk-known", *known)
    assert stage.complaints == []


def test_a_guardian_is_registered_rings_and_is_known_on_two_levels(
    stage: Stage,
) -> None:
    page, customer = stage.page, stage.world.customer
    give_role(
        user=User.objects.get(staff_number="1001"),
        role=Role.SUPERVISOR,
        by=BY,
        now=stage.world.now,
    )
    page.goto(f"{stage.address}/kundesenter/kunde/{customer.id}/representanter/")
    stage.press("Registrer en ny")
    stage.press("Registrer")
    expect(page).to_have_title(
        "Feil: Registrer hvem som kan handle for kunden – Fjordnett"
    )
    stage.look("c20-register-refused")
    page.get_by_role("radio", name="Verge").check()
    page.get_by_label("Navn").fill("Vera Verge")
    page.get_by_label("Fødselsnummer eller D-nummer").fill(VERA_ID)
    page.get_by_label("Dokument (nummer eller arkivsak)").fill("2026/1234")
    stage.press("Registrer")
    stage.heading("Hvem som kan handle for kunden")
    expect(page.get_by_role("heading", name="Vera Verge")).to_be_visible()
    stage.look("c21-representations")

    page.get_by_role("link", name="Kari Nordmann").click()
    page.get_by_text("Noe annet, eller noen som ringer for kunden?").click()
    page.get_by_role("radio", name="Vera Verge, verge").check()
    stage.look("c22-who-rings")
    stage.press("Begynn kontrollen")
    answer(stage, "Hva er fødselsdatoen din?", "1. oktober 1980")
    answer(stage, "Hva er de fire siste sifrene", "7361")
    answer(stage, "Hvilken e-postadresse har vi registrert", "kari@eksempel.example")
    expect(
        page.get_by_role("heading", name="Kontroller retten til å handle for kunden")
    ).to_be_visible()
    stage.look("c23-second-level")
    answer(stage, "Hva er fødselsdatoen din, du som ringer?", "17. april 1975")
    answer(stage, "Hvilket dokument gir deg rett", "2026/1234")
    stage.heading("Hva kan vi hjelpe med?")
    expect(page.get_by_text("Vera Verge, verge, ringer for kunden")).to_be_visible()
    stage.look("c24-known-for-another")

    page.get_by_role("link", name="Se alle, registrer eller trekk tilbake").click()
    page.get_by_role("link", name="Trekk tilbake retten til Vera Verge").click()
    stage.look("c25-revoke")
    stage.press("Ja, trekk tilbake")
    expect(page.get_by_text("Trukket tilbake", exact=True)).to_be_visible()
    assert stage.complaints == []
