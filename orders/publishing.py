"""Publishing the terms: a text file becomes a row that never changes again."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from hanportal.audit import log
from orders.models import Statement, Terms, TermsText

LANGUAGES = ("nb", "nn", "en")


class TermsUnusable(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The file can't be published; the message says what to change in it."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What became of one file."""

    terms: Terms
    is_new: bool


def publish_terms(path: Path, *, by: log.Actor, now: datetime) -> Publication:
    """Publish one file; the same text again changes nothing.

    :raises TermsUnusable: unreadable, incomplete, or another text under a version
        that is already published.
    """
    text = _read(path)
    with transaction.atomic():
        published = Terms.objects.filter(
            version=text["version"], language=text["language"]
        ).first()
        if published is not None:
            if published.sha256 != Terms.digest(text):
                raise TermsUnusable(
                    f"{path}: version {text['version']} ({text['language']}) is "
                    "published with another text. Give this one a new version."
                )
            return Publication(terms=published, is_new=False)
        terms = Terms.publish(text=text, by=by, at=now)
    return Publication(terms=terms, is_new=True)


def _read(path: Path) -> TermsText:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TermsUnusable(f"{path}: can't be read: {error}.") from error
    missing = {"version", "language", "title", "body", "statements"} - document.keys()
    if missing:
        raise TermsUnusable(f"{path}: {', '.join(sorted(missing))} is missing.")
    if document["language"] not in LANGUAGES:
        raise TermsUnusable(f"{path}: language must be one of {', '.join(LANGUAGES)}.")
    statements: list[Statement] = [
        {"key": str(s.get("key", "")), "text": str(s.get("text", "")).strip()}
        for s in document["statements"]
    ]
    keys = [statement["key"] for statement in statements]
    if not keys or not all(s["key"] and s["text"] for s in statements):
        raise TermsUnusable(f"{path}: each statement needs a key and a text.")
    if len(set(keys)) != len(keys):
        raise TermsUnusable(f"{path}: two statements have the same key.")
    return {
        "version": str(document["version"]),
        "language": document["language"],
        "title": str(document["title"]),
        "body": str(document["body"]).strip(),
        "statements": statements,
    }
