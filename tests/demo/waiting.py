"""Waiting for what other processes do, without sleeping blindly."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 10.0
_PAUSE = threading.Event()


def eventually(look: Callable[[], T], expected: T, *, seconds: float = PATIENCE) -> T:
    """What `look` sees as soon as it is `expected`, or last saw when time is up."""
    deadline = time.monotonic() + seconds
    while (seen := look()) != expected and time.monotonic() < deadline:
        _PAUSE.wait(0.02)
    return seen
