"""What is looked at: every page on phone and desktop, in light and dark, with axe."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

WIDTHS = {"phone": (390, 844), "desktop": (1280, 900)}
NARROWEST = 320
"""CSS pixels: a small phone, or a desktop at 400 % zoom (WCAG 1.4.10)."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}


@dataclass(kw_only=True)
class Screen:
    """A browser's page, and how it is looked at."""

    page: Page

    def look(self, name: str) -> None:
        """Look at the page on phone and desktop, in light and dark."""
        for width in WIDTHS:
            for scheme in SCHEMES:
                self.glance(name, width=width, scheme=scheme)
        self._fits(name, width=NARROWEST, height=640)

    def glance(
        self, name: str, *, width: str, scheme: Literal["light", "dark"]
    ) -> None:
        """Look at the page on one kind of screen."""
        self.page.emulate_media(color_scheme=scheme)
        self._fits(name, width=WIDTHS[width][0], height=WIDTHS[width][1])
        self._keep_picture(f"{name}-{width}-{scheme}")
        found = Axe().run(self.page, options=AXE)
        assert found.response["violations"] == [], found.generate_report()

    def _fits(self, name: str, *, width: int, height: int) -> None:
        """Nothing scrolls sideways in a window of so many CSS pixels."""
        self.page.set_viewport_size({"width": width, "height": height})
        overflow = self.page.evaluate(
            "document.documentElement.scrollWidth - window.innerWidth"
        )
        assert overflow <= 0, f"{name} scrolls sideways at {width} px"

    def _keep_picture(self, name: str) -> None:
        folder = os.environ.get("HANPORTAL_SCREENSHOTS")
        if folder:
            picture = Path(folder) / f"{name}.png"
            self.page.screenshot(path=picture, full_page=True)

    def press(self, name: str) -> None:
        """Press the button or link with this name."""
        target = self.page.get_by_role("button", name=name, exact=True)
        link = self.page.get_by_role("link", name=name, exact=True)
        target.or_(link).first.click()

    def heading(self, text: str) -> None:
        """The page's own heading says this."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(text)
