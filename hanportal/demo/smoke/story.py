"""The stories: the main job, what must be refused, and closing again."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from rich.console import Console

from hanportal.demo.smoke.browser import Deviation, Page, expect, text_of
from hanportal.demo.smoke.minside import (
    NOT_SECURED,
    Card,
    MinSide,
    consent_line,
    order_status,
)
from hanportal.demo.smoke.world import Effect, Mail, World, wait_for

OPEN_SECONDS = 40
MAIL_SECONDS = 15
MAIN_JOB_ADDRESS = "hovedjobben@example.no"
SUBJECTS = {
    "open": ("Vi har fått bestillingen: HAN-porten åpnes", "HAN-porten er åpen"),
    "closed": ("Vi har fått bestillingen: HAN-porten stenges", "HAN-porten er stengt"),
}


@dataclass
class Timeline:
    """What happened, in seconds since the story began, or since its order."""

    console: Console
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def story(self, title: str) -> None:
        """Begin a story; its clock starts now."""
        self.console.print(f"\n[bold]{title}[/]")
        self.start_clock()

    def start_clock(self) -> None:
        """The button is pressed now: what follows is told in seconds from here."""
        self.started = datetime.now(UTC)

    def tell(self, what: str, at: datetime | None = None) -> None:
        """One line."""
        seconds = ((at or datetime.now(UTC)) - self.started).total_seconds()
        self.console.print(f"  {max(seconds, 0):6.2f} s  {what}")


class Opened(NamedTuple):
    """A port that was opened: by whom, by which order, and how fast."""

    visit: MinSide
    order: Page
    seconds: float


@dataclass
class Stories:
    """Everything that `make smoke` plays, in order."""

    portal: str
    world: World
    timeline: Timeline

    def visit(self, name: str) -> MinSide:
        """Somebody who has logged in."""
        visit = MinSide(self.portal)
        page = visit.log_in(name)
        self.timeline.tell(f"{name} is logged in with eID: {page.heading()}")
        return visit

    def opening(self, name: str) -> Opened:
        """The main job: log in, consent, order; the port opens and all are told."""
        self.timeline.story("The main job: the port is ordered and opens")
        visit = self.visit(name)
        card = visit.cards()[0]
        expect("before", actual=self.world.effects(card.serial), expected=[])
        check = visit.answers_to_opening(card, email=MAIN_JOB_ADDRESS)
        self.timeline.tell("terms, consent and address are filled in")
        self.timeline.start_clock()
        order = visit.press(check)
        self.timeline.tell(f"ordered: {order.heading()}")
        seconds = self._follow(
            visit, order, card, state="open", earlier=[], inbox_before=0
        )
        return Opened(visit, visit.open(order.path), seconds)

    def closing(self, opened: Opened) -> None:
        """Closing again: the port closes, the consent has ended, notices are out."""
        self.timeline.story("Closing again")
        visit = opened.visit
        card = visit.cards()[0]
        earlier = self.world.effects(card.serial)
        question = visit.question_of_closing(card)
        self.timeline.start_clock()
        order = visit.press(question)
        self.timeline.tell(f"ordered: {order.heading()}")
        consent = consent_line(visit.open(opened.order.path))
        if "Avsluttet" not in consent:
            raise Deviation(f"The consent has not ended: {consent!r}.")
        self.timeline.tell("the consent has ended")
        self._follow(
            visit, order, card, state="closed", earlier=earlier, inbox_before=2
        )

    def _follow(
        self,
        visit: MinSide,
        order: Page,
        card: Card,
        *,
        state: str,
        earlier: list[Effect],
        inbox_before: int,
    ) -> float:
        """Wait for the meter, then Min side, then both notices.

        The value is the seconds from the order to the effect at the meter.
        """

        def new_effect() -> Effect | None:
            effects = self.world.effects(card.serial)[len(earlier) :]
            return effects[0] if effects else None

        effect = wait_for(f"“{state}” at the meter", new_effect, seconds=OPEN_SECONDS)
        expect("the meter's ledger", actual=effect.state, expected=state)
        self.timeline.tell(
            f"[bold]the port is {state}[/] at meter {card.serial}, says its ledger",
            effect.at,
        )

        def completed() -> bool | None:
            return order_status(visit.open(order.path)) == "completed" or None

        wait_for("“completed” at Min side", completed, seconds=OPEN_SECONDS)
        expect("the card", actual=visit.cards()[0].state, expected=state)
        self.timeline.tell(f"Min side says {state}")
        expect(
            "effects at the meter",
            actual=self.world.effects(card.serial),
            expected=[*earlier, effect],
        )
        self._notices(visit, state=state, before=inbox_before)
        return (effect.at - self.timeline.started).total_seconds()

    def _notices(self, visit: MinSide, *, state: str, before: int) -> None:
        subjects = SUBJECTS[state]

        def both() -> list[Mail] | None:
            mails = self.world.mails(MAIN_JOB_ADDRESS)[before:]
            return mails if len(mails) >= len(subjects) else None

        mails = wait_for("both e-mails", both, seconds=MAIL_SECONDS)
        expect("the e-mails", actual=tuple(m.subject for m in mails), expected=subjects)
        for mail in mails:
            has_both = bool(mail.text.strip()) and bool(mail.html.strip())
            expect("e-mail as text and HTML", actual=has_both, expected=True)
            self.timeline.tell(f"e-mail: {mail.subject}", mail.at)
        newest = visit.inbox()[: len(subjects)]
        expect("the inbox", actual=tuple(reversed(newest)), expected=subjects)
        self.timeline.tell("the inbox has the same messages")

    def unsecured(self, name: str) -> MinSide:
        """A meter that anyone can reach: refused, and nothing is ordered."""
        self.timeline.story("A meter that is not secured")
        visit = self.visit(name)
        card = next(c for c in visit.cards() if any("apne" in link for link in c.links))
        refused = visit.agree(visit.start_opening(card), security=NOT_SECURED)
        expect("refused", actual=refused.status, expected=422)
        expect("still on", actual=refused.path[-8:], expected="/vilkar/")
        self.timeline.tell("refused, with the reason")
        check = visit.open(refused.path.replace("/vilkar/", "/se-over/"))
        expect("no way past it", actual=check.path[-8:], expected="/vilkar/")
        page = visit.open("/min-side/")
        orders = [a for a in page.find("//a/@href") if "/bestilling/" in str(a)]
        expect("orders", actual=orders, expected=[])
        expect("meter", actual=self.world.effects(card.serial), expected=[])
        expect("messages", actual=visit.inbox(), expected=[])
        self.timeline.tell("nothing is ordered, sent or written")
        return visit

    def someone_elses(self, opened: Opened, other: MinSide) -> None:
        """Another customer's point and order: not found."""
        self.timeline.story("Another customer's point")
        order = opened.order
        point = opened.visit.cards()[0].links[0].rsplit("/", 2)[0]
        for address in (
            *(f"{point}/{step}/" for step in ("apne", "apne/vilkar", "steng")),
            order.path,
            f"{order.path}status/",
            f"{order.path}avbryt/",
        ):
            expect(address, actual=other.open(address).status, expected=404)
        self.timeline.tell("not found, six times")

    def stranger(self, name: str) -> None:
        """Somebody without a contract gets a page that says what to do."""
        self.timeline.story("Somebody who is no customer")
        page = MinSide(self.portal).log_in(name)
        expect("no customer", actual=page.status, expected=403)
        self.timeline.tell(page.heading())

    def representative(self, name: str) -> None:
        """Somebody without a contract chooses whom to act for, and finds the points."""
        self.timeline.story("Somebody who acts for a customer")
        visit = MinSide(self.portal)
        choice = visit.log_in(name)
        expect("who?", actual=choice.heading(), expected="Hvem handler du for?")
        represented = text_of(choice.find("//main//li//h2")[0])
        button = choice.find("//main//li//button[@name='for']")[0]
        form = choice.form("//main//li//form")
        page = visit.browser.submit(form.filled(**{"for": str(button.get("value"))}))
        told = text_of(page.find("//header")[0])
        expect("on whose behalf", actual=represented in told, expected=True)
        self.timeline.tell(f"{name} sees {len(visit.cards())} ports of {represented}")
