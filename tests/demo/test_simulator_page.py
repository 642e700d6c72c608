"""The simulator's own page in a browser: a meter is found, a fault set and taken back.

Set HANPORTAL_SCREENSHOTS to a folder to keep pictures of every page.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.demo.client import Client, Command
from tests.minside.screen import Screen
from tests.minside.test_journey import browser_context_args, browser_type_launch_args

__all__ = ["browser_context_args", "browser_type_launch_args"]

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def test_from_a_meter_that_is_looked_for_to_a_fault_that_is_taken_back(
    head_ends: Client, meter: str, page: Page
) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    screen = Screen(page=page)
    # What changes by itself would change under what looks at it.
    page.goto(f"http://127.0.0.1:{head_ends.port}/?pause")
    screen.heading("Head-end-simulator")
    screen.look("s01-front")

    page.get_by_label("Finn måler").fill(meter)
    screen.press("Finn")
    expect(page.get_by_label("Målernummer, prefiks eller kode")).to_have_value(meter)
    page.locator("select[name=fault]").select_option("REFUSE")
    page.get_by_label("Verdi").fill("2.12")
    screen.press("Still inn")
    expect(page.get_by_role("region", name="Innstilte feil")).to_contain_text(meter)
    head_ends.command(Command(serials=(meter,)))
    page.goto(f"http://127.0.0.1:{head_ends.port}/?pause&q={meter}")
    expect(page.get_by_role("region", name="Trafikk")).to_contain_text("REFUSE")
    screen.look("s02-struck")

    page.get_by_label("Målernummer, prefiks eller kode").fill("")
    screen.press("Still inn")
    expect(page.get_by_role("alert")).to_be_visible()
    screen.look("s03-refused")

    screen.press("Fjern alle feil")
    expect(page.get_by_text("Alt virker.")).to_be_visible()
    assert complaints == []
