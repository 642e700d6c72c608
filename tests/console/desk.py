"""An agent's desk: the pages as an agent moves through them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from hanportal.accounts import staff_sessions
from hanportal.accounts.actions import create_staff, give_role
from hanportal.accounts.models import Customer, Role, User
from hanportal.audit.log import Actor, ActorKind
from hanportal.console.questions import Key, right_answers
from orders.models import Terms
from orders.states import SecurityPlacement
from tests.orders.world import NOW

TODAY = date(2026, 10, 5)
ASKED = (Key.STREET_ADDRESS, Key.METER_SERIAL_END, Key.EMAIL)
CENTRE = "/kundesenter/"
BY = Actor(ActorKind.SYSTEM, "test")


def an_agent(
    email: str = "agent@fjordnett.example",
    *,
    staff_number: str = "1001",
    now: datetime = NOW,
) -> User:
    """Somebody at the customer centre."""
    agent = create_staff(
        email=email, name="Anne Agent", staff_number=staff_number, by=BY, now=now
    )
    give_role(user=agent, role=Role.AGENT, by=BY, now=now)
    return agent


def log_in(client: Client, agent: User, *, now: datetime = NOW) -> None:
    """Both factors were right."""
    client.force_login(agent)
    session = client.session
    staff_sessions.mark(session, agent, factor="totp", now=now)
    session.save()


@dataclass
class Desk:
    """One agent's browser and the customer on the line."""

    agent: User
    customer: Customer
    client: Client = field(default_factory=Client)

    def log_in(self) -> None:
        """With both factors, here and now."""
        log_in(self.client, self.agent, now=timezone.now())

    @property
    def caller(self) -> str:
        """The address of the caller's page."""
        return f"{CENTRE}kunde/{self.customer.id}/"

    def question(self, key: str) -> str:
        """The address of a control question."""
        return f"{self.caller}kontroll/sporsmal/{key}/"

    def get(self, path: str) -> str:
        """A page, as its HTML."""
        answer = self.client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.content.decode()

    def post(self, path: str, **fields: str) -> HttpResponse:
        """A form that is sent; redirects are not followed."""
        return cast("HttpResponse", self.client.post(path, fields))

    def ask(self, key: str, *, judged: str = "right") -> None:
        """Ask, write down what is said, and judge it."""
        self.post(self.question(key), said="det kunden sa")
        self.post(f"{self.question(key)}vurder/", judged=judged)

    def pass_control(self) -> None:
        """Three questions with right answers."""
        for key in ASKED:
            self.ask(key)

    def answers(self) -> list[str]:
        """What the register says to every question."""
        return [
            answer
            for key in Key
            for answer in right_answers(self.customer, key, today=TODAY)
        ]

    def agreement(self, terms: Terms, **changes: str) -> dict[str, str]:
        """Everything answered yes, but for what the story changes."""
        yes = {f"statement_{key}": "yes" for key in terms.statement_keys}
        return {**yes, "security": SecurityPlacement.LOCKABLE_ROOM, **changes}
