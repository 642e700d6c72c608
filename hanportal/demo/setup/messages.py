"""Translations compiled in Python, so that no machine needs GNU gettext to run us."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from hanportal.demo.setup.commands import SetupFailure

FOLDERS = ("hanportal/locale",)


def catalogues(project: Path) -> list[Path]:
    """Every .po file of ours."""
    return [po for folder in FOLDERS for po in (project / folder).glob("*/*/*.po")]


def is_compiled(po: Path) -> bool:
    """Whether the .mo file is there and no older than its .po file."""
    mo = po.with_suffix(".mo")
    return mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime


def compile_catalogue(po: Path) -> None:
    """Write the .mo file beside the .po file; fuzzy entries are left out.

    :raises SetupFailure: the .po file cannot be read; says where.
    """
    try:
        with po.open("rb") as source:
            catalogue = read_po(source, abort_invalid=True)
    except PoFileError as error:
        raise SetupFailure(f"{po} cannot be compiled: {error}") from error
    temporary = po.with_suffix(".mo.new")
    with temporary.open("wb") as target:
        write_mo(target, catalogue)
    temporary.replace(po.with_suffix(".mo"))
