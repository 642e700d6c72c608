"""Pages looked at in the languages that they were not written in."""

import re
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.minside.test_journey import Stage

Scheme = Literal["light", "dark"]

SCREENS: tuple[tuple[str, str, Scheme], ...] = (
    ("nn", "phone", "dark"),
    ("en", "desktop", "light"),
)
NARROWEST = 320
BOKMAL = (
    "ikke|hva|hvem|hvor|hvordan|hvilken|noe|noen|fra|nå|åpen|åpne|åpning|måler"
    "|måleren|bestillingen|bestillinger|samtykker|avsluttet|ansatt|ansatte|gjelder"
)
FOREIGN = {
    "nn": re.compile(rf"\b({BOKMAL})\b", re.IGNORECASE),
    "en": re.compile(rf"\b({BOKMAL}|og|eller|av|som|er|du|vi)\b", re.IGNORECASE),
}
SPOKEN = """() => {
  const page = document.body.cloneNode(true);
  page.querySelectorAll("[lang], script, .hk-code").forEach(part => part.remove());
  return page.textContent;
}"""
"""What a page says in its own language: no text that was kept in another."""


def assert_speaks(page: Page, code: str) -> None:
    """The page says that it is in this language, and no word of bokmål is left."""
    expect(page.locator("html")).to_have_attribute("lang", code)
    left = FOREIGN[code].findall(page.evaluate(SPOKEN))
    assert left == [], f"{page.url}: {left}"


def glance_in_other_languages(stage: "Stage", name: str, *paths: str) -> None:
    """Look once at each page in each other language; then bokmål again."""
    page, cookie = stage.page, settings.LANGUAGE_COOKIE_NAME
    for code, width, scheme in SCREENS:
        page.context.add_cookies(
            [{"name": cookie, "value": code, "url": stage.address}]
        )
        for number, path in enumerate(paths):
            page.goto(f"{stage.address}{path}")
            assert_speaks(page, code)
            shown = f"{name}-{number}-{code}"
            stage.glance(shown, width=width, scheme=scheme)
            page.set_viewport_size({"width": NARROWEST, "height": 640})
            sideways = "document.documentElement.scrollWidth - window.innerWidth"
            assert page.evaluate(sideways) <= 0, shown
    page.context.clear_cookies(name=cookie)
