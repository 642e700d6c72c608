"""Remembering what a start has done, so that the next one need not do it again."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


def fingerprint(files: Iterable[Path], *facts: object) -> str:
    """Changes when a fact, a file's name or a file's content does."""
    digest = hashlib.sha256(repr(facts).encode())
    for file in sorted(files):
        digest.update(f"{file}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def files_under(*folders: Path) -> list[Path]:
    """Every file below these folders, but compiled ones."""
    return [
        file
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    ]


@dataclass(frozen=True)
class Stamp:
    """A file that holds the fingerprint of what something was made from."""

    path: Path

    def says(self, wanted: str) -> bool:
        """Whether it was made from just this."""
        try:
            return self.path.read_text(encoding="utf-8") == wanted
        except OSError:
            return False

    def set(self, made_from: str) -> None:
        """Remember, once it is made."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(made_from, encoding="utf-8")
