"""What went over the wire lately, for people who watch."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One message, one line."""

    at: datetime
    head_end: str
    arrow: str
    """`→` towards the portal, `←` from it, `•` inside the simulator."""
    serial: str
    text: str


class Traffic:
    """The newest lines, and a log of all of them."""

    def __init__(self, clock: Callable[[], datetime], *, keep: int = 300) -> None:
        """Keep so many lines for the page; the log on stdout keeps all."""
        self._clock = clock
        self._lines: deque[Line] = deque(maxlen=keep)

    def note(self, arrow: str, head_end: str, serial: str, text: str) -> None:
        """Add a line and log it."""
        line = Line(
            at=self._clock(), head_end=head_end, arrow=arrow, serial=serial, text=text
        )
        self._lines.append(line)
        logger.info("%s %s %s %s", head_end, arrow, serial or "-", text)

    def newest(self) -> list[Line]:
        """Newest first."""
        return list(reversed(self._lines))
