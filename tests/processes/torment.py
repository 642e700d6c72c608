"""Kills and freezes whatever runs, at random, and gets it all going again."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random
from threading import Event
from typing import TypeVar

from tests.processes.box import Box

T = TypeVar("T")
OURS = ("web", "worker", "second worker", "beat", "broker", "cache")
PAST_THE_LEASE = 6.0
"""Longer than a sender holds what it has claimed, in this box."""
SHORT = (0.3, 2.0)


class Torment:
    """Seeded, so that the same strokes fall in the same order."""

    def __init__(self, box: Box, dice: Random) -> None:
        self.box = box
        self.dice = dice
        self.told: list[str] = []
        self._frozen: dict[str, float] = {}
        self._began = time.monotonic()
        self._breath = Event()

    def go_on_until(self, end: float) -> None:
        """Stroke after stroke; what stands still is let go in its own time."""
        while time.monotonic() < end:
            self._pick_stroke()()
            self._rest(self.dice.uniform(0.8, 2.5), end=end)

    def let_all_run(self) -> None:
        """Nothing stands still, and everything has been started."""
        for name in list(self._frozen):
            self._thaw(name)
        for name in OURS:
            if self.box.children[name].has_ended():
                self._start_again(name)
        for name in OURS:
            self.box.wait_until_serving(name)

    def _pick_stroke(self) -> Callable[[], None]:
        strokes: Sequence[tuple[int, Callable[[], None]]] = (
            (4, lambda: self._kill(self._one_of("worker", "second worker"))),
            (1, self._kill_every_worker),
            (3, lambda: self._freeze(self._one_of("worker", "second worker"))),
            (1, lambda: self._kill("beat")),
            (1, self._one_of(self._kill_web, self._kill_what_serves, self._freeze_web)),
            (1, lambda: self._kill(self._one_of("broker", "cache"))),
            (2, lambda: self._freeze(self._one_of("broker", "cache", "beat"))),
        )
        weights = [weight for weight, _stroke in strokes]
        return self.dice.choices([stroke for _, stroke in strokes], weights)[0]

    def _one_of(self, *things: T) -> T:
        return self.dice.choice(things)

    def _kill_web(self) -> None:
        self._kill("web")

    def _freeze_web(self) -> None:
        self._freeze("web")

    def _kill(self, name: str) -> None:
        self._tell(f"kill {name}")
        self._frozen.pop(name, None)
        self.box.kill(name)
        self._start_again(name)

    def _kill_every_worker(self) -> None:
        for name in ("worker", "second worker"):
            self._kill(name)

    def _kill_what_serves(self) -> None:
        """The portal's processes, not the one that starts them again."""
        self._tell("kill what web forked")
        with suppress(ProcessLookupError, FileNotFoundError):
            self.box.kill_forked("web")

    def _freeze(self, name: str) -> None:
        if name in self._frozen:
            return
        is_sender = name.endswith("worker") and self.dice.random() < 0.5
        lasts = PAST_THE_LEASE if is_sender else self.dice.uniform(*SHORT)
        self._tell(f"freeze {name} for {lasts:.1f} s")
        self.box.freeze(name)
        self._frozen[name] = time.monotonic() + lasts

    def _thaw(self, name: str) -> None:
        self._frozen.pop(name)
        self._tell(f"thaw {name}")
        self.box.thaw(name)

    def _start_again(self, name: str) -> None:
        self.box.children.pop(name, None)
        self.box.launch(name, self.box.readiness[name])

    def _rest(self, seconds: float, *, end: float) -> None:
        over = min(time.monotonic() + seconds, end)
        while True:
            for name, until in list(self._frozen.items()):
                if time.monotonic() >= until:
                    self._thaw(name)
            if time.monotonic() >= over:
                return
            self._breath.wait(0.05)

    def _tell(self, what: str) -> None:
        self.told.append(f"{time.monotonic() - self._began:6.1f}  {what}")
