"""How far an import has come, for whoever watches it."""

import math
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from meters.register.files import RegisterFile
from meters.register.reading import Watch

PROGRESS_BYTES = 256 * 1024


class Stage(StrEnum):
    """What is being done with a file."""

    READ = "read"
    MERGE = "merge"


class Progress(Protocol):
    """Is told how far an import has come."""

    def __call__(self, stage: Stage, file_name: str, done: int, total: int) -> None:
        """`done` of `total`: bytes while reading, 0 or 1 of 1 while merging."""


def watch_reading(
    file: RegisterFile, folder: Path, tell: Progress, keep: Watch
) -> Watch:
    """Hands each line that was read to `keep`, and tells how far it is."""
    total = (folder / file.file_name).stat().st_size
    read, told = 0, -math.inf

    def watch(line: bytes) -> None:
        nonlocal read, told
        read += len(line)
        keep(line)
        if read - told >= PROGRESS_BYTES or read == total:
            told = read
            tell(Stage.READ, file.file_name, read, total)

    return watch


def nobody(stage: Stage, file_name: str, done: int, total: int) -> None:
    """Listens in place of nobody."""


def drop(line: bytes) -> None:
    """Keeps nothing of what was read."""
