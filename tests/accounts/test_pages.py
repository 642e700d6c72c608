"""The pages of logging in, looked at in a browser: ours and the demo's eID.

Set HANPORTAL_SCREENSHOTS to a folder to keep pictures of every page.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, expect
from pytest_django import Settings

from hanportal.demo.eid.misbehaviour import Misbehaviour
from hanportal.demo.eid.provider import Provider
from tests.accounts.people import KARI, NOBODY, make_customer
from tests.minside.stage import free_port, portal_on

pytestmark = pytest.mark.browser

WIDTHS = {"phone": (390, 844), "desktop": (1280, 900)}
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}
EXPECTED_STATUSES = ("400", "403", "503")


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
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    }


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """A Norwegian reader who wants no motion."""
    return {"locale": "nb-NO", "reduced_motion": "reduce"}


@dataclass
class Visit:
    """Somebody in front of the portal, with the eID beside it."""

    portal: str
    eid: Provider
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.portal}{path}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(text)

    def look(self, name: str) -> None:
        """Look at the page on phone and desktop, in light and dark."""
        for width, (across, down) in WIDTHS.items():
            self.page.set_viewport_size({"width": across, "height": down})
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)
                self._keep_picture(f"{name}-{width}-{scheme}")
                found = Axe().run(self.page, options=AXE)
                assert found.response["violations"] == [], found.generate_report()
                overflow = self.page.evaluate(
                    "document.documentElement.scrollWidth - window.innerWidth"
                )
                assert overflow <= 0, f"{name} scrolls sideways on {width}"

    def _keep_picture(self, name: str) -> None:
        folder = os.environ.get("HANPORTAL_SCREENSHOTS")
        if folder:
            picture = Path(folder) / f"accounts-{name}.png"
            self.page.screenshot(path=picture, full_page=True)


@pytest.fixture
def visit(
    committed_database: str,
    settings: Settings,
    eid_with: Callable[..., Provider],
    page: Page,
) -> Iterator[Visit]:
    """The portal and the eID on loopback, one customer in the register."""
    port = free_port()
    portal = f"http://127.0.0.1:{port}"
    eid = eid_with(
        redirect_uris=frozenset({f"{portal}/logg-inn/retur/"}),
        after_logout_uris=frozenset({f"{portal}/"}),
    )
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {
        "DIRECTIVES": {**policy, "form-action": ["'self'", eid.options.issuer]}
    }
    settings.PORTAL_BASE_URL = portal
    make_customer(KARI)
    with portal_on(port):
        shown = Visit(portal=portal, eid=eid, page=page)

        def complain(message: ConsoleMessage) -> None:
            # A refused login's page has the status of what it is.
            if message.type in {"error", "warning"} and not any(
                f"status of {status}" in message.text for status in EXPECTED_STATUSES
            ):
                shown.complaints.append(message.text)

        page.on("console", complain)
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        yield shown
        page.close()


def test_in_confirmed_and_out_again(visit: Visit) -> None:
    visit.open("/logg-inn/?next=/prove/")
    visit.heading("Logg inn")
    visit.look("log-in")
    visit.press("Logg inn med elektronisk ID")
    visit.heading("Hvem er du?")
    visit.look("eid")
    visit.press(KARI.name)
    expect(visit.page.locator("body")).to_have_text("1001 idporten-loa-high")

    visit.open("/logg-inn/bekreft/?next=/prove/")
    visit.heading("Bekreft at det er deg")
    visit.look("confirm")
    visit.press("Bekreft med elektronisk ID")
    visit.press(KARI.name)
    expect(visit.page).to_have_url(f"{visit.portal}/prove/")

    visit.open("/")
    visit.press("Logg ut")
    expect(visit.page).to_have_url(f"{visit.portal}/")
    visit.open("/prove/")
    visit.heading("Logg inn")
    assert visit.complaints == []


def test_someone_who_is_no_customer_can_read_what_to_do_and_log_out(
    visit: Visit,
) -> None:
    visit.open("/logg-inn/?next=/prove/")
    visit.press("Logg inn med elektronisk ID")
    visit.press(NOBODY.name)
    visit.heading("Vi finner deg ikke som kunde")
    visit.look("not-a-customer")

    visit.page.get_by_role("main").get_by_role("button", name="Logg ut").click()

    expect(visit.page).to_have_url(f"{visit.portal}/")
    assert visit.complaints == []


@pytest.mark.parametrize(
    ("how", "heading"),
    [
        (Misbehaviour.LOW_LEVEL, "Innloggingen er ikke sterk nok"),
        (Misbehaviour.OLD_AUTHENTICATION, "Innloggingen tok for lang tid"),
        (Misbehaviour.TOKEN_ENDPOINT_FAILS, "Innloggingen virker ikke akkurat nå"),
        (Misbehaviour.BAD_SIGNATURE, "Vi kunne ikke logge deg inn"),
    ],
)
def test_a_refused_login_says_what_to_do(
    visit: Visit, how: Misbehaviour, heading: str
) -> None:
    visit.eid.misbehave_next(how)
    visit.open("/logg-inn/")
    visit.press("Logg inn med elektronisk ID")
    visit.press(KARI.name)
    visit.heading(heading)
    visit.look(f"refused-{how}")

    visit.page.get_by_role("link", name="Prøv igjen").click()

    visit.heading("Logg inn")
    assert visit.complaints == []


def test_going_back_at_the_eid_is_met_kindly(visit: Visit) -> None:
    visit.open("/logg-inn/")
    visit.press("Logg inn med elektronisk ID")
    visit.press("Avbryt")
    visit.heading("Du avbrøt innloggingen")
    visit.look("cancelled")
    assert visit.complaints == []
