"""A customer at Min side: logs in, reads, orders and closes, through the pages."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urljoin

from hanportal.demo.smoke.browser import Browser, Deviation, Page, expect, text_of

NOT_SECURED = "none"
SECURED = "inside_dwelling"
MAIN_FORM = "//main//form"
NOT_DIGITS = re.compile(r"\D")


class Card(NamedTuple):
    """One port on the first page of Min side."""

    state: str
    serial: str
    links: tuple[str, ...]


@dataclass
class MinSide:
    """One customer's visit."""

    portal: str
    browser: Browser = field(default_factory=Browser)

    def open(self, path: str) -> Page:
        """A page of the portal."""
        return self.browser.get(urljoin(self.portal, path))

    def log_in(self, name: str) -> Page:
        """Log in with the eID, through the provider's own page of people.

        :raises Deviation: one of the pages is not what it should be.
        """
        page = self.open("/min-side/")
        expect("Min side asks who I am", actual=page.path, expected="/logg-inn/")
        choice = self.browser.submit(page.form(MAIN_FORM))
        expect("the eID's page", actual=choice.heading(), expected="Hvem er du?")
        form = choice.form(f"//form[.//strong[normalize-space()={name!r}]]")
        return self.browser.submit(form)

    def cards(self) -> list[Card]:
        """The ports of this customer."""
        page = self.open("/min-side/")
        expect(
            "my points", actual=(page.status, page.path), expected=(200, "/min-side/")
        )
        return [
            Card(
                state=str(article.get("data-state")),
                serial=NOT_DIGITS.sub("", text_of(article.find_class("hk-number")[0])),
                links=tuple(str(a.get("href")) for a in article.iterfind(".//a")),
            )
            for article in page.find("//article[@data-state]")
        ]

    def start_opening(self, card: Card) -> Page:
        """From the card to the page with the terms.

        :raises Deviation: the card does not offer an opening.
        """
        offers = [link for link in card.links if link.endswith("/apne/")]
        if not offers:
            raise Deviation(f"The card of meter {card.serial} offers no opening.")
        before = self.open(offers[0])
        if before.find("//main//form"):
            # There are other points that could be ordered with it; none is.
            return self.browser.submit(before.form(MAIN_FORM).filled())
        return self.open(before.link("/vilkar/"))

    def agree(self, terms: Page, *, security: str) -> Page:
        """Tick every statement and say how the meter is secured."""
        form = terms.form(MAIN_FORM)
        boxes = [
            str(box.get("name"))
            for box in terms.find("//main//input[@type='checkbox']")
        ]
        if not boxes:
            raise Deviation("The page with the terms has no statement to confirm.")
        for box in boxes:
            expect(f"{box} is un-ticked", actual=box in form.fields, expected=False)
        ticked = dict.fromkeys(boxes, "on")
        return self.browser.submit(form.filled(**ticked, security=security))

    def answers_to_opening(self, card: Card, *, email: str) -> Page:
        """The steps before the last: the page that shows all answers once more.

        :raises Deviation: a step does not lead to the next.
        """
        notices = self.agree(self.start_opening(card), security=SECURED)
        expect("after the terms", actual=notices.status, expected=200)
        check = self.browser.submit(notices.form(MAIN_FORM).filled(email=email))
        expect("after the notices", actual=check.path[-9:], expected="/se-over/")
        return check

    def question_of_closing(self, card: Card) -> Page:
        """The page that asks whether to close.

        :raises Deviation: the card does not offer it.
        """
        offers = [link for link in card.links if link.endswith("/steng/")]
        if not offers:
            raise Deviation(f"The card of meter {card.serial} offers no closing.")
        return self.open(offers[0])

    def press(self, page: Page) -> Page:
        """Press the page's button, which places an order; the order's page.

        :raises Deviation: it leads somewhere else.
        """
        order = self.browser.submit(page.form(MAIN_FORM))
        expect_order(order)
        return order

    def inbox(self) -> list[str]:
        """Subjects of the messages on Min side, newest first."""
        page = self.open("/min-side/innboks/")
        return [text_of(e) for e in page.find("//*[@class='hk-post__subject']")]


def expect_order(page: Page) -> None:
    """:raises Deviation: this is not the page of an order."""
    expect("the order's page", actual=page.status, expected=200)
    if "/min-side/bestilling/" not in page.path:
        raise Deviation(f"Ordering led to {page.path} ({page.heading()}).")


def order_status(page: Page) -> str:
    """What state an order's page says it is in."""
    found = page.find("//*[@id='bestilling']")
    return str(found[0].get("data-status")) if found else ""


def consent_line(page: Page) -> str:
    """What an order's receipt says about the consent."""
    found = page.find("//dt[normalize-space()='Samtykke']/following-sibling::dd[1]")
    return text_of(found[0]) if found else ""
