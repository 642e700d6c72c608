"""Everything that is logged, as production writes it: JSON lines."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from hanportal.settings.logging import LOGGING


@dataclass
class Lines:
    """What production's own handler has written."""

    stream: io.StringIO
    configuration: dict[str, Any]

    @property
    def text(self) -> str:
        """All of it."""
        return self.stream.getvalue()

    def read(self) -> list[dict[str, Any]]:
        """Each line as an object."""
        return [json.loads(line) for line in self.text.splitlines()]

    def named(self, event: str) -> list[dict[str, Any]]:
        """The lines that tell this."""
        return [line for line in self.read() if line["event"] == event]


@contextmanager
def production_logs(level: str = "") -> Iterator[Lines]:
    """Log as production does, into memory; a level opens every logger to it."""
    stream = io.StringIO()
    lines = {**LOGGING["handlers"]["lines"], "stream": stream}
    changes: dict[str, Any] = {
        "handlers": {**LOGGING["handlers"], "lines": lines},
    }
    if level:
        changes["root"] = {"level": level, "handlers": ["lines"]}
        changes["loggers"] = {
            name: {"level": level, "propagate": True, "handlers": []}
            for name in LOGGING["loggers"]
        }
    before = _states()
    configuration = {**LOGGING, **changes}
    logging.config.dictConfig(configuration)
    structlog.contextvars.clear_contextvars()
    try:
        yield Lines(stream, configuration)
    finally:
        structlog.contextvars.clear_contextvars()
        _restore(before)


def _states() -> dict[str, tuple[int, bool, list[logging.Handler]]]:
    loggers = [logging.getLogger(), *map(logging.getLogger, LOGGING["loggers"])]
    return {
        each.name: (each.level, each.propagate, list(each.handlers)) for each in loggers
    }


def _restore(states: dict[str, tuple[int, bool, list[logging.Handler]]]) -> None:
    for name, (level, propagate, handlers) in states.items():
        logger = logging.getLogger("" if name == "root" else name)
        logger.setLevel(level)
        logger.propagate = propagate
        logger.handlers[:] = handlers
