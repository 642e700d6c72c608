"""Looking at the demo's outside world: what the meters did, which mail arrived."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode
from urllib.request import urlopen

from hanportal.demo.smoke.browser import Deviation

POLL_SECONDS = 0.2

T = TypeVar("T")


class Effect(NamedTuple):
    """The port of a meter was set."""

    state: str
    at: datetime


class Mail(NamedTuple):
    """A mail as its recipient got it."""

    subject: str
    at: datetime
    text: str
    html: str


@dataclass(frozen=True)
class World:
    """The simulator's ledger and the mail server's shelf."""

    head_end: str
    mail: str

    def effects(self, serial: str) -> list[Effect]:
        """What was done at a meter, oldest first."""
        rows = self._json(
            f"{self.head_end}/admin/ledger?{urlencode({'serial': serial})}"
        )
        return [Effect(row["state"], datetime.fromisoformat(row["at"])) for row in rows]

    def mails(self, to: str) -> list[Mail]:
        """What was sent to an address, oldest first."""
        rows = self._json(f"{self.mail}/messages?{urlencode({'to': to})}")
        mails = [
            Mail(
                row["subject"],
                datetime.fromisoformat(row["received_at"]),
                row["text"],
                row["html"],
            )
            for row in rows
        ]
        return sorted(mails, key=lambda mail: mail.at)

    def _json(self, url: str) -> list[dict[str, Any]]:
        with urlopen(url, timeout=10) as answer:  # noqa: S310 -- loopback
            rows: list[dict[str, Any]] = json.load(answer)
        return rows


def wait_for(what: str, look: Callable[[], T | None], *, seconds: float) -> T:
    """Look until there is something to see.

    :raises Deviation: it did not come in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen is not None:
            return seen
        if time.monotonic() > deadline:
            raise Deviation(f"{what} did not happen within {seconds:.0f} s.")
        time.sleep(POLL_SECONDS)
