"""An agent at the customer centre: logs in with two factors, and serves a caller."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin

from hanportal.demo.smoke.browser import Browser, Deviation, Page, expect, text_of
from hanportal.demo.smoke.minside import MinSide, order_status
from hanportal.demo.smoke.staff import StaffMember, log_in
from hanportal.demo.smoke.story import OPEN_SECONDS, Timeline
from hanportal.demo.smoke.world import Effect, World, wait_for

CENTRE = "/kundesenter/"
# The header of every page about a caller has a form too: the end of the call.
MAIN_FORM = "//main//form[not(contains(@action, '/avslutt/'))]"
SECURED = "inside_dwelling"
SERIAL_END = 4
NOT_DIGITS = re.compile(r"\D")


@dataclass
class Console:
    """One agent's working day."""

    portal: str
    browser: Browser = field(default_factory=Browser)

    def open(self, path: str) -> Page:
        """A page of the portal."""
        return self.browser.get(urljoin(self.portal, path))

    def log_in(self, agent: StaffMember) -> Page:
        """Password, then the code of the authenticator app.

        :raises Deviation: one of the pages is not what it should be.
        """
        return log_in(self.browser, self.portal, agent, home=CENTRE)

    def find(self, words: str) -> str:
        """The address of the only customer that a search finds.

        :raises Deviation: it finds none, or several.
        """
        page = self.open(f"{CENTRE}?{urlencode({'q': words})}")
        found = {
            str(link.get("href"))
            for link in page.find("//main//a[contains(@href, '/kunde/')]")
        }
        if len(found) != 1:
            raise Deviation(f"A search for {words!r} finds {len(found)} customers.")
        return found.pop()

    def control(self, caller: str, answers: Mapping[str, str]) -> None:
        """Put the questions, see that no answer is shown first, judge each right.

        :raises Deviation: an answer is on the page too early, or is another.
        """
        for key, answer in answers.items():
            question = self.open(f"{caller}kontroll/sporsmal/{key}/")
            shown = answer in text_of(question.find("//main")[0])
            expect(f"{key} is shown before the answer", actual=shown, expected=False)
            told = self.browser.submit(question.form(MAIN_FORM).filled(said=answer))
            register = [text_of(each) for each in told.find("//main//dd/strong")][1:]
            if answer not in register:
                raise Deviation(f"{key}: the register says something else.")
            self.browser.submit(told.form(MAIN_FORM).filled(judged="right"))

    def order_opening(self, page: Page) -> Page:
        """A yes to every statement, and the order's page.

        :raises Deviation: ordering led somewhere else.
        """
        form = page.form(MAIN_FORM)
        names = {
            str(button.get("name"))
            for button in page.find("//main//input[@type='radio']")
        }
        for name in names:
            expect(f"{name} is unanswered", actual=name in form.fields, expected=False)
        said = dict.fromkeys(names, "yes") | {"security": SECURED}
        order = self.browser.submit(form.filled(**said))
        expect("the order's page", actual=order.status, expected=200)
        if f"{CENTRE}bestilling/" not in order.path:
            raise Deviation(f"Ordering led to {order.path} ({order.heading()}).")
        return order


def serial_of(order: Page) -> str:
    """The serial of the meter that an order is about."""
    found = order.find("//dt[normalize-space()='Måler']/following-sibling::dd[1]/span")
    if not found:
        raise Deviation(f"{order.url} names no meter.")
    return NOT_DIGITS.sub("", text_of(found[0]))


def serve(
    agent: StaffMember,
    caller: MinSide,
    *,
    portal: str,
    world: World,
    timeline: Timeline,
    name: str,
    national_id: str,
) -> None:
    """A customer calls: controlled, the terms agreed to aloud, and the port opens.

    :param caller: the customer's own visit to Min side, where the answers are found.
    :raises Deviation: something is given away, refused or not done.
    """
    timeline.story("A customer calls the customer centre")
    visit = Console(portal)
    visit.log_in(agent)
    timeline.tell(f"{agent.email} is logged in with two factors")
    address = visit.find(name)
    expect("actions before the control", actual=_actions(visit, address), expected=[])
    visit.control(address, _answers(caller, national_id))
    timeline.tell(f"{name} is controlled with three questions")
    offers = [step for step in _actions(visit, address) if step.endswith("/apne/")]
    if not offers:
        raise Deviation(f"{name} has no port that can be opened.")
    timeline.start_clock()
    order = visit.order_opening(visit.open(offers[0]))
    timeline.tell(f"ordered: {order.heading()}")
    _follow(visit, order, world=world, timeline=timeline)
    told = caller.inbox()[:2]
    expect("what the customer was told", actual=len(told), expected=2)
    timeline.tell(f"the customer was told: {', '.join(reversed(told))}")
    known = visit.open(address)
    visit.browser.submit(known.form("//main//form[contains(@action, '/avslutt/')]"))
    expect("actions after the call", actual=_actions(visit, address), expected=[])
    timeline.tell("the call has ended, and with it the control")


def _actions(visit: Console, address: str) -> list[str]:
    """What the caller's page offers to do."""
    links = map(str, visit.open(address).find("//main//a/@href"))
    return [link for link in links if link.endswith(("/apne/", "/steng/"))]


def _answers(caller: MinSide, national_id: str) -> dict[str, str]:
    """What the customer knows of themselves, partly as Min side shows it."""
    card = caller.open("/min-side/").find("//article[@data-state]")[0]
    address = text_of(card.find_class("hk-quiet")[0])
    serial = caller.cards()[0].serial
    day, month = int(national_id[:2]) % 40, int(national_id[2:4]) % 80
    return {
        "birth_date": f"{day:02}.{month:02}.{national_id[4:6]}",
        "street_address": address.split(",")[0],
        "meter_serial_end": serial[-SERIAL_END:],
    }


def _follow(visit: Console, order: Page, *, world: World, timeline: Timeline) -> None:
    meter = serial_of(order)

    def effect() -> Effect | None:
        effects = world.effects(meter)
        return effects[-1] if effects else None

    seen = wait_for("“open” at the meter", effect, seconds=OPEN_SECONDS)
    expect("the meter's ledger", actual=seen.state, expected="open")
    timeline.tell(f"the port is open at meter {meter}, says its ledger", seen.at)

    def completed() -> bool | None:
        return order_status(visit.open(order.path)) == "completed" or None

    wait_for("“completed” at the customer centre", completed, seconds=OPEN_SECONDS)
