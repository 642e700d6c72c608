"""`make check`: everything that machines hold us to, short of running the tests."""

import os
import secrets
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.pofile import read_po
from rich.console import Console

from hanportal.demo.setup.messages import catalogues

PROJECT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
PACKAGES = ("hanportal", "meters", "orders", "notifications", "tests", "manage.py")
AT_A_TIME = 2


@dataclass(frozen=True)
class Check:
    """A program that must succeed."""

    what: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a check went, and what it said."""

    check: Check
    passed: bool
    output: str
    seconds: float


def production_environment() -> dict[str, str]:
    """An environment that production accepts; its secrets are made up for the check."""

    def key(version: int = 1) -> str:
        return f"{version}:{b64encode(secrets.token_bytes(32)).decode()}"

    return {
        "DJANGO_SETTINGS_MODULE": "hanportal.settings.production",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "PORTAL_BASE_URL": "https://han.example.no",
        "OPERATOR_NAME": "Fjordnett",
        "DEFAULT_FROM_EMAIL": "HAN-portal <han@example.no>",
        "EMAIL_URL": "smtp+tls://portal:secret@mail.example.no:587",
        "DATABASE_URL": "postgres://hanportal_app:secret@database.example.no/hanportal",
        "REDIS_URL": "redis://broker.example.no:6379",
        "CACHE_URL": "redis://cache.example.no:6379",
        "EID_ISSUER": "https://eid.example.no",
        "EID_CLIENT_ID": "hanportal",
        "EID_CLIENT_SECRET": secrets.token_urlsafe(32),
        "NATIONAL_ID_HASH_KEYS": key(),
        "NATIONAL_ID_ENCRYPTION_KEYS": key(),
        "HEAD_END_SECRET_EXAMPLE": secrets.token_urlsafe(32),
    }


def manage(*arguments: str) -> list[str | Path]:
    """A management command."""
    return [sys.executable, PROJECT / "manage.py", *arguments]


def all_checks() -> list[Check]:
    """What `make check` runs."""
    test = {"DJANGO_SETTINGS_MODULE": "hanportal.settings.test"}
    return [
        Check("mypy", [BIN / "mypy", *PACKAGES], test),
        Check("ruff check", [BIN / "ruff", "check", *PACKAGES]),
        Check("ruff format", [BIN / "ruff", "format", "--check", *PACKAGES]),
        Check("import contracts", [BIN / "lint-imports"]),
        Check("migrations", manage("makemigrations", "--check", "--dry-run"), test),
        Check("templates", [BIN / "djlint", "templates", "--lint", "--quiet"]),
        Check("translations", [sys.executable, "-m", __spec__.name, "translations"]),
        Check(
            "production settings",
            manage("check", "--deploy", "--fail-level", "WARNING"),
            production_environment(),
        ),
    ]


def run(check: Check) -> Outcome:
    """Run one check to its end."""
    started = time.monotonic()
    outcome = subprocess.run(  # noqa: S603 -- our own command lines
        list(check.command),
        cwd=PROJECT,
        env={**os.environ, **check.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    return Outcome(check, outcome.returncode == 0, outcome.stdout, seconds)


def check_translations(console: Console) -> int:
    """Every text is translated, and nothing is fuzzy; the exit status."""
    wrong = 0
    for po in catalogues(PROJECT):
        with po.open("rb") as source:
            catalogue = read_po(source, abort_invalid=True)
        for message in catalogue:
            texts = message.string
            forms = texts if isinstance(texts, (list, tuple)) else (texts,)
            if message.id and (message.fuzzy or not all(forms)):
                wrong += 1
                console.print(f"{po.relative_to(PROJECT)}: {message.id!r}")
    return 1 if wrong else 0


def main(arguments: Sequence[str]) -> int:
    """Run every check; show what those that failed said; the exit status."""
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if list(arguments) == ["translations"]:
        return check_translations(console)
    failed = 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for outcome in pool.map(run, all_checks()):
            mark = "✓" if outcome.passed else "✗"
            console.print(f"  {mark} {outcome.check.what} {outcome.seconds:.1f} s")
            if not outcome.passed:
                failed += 1
                console.print(outcome.output.strip())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
