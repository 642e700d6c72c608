"""Stand-ins that the head-end tests share: time, ids, the recorder and commands."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from meters.headend import Answer, Outgoing, PortCommand
from meters.headend.cim import CimAdapter
from meters.headend.signing import signature_headers
from meters.states import DesiredState

Build = Callable[..., CimAdapter]
"""The fixture `build`: an adapter for an address."""

SECRET = "s3cret"
NOW = datetime(2026, 3, 2, 8, 15, 10, tzinfo=UTC)
SERIAL = "7359992890123456"
COMMAND_ID = UUID("0195f3b2-7b00-7d10-8f00-5a1b2c3d4e5f")

_numbers = itertools.count(1)


def new_id() -> UUID:
    """Ids in the order in which they were asked for."""
    return UUID(int=0x0195F3B2_7C1E_7A55_9A0E_000000000000 + next(_numbers))


def command(
    number: int = 0,
    *,
    serial: str | None = None,
    desired: DesiredState = DesiredState.OPEN,
    attempt: int = 1,
) -> PortCommand:
    """One of many commands; number 0 concerns SERIAL."""
    return PortCommand(
        id=UUID(int=COMMAND_ID.int + number),
        serial=serial or str(int(SERIAL) + number),
        desired=desired,
        tracking_reference="HAN-7K3M-2QXD",
        attempt=attempt,
    )


def signed(body: bytes, *, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    """The headers of an authentic callback, in lower case as the port wants them."""
    headers = signature_headers(secret=secret, body=body, now=at)
    return {name.lower(): value for name, value in headers.items()}


@dataclass
class KeptInMemory:
    """A recorder that keeps everything, in order."""

    left: list[Outgoing] = field(default_factory=list)
    came_back: list[Answer] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    gone: bool = False
    """As when the database is down."""

    def leaving(self, messages: Sequence[Outgoing]) -> None:
        """Keep what is about to be sent."""
        if self.gone:
            raise ConnectionError("The recorder is gone.")
        self.order.append("leaving")
        self.left.extend(messages)

    def answered(self, answers: Sequence[Answer]) -> None:
        """Keep what came back."""
        self.order.append("answered")
        self.came_back.extend(answers)
