"""Staff in a browser: let in by an administrator, with an app, then with a key.

Set HANPORTAL_SCREENSHOTS to a folder to keep pictures of every page.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect
from pytest_django.fixtures import Settings

from hanportal.accounts.actions import add_app, choose_password
from hanportal.accounts.models import Role
from tests.accounts.staff import make_staff
from tests.accounts.test_staff_login import PASSWORD, SECRET, code_at
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
    """The portal under a name: security keys know no numbers."""
    port = free_port()
    address = f"http://localhost:{port}"
    settings.PORTAL_BASE_URL = address
    world = build_world(now=datetime.now(UTC))
    boss = make_staff("boss", Role.ADMINISTRATOR)
    choose_password(user=boss, password=PASSWORD, now=datetime.now(UTC))
    add_app(user=boss, secret=SECRET, now=datetime.now(UTC))
    with portal_on(port):
        shown = Stage(address=address, world=world, page=page)

        def complain(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                shown.complaints.append(message.text)

        page.on("console", complain)
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        yield shown
        page.close()


def give_password(stage: Stage, email: str, password: str = PASSWORD) -> None:
    stage.heading("Logg inn som ansatt")
    stage.page.get_by_label("E-postadresse").fill(email)
    stage.page.get_by_label("Passord").fill(password)
    stage.press("Gå videre")


def plug_in_a_key(page: Page) -> None:
    """A security key that is touched whenever it is asked for."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_from_the_invitation_to_a_login_with_a_key(stage: Stage) -> None:
    page = stage.page
    page.goto(f"{stage.address}/ansatt/personer/")
    stage.look("60-staff-login")
    give_password(stage, "boss@fjordnett.example", "et galt passord")
    stage.look("61-staff-login-refused")
    give_password(stage, "boss@fjordnett.example")
    stage.heading("Bekreft at det er deg")
    stage.look("62-staff-code")
    page.get_by_label("Kode").fill(code_at(datetime.now(UTC)))
    stage.press("Logg inn")

    stage.heading("Ansatte og roller")
    stage.press("Slipp inn en ny ansatt")
    stage.look("63-staff-invite")
    page.get_by_label("Navn").fill("Bodil Berg")
    page.get_by_label("E-postadresse").fill("bodil@fjordnett.example")
    page.get_by_label("Ansattnummer").fill("2077")
    page.get_by_label("Rolle").select_option("Revisor")
    stage.press("Slipp inn")
    stage.heading("Engangskode til Bodil Berg")
    stage.look("64-staff-one-time-code")
    one_time_code = page.locator("main code").inner_text()
    stage.press("Ferdig")
    stage.heading("Bodil Berg")
    page.get_by_label("Gi en rolle").select_option("Kundebehandler")
    stage.press("Gi rollen")
    stage.look("65-staff-person")
    stage.press("Alle ansatte")
    stage.look("66-staff-people")
    stage.press("Logg ut")

    page.goto(f"{stage.address}/ansatt/passord/")
    stage.heading("Velg et passord")
    page.get_by_label("E-postadresse").fill("bodil@fjordnett.example")
    page.get_by_label("Engangskode").fill(one_time_code)
    page.get_by_label("Nytt passord").fill("kort")
    stage.press("Lagre passordet")
    stage.look("67-staff-weak-password")
    page.get_by_label("Nytt passord").fill(PASSWORD)
    stage.press("Lagre passordet")
    give_password(stage, "bodil@fjordnett.example")
    stage.heading("Sett opp en ekstra lås")
    stage.look("68-staff-enrol")
    secret = page.locator("main code.hk-key").inner_text()
    page.get_by_label("Kode", exact=True).fill(code_at(datetime.now(UTC), secret))
    stage.press("Ta appen i bruk")
    stage.heading("Gjenopprettingskodene dine")
    stage.look("69-staff-recovery-codes")
    stage.press("Jeg har tatt vare på kodene")
    stage.heading("Hva skal du gjøre?")
    stage.look("70-staff-home")

    plug_in_a_key(page)
    page.goto(f"{stage.address}/ansatt/sikkerhet/")
    stage.press("Legg til en app eller nøkkel")
    stage.look("71-staff-add-factor")
    page.get_by_label("Navn på nøkkelen").fill("Den blå nøkkelen")
    stage.press("Ta nøkkelen i bruk")
    stage.heading("Innloggingen min")
    expect(page.get_by_text("Den blå nøkkelen, lagt til")).to_be_visible()
    stage.look("72-staff-security")
    stage.press("Logg ut")
    give_password(stage, "bodil@fjordnett.example")
    stage.look("73-staff-key")
    stage.press("Bruk sikkerhetsnøkkel")
    stage.heading("Hva skal du gjøre?")

    assert stage.complaints == []


def test_staff_read_their_pages_in_the_language_they_choose(stage: Stage) -> None:
    page = stage.page
    agnes = make_staff("agnes", Role.AGENT)
    doors = ("/ansatt/logg-inn/", "/ansatt/passord/")
    glance_in_other_languages(stage, "staff-door", *doors)
    page.goto(f"{stage.address}/ansatt/logg-inn/?next=/ansatt/personer/")
    stage.press("English")
    stage.heading("Log in as staff")
    page.get_by_label("E-mail address").fill("boss@fjordnett.example")
    page.get_by_label("Password").fill(PASSWORD)
    stage.press("Continue")
    page.get_by_label("Code").fill(code_at(datetime.now(UTC)))
    stage.press("Log in")
    stage.heading("Staff and roles")
    rooms = ("", "personer/", f"personer/{agnes.id}/", "personer/ny/", "sikkerhet/")
    inside = [f"/ansatt/{room}" for room in rooms]
    glance_in_other_languages(stage, "staff-room", *inside)
    assert stage.complaints == []


def test_the_admin_is_read_behind_the_same_door(stage: Stage) -> None:
    page = stage.page
    page.goto(f"{stage.address}/admin/")
    give_password(stage, "boss@fjordnett.example")
    page.get_by_label("Kode").fill(code_at(datetime.now(UTC)))
    stage.press("Logg inn")

    expect(page).to_have_url(f"{stage.address}/admin/")
    page.goto(f"{stage.address}/admin/accounts/user/")
    page.get_by_role("link", name="Boss").click()
    expect(page.get_by_text("boss@fjordnett.example")).to_be_visible()
    expect(page.locator("input[type=submit], button[type=submit]")).to_have_count(0)
    page.wait_for_load_state()

    assert stage.complaints == []
