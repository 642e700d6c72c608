"""`python -m hanportal.demo.stack.preparation`: what the demo's database must hold.

One process for all of it, through the same commands that production uses, because
starting Django is what takes the time. Doing it again changes nothing.
"""

import argparse
import io
import json
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import django
from django.core.management import call_command
from django.core.management.base import CommandError

from hanportal.demo.stack.staff import STAFF

PROJECT = Path(__file__).resolve().parents[3]
TERMS = PROJECT / "orders" / "terms"
SCOPES = ("register:read", "register:write", "events:write")
NAMES = {
    "aidon": "Aidon",
    "kamstrup": "Kamstrup",
    "kaifa": "Kaifa",
    "landisgyr": "Landis+Gyr",
}
RESTARTS = {"kamstrup": {"reset_type": "3.23.0.214"}}
"""Whose ports stick, and can be started again from here."""


def prepare(*, neighbourhood: Path, head_ends: dict[str, str], machine: Path) -> None:
    """Publish the terms, register the head-ends, import the register, let staff in.

    :raises CommandError: one of the commands cannot do its part; says why.
    """
    call_command("publish_terms", *sorted(map(str, TERMS.glob("*.toml"))))
    for code, endpoint in head_ends.items():
        call_command(
            "register_head_end",
            code=code,
            name=NAMES.get(code, code),
            profile="cim-strict",
            endpoint=endpoint,
            mode="act",
            profile_settings=RESTARTS.get(code),
        )
    call_command("import_register", str(neighbourhood))
    for worker in STAFF:
        # The command takes secrets from the environment, never from its arguments.
        os.environ["STAFF_PASSWORD"] = worker.password
        os.environ["STAFF_TOTP_SECRET"] = worker.totp_secret
        call_command(
            "create_staff",
            *("--email", worker.email, "--name", worker.name),
            *("--staff-number", worker.staff_number, "--role", worker.role),
        )
    make_machine(machine)


def make_machine(file: Path) -> None:
    """Make a client of the machine interface, and keep its secret in a file.

    A database that knows the client of the file keeps it.
    """
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    code = kept.get("client_id") or f"kis-demo-{secrets.token_hex(3)}"
    secret = io.StringIO()
    try:
        call_command(
            "create_api_client",
            *(code, "--sender", "kis-demo"),
            *(part for scope in SCOPES for part in ("--scope", scope)),
            stdout=secret,
            stderr=io.StringIO(),
        )
    except CommandError:
        if not kept:
            raise
        return
    file.touch(mode=0o600)
    client = {"client_id": code, "client_secret": secret.getvalue().strip()}
    file.write_text(json.dumps(client), encoding="utf-8")


def head_end(text: str) -> tuple[str, str]:
    """`code=endpoint` from the command line."""
    code, equals, endpoint = text.partition("=")
    if not (code and equals and endpoint):
        raise argparse.ArgumentTypeError("write code=endpoint")
    return code, endpoint


def main(arguments: Sequence[str]) -> int:
    """Prepare; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m hanportal.demo.stack.preparation")
    parser.add_argument("neighbourhood", type=Path)
    parser.add_argument("--machine", type=Path, required=True)
    parser.add_argument("--head-end", type=head_end, action="append", default=[])
    options = parser.parse_args(arguments)
    django.setup()
    try:
        prepare(
            neighbourhood=options.neighbourhood,
            head_ends=dict(options.head_end),
            machine=options.machine,
        )
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
