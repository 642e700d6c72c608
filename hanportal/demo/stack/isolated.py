"""`exec`: run one command beside a PostgreSQL and two Valkeys of its own."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from hanportal.demo.stack import postgres
from hanportal.demo.stack.foundation import Foundation
from hanportal.demo.stack.layout import Folder, Ports
from hanportal.demo.stack.process import (
    POLL_SECONDS,
    StackFailure,
    end_with,
    kill_group,
)
from hanportal.demo.stack.supervisor import Supervisor

FORWARDED_SECONDS = 10


def run_isolated(
    command: Sequence[str], *, given: Mapping[str, str], console: Console
) -> int:
    """Start throw-away services, run the command, stop them; the command's exit code.

    :raises StackFailure: a service or the command does not start.
    :raises StopRequested: a signal came while the services were starting.
    """
    with tempfile.TemporaryDirectory(prefix="hanportal-") as scratch:
        Path(scratch).chmod(0o711)
        folder = Folder.open(Path(scratch) / "data")
        foundation = Foundation(
            folder=folder, ports=Ports.free(), parameters=postgres.THROW_AWAY
        )
        with Supervisor(console) as supervisor:
            addresses = foundation.start(supervisor, given)
            return run_in_foreground(command, {**given, **addresses}, supervisor)


def run_in_foreground(
    command: Sequence[str], environment: Mapping[str, str], supervisor: Supervisor
) -> int:
    """Run a command with our terminal; hand on the signals we get.

    At a terminal the command stays in our group, so that Ctrl-C reaches it and a
    debugger can read; otherwise it leads a group that is ended with it.
    """
    at_terminal = sys.stdin is not None and sys.stdin.isatty()
    parent = os.getpid()
    try:
        process = subprocess.Popen(  # noqa: S603 -- what the caller asked to run
            command,
            env=dict(environment),
            start_new_session=not at_terminal,
            preexec_fn=lambda: end_with(parent, signal.SIGTERM),  # noqa: PLW1509 -- the supervisor has one thread
        )
    except OSError as error:
        raise StackFailure(f"{command[0]} could not be started: {error}") from error
    kill_at: float | None = None
    while process.poll() is None:
        if supervisor.stop_signal is not None and kill_at is None:
            kill_at = time.monotonic() + FORWARDED_SECONDS
            if not (at_terminal and supervisor.stop_signal is signal.SIGINT):
                process.send_signal(supervisor.stop_signal)
        if kill_at is not None and time.monotonic() > kill_at:
            process.kill()
        time.sleep(POLL_SECONDS)
    if not at_terminal:
        kill_group(process.pid)
    return exit_status(process.returncode)


def exit_status(return_code: int) -> int:
    """A shell's exit status for a return code of subprocess."""
    return 128 - return_code if return_code < 0 else return_code
