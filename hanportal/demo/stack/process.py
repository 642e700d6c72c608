"""Child processes that cannot outlive the supervisor.

Each child leads a process group of its own, so that everything it forks can be
ended with it; on Linux the kernel also signals it when the supervisor dies, however
that happens.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.05
LOG_TAIL_LINES = 15

libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class StackFailure(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """Something the stack needs did not work; the text is for the person who ran it."""


class StopRequested(Exception):  # noqa: N818 -- not an error at all
    """A signal asked the stack to stop."""


class Account(NamedTuple):
    """The system user that a child runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Spec:
    """How a child is started and ended."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 8
    account: Account | None = None
    is_foundation: bool = False
    """Others stand on it, so it is stopped after them."""


def end_with(parent: int, number: signal.Signals) -> None:
    """Between fork and exec: have the kernel signal us when the parent is gone."""
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def _before_exec(spec: Spec, parent: int) -> Callable[[], None]:
    """What the child does between fork and exec; must not allocate much."""

    def prepare() -> None:
        if spec.account is not None:
            os.setgroups([])
            os.setgid(spec.account.gid)
            os.setuid(spec.account.uid)
        # After the change of user, which would undo it.
        end_with(parent, spec.stop_signal)

    return prepare


@dataclass
class Child:
    """A started child."""

    spec: Spec
    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls, spec: Spec) -> "Child":
        """Start it, its output going to its log file.

        :raises StackFailure: the program cannot be started.
        """
        spec.log.parent.mkdir(parents=True, exist_ok=True)
        with spec.log.open("wb") as log:
            try:
                process = subprocess.Popen(  # noqa: S603 -- the commands are our own
                    spec.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=dict(spec.environment),
                    start_new_session=True,
                    preexec_fn=_before_exec(spec, os.getpid()),  # noqa: PLW1509 -- the supervisor has one thread
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise StackFailure(f"{spec.name} could not be started: {error}") from (
                    error
                )
        return cls(spec, process)

    @property
    def name(self) -> str:
        """What people know it as."""
        return self.spec.name

    def has_ended(self) -> bool:
        """Whether it is gone. It is not reaped: its group's number stays its own."""
        if self.process.returncode is not None:
            return True
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.process.pid, flags) is not None

    def reap(self) -> int:
        """Kill what it left behind and say how it ended; blocks until it has."""
        if self.process.returncode is None:
            kill_group(self.process.pid)
        return self.process.wait()

    def log_tail(self) -> str:
        """The last lines it wrote."""
        try:
            text = self.spec.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-LOG_TAIL_LINES:])

    def failure(self, what: str) -> StackFailure:
        """An error that shows what the child last said and where the rest is."""
        tail = "\n".join(f"    {line}" for line in self.log_tail().splitlines())
        shown = f"\n{tail}" if tail else ""
        return StackFailure(f"{self.name} {what}.{shown}\n  Log: {self.spec.log}")

    def ask_to_stop(self) -> None:
        """Send the polite signal; does not wait."""
        if not self.has_ended():
            self.process.send_signal(self.spec.stop_signal)

    def ensure_stopped(self, deadline: float) -> None:
        """Wait until the monotonic deadline, then kill it with all it forked."""
        while not self.has_ended() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        self.reap()


def kill_group(leader: int) -> None:
    """Kill whatever is left of a process group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
