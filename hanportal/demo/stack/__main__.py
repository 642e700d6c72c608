"""`python -m hanportal.demo.stack`: run the demo, or a command beside its services."""

import argparse
import os
import sys
from collections.abc import Sequence

from rich.console import Console

from hanportal.demo.stack.isolated import run_isolated
from hanportal.demo.stack.process import StackFailure, StopRequested
from hanportal.demo.stack.resetting import reset_demo
from hanportal.demo.stack.running import run_demo
from hanportal.demo.stack.smoking import run_smoke
from hanportal.demo.stack.verifying import verify_log


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m hanportal.demo.stack")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start the whole demo and keep it up")
    commands.add_parser(
        "smoke", help="start a demo of its own and play the main job from outside"
    )
    commands.add_parser("reset", help="delete the demo's data folder")
    verify = commands.add_parser("verify-log", help="verify the running demo's log")
    verify.add_argument("argv", nargs="*", metavar="-- OPTION")
    isolated = commands.add_parser(
        "exec", help="run a command beside a PostgreSQL and two Valkeys of its own"
    )
    isolated.add_argument("argv", nargs="+", metavar="-- COMMAND")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; the exit status."""
    options = parse(arguments)
    # What `exec` writes to standard output is the command's alone.
    console = Console(stderr=options.command == "exec", highlight=False, soft_wrap=True)
    given = dict(os.environ)
    commands = {
        "run": lambda: run_demo(given=given, console=console),
        "smoke": lambda: run_smoke(given=given, console=console),
        "reset": lambda: reset_demo(given=given, console=console),
        "verify-log": lambda: verify_log(options.argv, given=given),
        "exec": lambda: run_isolated(options.argv, given=given, console=console),
    }
    try:
        return commands[options.command]()
    except StackFailure as failure:
        console.print(f"✗ {failure}", markup=False, style="red")
        return 1
    except StopRequested:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
