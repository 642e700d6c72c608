"""`make lock`: newest allowed versions, pinned with hashes and without addresses."""

import json
import os
import sys
from pathlib import Path

from rich.console import Console

from hanportal.demo.setup.commands import SetupFailure, run
from hanportal.demo.setup.frontend import node_folder

PROJECT = Path(__file__).resolve().parents[3]
LOCKS = {
    "requirements/dev.lock": ("pyproject.toml", "--group", "dev"),
    "requirements/production.lock": ("pyproject.toml", "--extra", "production"),
    # The image is built with what the tests have seen.
    "requirements/build.lock": (
        *("--group", "pyproject.toml:build"),
        *("--constraint", "requirements/dev.lock"),
    ),
}
ADDRESSES = ("://", "--index-url", "--extra-index-url", "--find-links")


def refuse_addresses(file: Path) -> None:
    """:raises SetupFailure: the lock says where something was downloaded from."""
    text = file.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if any(address in line for address in ADDRESSES):
            raise SetupFailure(f"{file}:{number} names an address: {line.strip()}")


def lock_python(lock: str, selection: tuple[str, ...]) -> None:
    """Pin Python packages for every platform and every Python from 3.11."""
    run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", *selection),
            *("--universal", "--python-version", "3.11", "--generate-hashes"),
            *("--no-emit-index-url", "--no-emit-find-links", "--upgrade", "--quiet"),
            *("--custom-compile-command", "make lock", "--output-file", lock),
        ],
        what=lock,
        folder=PROJECT,
    )
    refuse_addresses(PROJECT / lock)


def lock_npm() -> None:
    """Pin the front end's packages."""
    node = node_folder()
    file = PROJECT / "package-lock.json"
    file.unlink(missing_ok=True)
    run(
        [
            *(node / "bin" / "node", node / "lib/node_modules/npm/bin/npm-cli.js"),
            *("install", "--package-lock-only", "--omit-lockfile-registry-resolved"),
            *("--no-audit", "--no-fund"),
        ],
        what="package-lock.json",
        folder=PROJECT,
        environment={
            **os.environ,
            "PATH": f"{node / 'bin'}{os.pathsep}{os.environ['PATH']}",
        },
    )
    lock = json.loads(file.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
    text = json.dumps(lock, indent=2, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")
    refuse_addresses(file)


def main() -> int:
    """Renew every lock; the exit status."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        for lock, selection in LOCKS.items():
            lock_python(lock, selection)
            console.print(f"  [green]✓[/] {lock}")
        lock_npm()
        console.print("  [green]✓[/] package-lock.json")
    except SetupFailure as failure:
        console.print("[red]✗[/]", str(failure), markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
