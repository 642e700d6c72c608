"""Libraries and programs that no wheel brings: Pango for PDFs, Chromium for tests."""

import os
import shutil
from collections.abc import Sequence
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

from hanportal.demo.setup.commands import SetupFailure, run


@dataclass(frozen=True)
class Need:
    """Something the machine must have, and Debian's packages that bring it."""

    what: str
    reason: str
    libraries: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    def is_met(self) -> bool:
        """Whether all its libraries, and one of its programs, are there."""
        libraries = all(find_library(name) for name in self.libraries)
        programs = not self.programs or any(map(shutil.which, self.programs))
        return libraries and programs


PANGO = Need(
    what="Pango",
    reason="PDF receipts",
    libraries=("pango-1.0", "pangoft2-1.0", "harfbuzz", "harfbuzz-subset"),
    packages=("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
)
CHROMIUM = Need(
    what="Chromium",
    reason="the browser tests",
    programs=("chromium", "chromium-browser", "google-chrome"),
    packages=("chromium",),
)


def missing(needs: Sequence[Need]) -> list[Need]:
    """The needs that this machine does not meet."""
    return [need for need in needs if not need.is_met()]


def install_command(needs: Sequence[Need]) -> list[str]:
    """What installs them on Debian and Ubuntu."""
    packages = [package for need in needs for package in need.packages]
    return ["apt-get", "install", "--yes", "--no-install-recommends", *packages]


def install(needs: Sequence[Need], *, folder: Path) -> None:
    """Install them where we may, which is as root with apt.

    :raises SetupFailure: we may not; says the command that does it.
    """
    command = install_command(needs)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        lacking = ", ".join(f"{need.what} (for {need.reason})" for need in needs)
        raise SetupFailure(
            f"This machine lacks {lacking}. On Debian or Ubuntu:\n"
            f"  sudo apt-get update && sudo {' '.join(command)}"
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update"], command):
        run(step, what=" ".join(step), folder=folder, environment=environment)
