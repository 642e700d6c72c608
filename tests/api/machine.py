"""A system that speaks to the machine interface, and what it is answered."""

import json
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.test import Client

from hanportal.accounts.actions import create_client
from hanportal.accounts.models import Scope
from hanportal.audit.log import Actor, ActorKind

BY = Actor(ActorKind.SYSTEM, "test")
BASE = "/api/v1"
EVERYTHING = frozenset(Scope)


def a_client(
    code: str = "kis-1", *, sender: str = "kis", scopes: frozenset[Scope] = EVERYTHING
) -> str:
    """Make a client; gives its secret."""
    return create_client(
        code=code, sender=sender, scopes=scopes, by=BY, now=datetime.now(UTC)
    )


class Machine:
    """A client with its token."""

    def __init__(self, code: str, secret: str) -> None:
        self.code, self.secret = code, secret
        self.http = Client(raise_request_exception=True)
        self.token = ""

    def log_in(self, **form: str) -> "Machine":
        """Get a token."""
        answer = self.ask_for_token(**form)
        assert answer.status_code == 200, answer.content
        self.token = answer.json()["access_token"]
        return self

    def ask_for_token(self, **form: str) -> Any:
        """Ask for one; `form` goes before what is asked otherwise."""
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.code,
            "client_secret": self.secret,
        }
        return self.http.post(f"{BASE}/token", asked | form)

    def get(self, path: str) -> Any:
        """Read."""
        return self.http.get(f"{BASE}{path}", headers=self._headers())

    def post(self, path: str, *items: object) -> Any:
        """Send a batch."""
        return self.send(path, json.dumps({"items": items}))

    def send(
        self, path: str, body: str | bytes, content_type: str = "application/json"
    ) -> Any:
        """Send a body as it is."""
        return self.http.generic(
            "POST", f"{BASE}{path}", body, content_type, headers=self._headers()
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


def a_machine(
    code: str = "kis-1", *, sender: str = "kis", scopes: frozenset[Scope] = EVERYTHING
) -> Machine:
    """A client that was made just now and has its token."""
    return Machine(code, a_client(code, sender=sender, scopes=scopes)).log_in()


def reason_of(response: HttpResponse) -> tuple[int, str, str]:
    """Status, media type and reason of a problem."""
    body = json.loads(response.content)
    return response.status_code, response["Content-Type"], body["reason"]


def outcomes_of(response: HttpResponse) -> list[tuple[str, str]]:
    """Each item's id, and its outcome or the reason that it was refused."""
    return [
        (each["id"], each["reason"] or each["outcome"])
        for each in json.loads(response.content)["results"]
    ]
