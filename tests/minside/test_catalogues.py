"""Nynorsk and English are whole: every text, no guesses, the same placeholders."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

PROJECT = Path(__file__).parents[2]
PACKAGES = ("hanportal", "meters", "notifications", "orders")
TRANSLATED = ("nn", "en")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")

Key = str | tuple[str, ...]


def catalogue(language: str) -> Catalog:
    path = PROJECT / "hanportal" / "locale" / language / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def entries(language: str) -> dict[Key, Message]:
    return {
        entry.id if isinstance(entry.id, str) else tuple(entry.id): entry
        for entry in catalogue(language)
        if entry.id
    }


def strings(entry: Message) -> list[str]:
    """The translation, or each of its plural forms."""
    if isinstance(entry.string, str):
        return [entry.string]
    return [str(string) for string in entry.string or ()]


def texts_in(path: Path) -> set[Key]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        source = templatize(source)
    found = extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS)
    return {tuple(text) if isinstance(text, tuple) else text for _, text, _, _ in found}


def every_text() -> set[Key]:
    """What people read of ours; the demo speaks for itself."""
    modules = [
        path
        for package in PACKAGES
        for path in (PROJECT / package).rglob("*.py")
        if "demo" not in path.relative_to(PROJECT).parts
    ]
    pages = [
        path
        for path in (PROJECT / "templates").rglob("*")
        if path.suffix in {".html", ".txt"}
    ]
    return set().union(*(texts_in(path) for path in [*modules, *pages]))


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_nothing_else(language: str) -> None:
    wanted = every_text()
    assert len(wanted) > 100
    assert set(entries(language)) == wanted


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_empty_or_a_guess(language: str) -> None:
    unfinished = [
        key
        for key, entry in entries(language).items()
        if entry.fuzzy or not all(strings(entry))
    ]
    assert unfinished == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_have_the_placeholders_of_their_source(language: str) -> None:
    for key, entry in entries(language).items():
        sources = [key] if isinstance(key, str) else list(key)
        for source, string in zip(sources, strings(entry), strict=True):
            assert sorted(PLACEHOLDER.findall(string)) == sorted(
                PLACEHOLDER.findall(source)
            ), source
