"""Make the Python environment, with nothing but Python.

The Makefile runs this file by its path, with the machine's own Python, so it uses the
standard library only. It is done in a moment when the lock file has not changed.
Afterwards it hands over to the new environment: `python -m hanportal.demo.setup`.
"""

from __future__ import annotations  # so that an old Python gets as far as being told

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST_PYTHON = (3, 11)
PROJECT = Path(__file__).resolve().parents[3]
VENV = PROJECT / ".venv"
LOCK = PROJECT / "requirements" / "dev.lock"
STAMP = VENV / "installed-from"


def say(text: str) -> None:
    """One line to the person at the terminal."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def fingerprint() -> str:
    """Changes when the lock file does."""
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def is_up_to_date(wanted: str) -> bool:
    """Whether the environment works, and is what the lock file says."""
    works = os.access(VENV / "bin" / "python", os.X_OK)
    return works and STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted


def run(command: list[str]) -> bool:
    """Run quietly; show what it said only when it fails."""
    outcome = subprocess.run(  # noqa: S603 -- fixed words and our own paths
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if outcome.returncode != 0:
        say(outcome.stdout)
    return outcome.returncode == 0


def make_virtual_environment() -> bool:
    """An empty environment; where Debian left venv out, root installs it."""
    shutil.rmtree(VENV, ignore_errors=True)
    make = [sys.executable, "-m", "venv", str(VENV)]
    quiet = subprocess.run(make, capture_output=True, check=False)  # noqa: S603 -- as above
    if quiet.returncode == 0:
        return True
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    install = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"  Installing {package} …")
        return run(["apt-get", "update"]) and run(install) and run(make)
    say(f"This Python lacks venv. Install it: sudo {' '.join(install)}")
    return False


def install_packages() -> bool:
    """Everything in the lock file, each file checked against its hash."""
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install"]
    options = ["--quiet", "--disable-pip-version-check", "--no-input"]
    return run([*pip, *options, "--require-hashes", "--requirement", str(LOCK)])


def is_new_enough() -> bool:
    """Whether this Python can run us; says so when it cannot."""
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return True
    found = ".".join(map(str, sys.version_info[:2]))
    say(f"HAN-portal needs Python 3.11 or newer; {sys.executable} is {found}.")
    say("Name another one: make run PYTHON=/path/to/python3.11")
    return False


def make_environment() -> bool:
    """Make or renew the environment; whether that worked."""
    wanted = fingerprint()
    if is_up_to_date(wanted):
        return True
    say("  Installing Python packages into .venv (a minute, the first time) …")
    started = time.monotonic()
    if not (make_virtual_environment() and install_packages()):
        say("✗ The Python packages could not be installed; see above.")
        return False
    STAMP.write_text(wanted, encoding="utf-8")
    say(f"  ✓ Python packages {time.monotonic() - started:.0f} s")
    return True


def main() -> None:
    """Make the environment, then do the rest from inside it.

    `--doctor` makes nothing: it hands over to the doctor, as this Python.
    """
    if not is_new_enough():
        sys.exit(1)
    os.chdir(PROJECT)
    if sys.argv[1:] == ["--doctor"]:
        doctor = [sys.executable, "-m", "hanportal.demo.setup.doctor"]
        os.execv(sys.executable, doctor)  # noqa: S606 -- this same Python
    if not make_environment():
        sys.exit(1)
    python = str(VENV / "bin" / "python")
    os.execv(python, [python, "-m", "hanportal.demo.setup", *sys.argv[1:]])  # noqa: S606 -- the new environment


if __name__ == "__main__":
    main()
