"""Running other programs during set-up: quiet when they work, readable when not."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

SHOWN_LINES = 20


class SetupFailure(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """Set-up cannot go on; the text says what to do."""


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a program to its end.

    :raises SetupFailure: it cannot be started or fails; shows its last lines.
    """
    try:
        outcome = subprocess.run(  # noqa: S603 -- our own command lines
            list(command),
            cwd=folder,
            env=dict(environment) if environment is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except OSError as error:
        raise SetupFailure(f"{what}: {command[0]} cannot be started ({error}).") from (
            error
        )
    if outcome.returncode != 0:
        shown = "\n".join(outcome.stdout.splitlines()[-SHOWN_LINES:])
        raise SetupFailure(f"{what} failed (code {outcome.returncode}):\n{shown}")
