"""`python -m hanportal.demo.setup`: the rest of set-up, inside the environment."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from hanportal.demo.setup import frontend, messages, system
from hanportal.demo.setup.commands import SetupFailure

PROJECT = Path(__file__).resolve().parents[3]


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m hanportal.demo.setup")
    parser.add_argument(
        "--with-browser", action="store_true", help="the browser tests need Chromium"
    )
    parser.add_argument(
        "--files-only",
        action="store_true",
        help="the front end and the translations; install nothing on the machine",
    )
    return parser.parse_args(arguments)


def prepare(console: Console, *, needs: Sequence[system.Need]) -> None:
    """Do what is not yet done.

    :raises SetupFailure: something is missing that we cannot install.
    """

    def step(what: str, do: Callable[[], None]) -> None:
        started = time.monotonic()
        console.print(f"  {what} …")
        do()
        console.print(
            f"  [green]✓[/] {what} [dim]{time.monotonic() - started:.0f} s[/]"
        )

    lacking = system.missing(needs)
    if lacking:
        names = ", ".join(need.what for need in lacking)
        step(f"Installing {names}", lambda: system.install(lacking, folder=PROJECT))
    if not frontend.is_up_to_date(PROJECT):
        step("Designsystemet and its theme", lambda: frontend.build(PROJECT))
    for catalogue in messages.catalogues(PROJECT):
        if not messages.is_compiled(catalogue):
            messages.compile_catalogue(catalogue)


def main(arguments: Sequence[str]) -> int:
    """Set up what is missing; the exit status."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    options = parse(arguments)
    needs = [] if options.files_only else [system.PANGO]
    if options.with_browser:
        needs.append(system.CHROMIUM)
    try:
        prepare(console, needs=needs)
    except SetupFailure as failure:
        console.print("[red]✗[/]", str(failure), markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
