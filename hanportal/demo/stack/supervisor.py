"""Starting, watching and stopping children, and heeding signals."""

import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import NamedTuple, Self

from rich.console import Console

from hanportal.demo.stack.process import (
    POLL_SECONDS,
    Child,
    Spec,
    StopRequested,
)

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Step(NamedTuple):
    """A program that ends by itself, and when it was started (monotonic)."""

    child: Child
    started: float


class Supervisor:
    """A context in which children live; when it ends, none of them does.

    Signals only set a flag, which every wait looks at: so no child can be lost
    between being started and being known.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.children: list[Child] = []
        self.stop_signal: signal.Signals | None = None
        self._handlers: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for number in STOP_SIGNALS:
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop_all()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.stop_signal = signal.Signals(number)

    def heed_signals(self) -> None:
        """:raises StopRequested: a signal has asked us to stop."""
        if self.stop_signal is not None:
            raise StopRequested(self.stop_signal.name)

    def start(self, spec: Spec) -> Child:
        """Start a child that is to live as long as the stack.

        :raises StackFailure: it could not be started.
        """
        self.heed_signals()
        child = Child.start(spec)
        self.children.append(child)
        return child

    def wait_until_ready(
        self, child: Child, is_ready: Callable[[], bool], *, seconds: float
    ) -> None:
        """Wait until a child serves.

        :raises StackFailure: it ended, or took too long; shows its last lines.
        :raises StopRequested: a signal came.
        """
        started = time.monotonic()
        with self.console.status(f"{child.name} …"):
            while not is_ready():
                self.heed_signals()
                if child.has_ended():
                    raise child.failure(f"ended with code {child.reap()} at start-up")
                if time.monotonic() - started > seconds:
                    raise child.failure(f"did not answer within {seconds:.0f} s")
                time.sleep(POLL_SECONDS)
        self.report(child.name, time.monotonic() - started)

    def start_step(self, spec: Spec) -> Step:
        """Start a program that is to end by itself.

        :raises StackFailure: it could not be started.
        """
        return Step(self.start(spec), time.monotonic())

    def finish_step(self, step: Step, *, seconds: float) -> None:
        """Wait for a program; it must succeed.

        :raises StackFailure: it failed or took too long; shows its last lines.
        :raises StopRequested: a signal came; the program is ended.
        """
        child = step.child
        try:
            with self.console.status(f"{child.name} …"):
                while not child.has_ended():
                    self.heed_signals()
                    if time.monotonic() - step.started > seconds:
                        raise child.failure(f"was not done within {seconds:.0f} s")
                    time.sleep(POLL_SECONDS)
        finally:
            child.ask_to_stop()
            child.ensure_stopped(time.monotonic() + child.spec.stop_seconds)
            self.children.remove(child)
        if child.reap() != 0:
            raise child.failure(f"failed with code {child.reap()}")
        self.report(child.name, time.monotonic() - step.started)

    def run_step(self, spec: Spec, *, seconds: float) -> None:
        """Run a program to its end; it must succeed.

        :raises StackFailure: it failed or took too long; shows its last lines.
        :raises StopRequested: a signal came; the program is ended.
        """
        self.finish_step(self.start_step(spec), seconds=seconds)

    def report(self, what: str, seconds: float) -> None:
        """One line of progress."""
        self.console.print(f"  [green]✓[/] {what} [dim]{seconds:.1f} s[/]")

    def watch(self) -> None:
        """Return never; the children are to live.

        :raises StackFailure: one of them ended.
        :raises StopRequested: a signal came.
        """
        while True:
            self.check()
            time.sleep(POLL_SECONDS * 4)

    def check(self) -> None:
        """One look at the signals and at every child.

        :raises StackFailure: a child has ended.
        :raises StopRequested: a signal came.
        """
        self.heed_signals()
        for child in self.children:
            if child.has_ended():
                raise child.failure(f"ended with code {child.reap()}")

    def stop_all(self) -> None:
        """End every child at once, but the foundations after all that use them."""
        for is_foundation in (False, True):
            tier = [c for c in self.children if c.spec.is_foundation == is_foundation]
            for child in tier:
                child.ask_to_stop()
            asked = time.monotonic()
            for child in tier:
                child.ensure_stopped(asked + child.spec.stop_seconds)
        self.children.clear()
