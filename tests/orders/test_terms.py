"""Terms: published once, readable, and what the hash vouches for."""

import hashlib
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hanportal.audit import log
from orders.models import Terms
from orders.publishing import TermsUnusable, publish_terms
from tests.orders.world import NOW

FOLDER = Path(__file__).parents[2] / "orders" / "terms"
BY = log.Actor(log.ActorKind.SYSTEM, "test")
TEXT = """
version = "1"
language = "nb"
title = "Vilkår"
body = "Porten er stengt."
[[statements]]
key = "understood"
text = "Jeg forstår."
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "terms.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_same_text_again_changes_nothing(db: None, tmp_path: Path) -> None:
    path = written(tmp_path, TEXT)

    first = publish_terms(path, by=BY, now=NOW)
    again = publish_terms(path, by=BY, now=NOW)

    assert first.is_new
    assert not again.is_new
    assert again.terms == first.terms == Terms.objects.get()


def test_another_text_needs_another_version(db: None, tmp_path: Path) -> None:
    publish_terms(written(tmp_path, TEXT), by=BY, now=NOW)

    with pytest.raises(TermsUnusable, match="Give this one a new version"):
        publish_terms(written(tmp_path, TEXT.replace("stengt", "åpen")), by=BY, now=NOW)

    assert Terms.objects.get().body == "Porten er stengt."


def test_the_hash_is_that_of_the_text_as_it_is_read(db: None, tmp_path: Path) -> None:
    terms = publish_terms(written(tmp_path, TEXT), by=BY, now=NOW).terms
    text = {
        "body": "Porten er stengt.",
        "language": "nb",
        "statements": [{"key": "understood", "text": "Jeg forstår."}],
        "title": "Vilkår",
        "version": "1",
    }
    spelt_out = json.dumps(
        text, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )

    assert terms.sha256 == hashlib.sha256(spelt_out.encode()).hexdigest()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('version = "1"', ""), "version is missing"),
        (('language = "nb"', 'language = "sv"'), "language must be one of"),
        (('key = "understood"', 'key = ""'), "needs a key and a text"),
        (('title = "Vilkår"', "title ="), "can't be read"),
    ],
)
def test_an_unusable_file_says_what_to_change(
    db: None, tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    path = written(tmp_path, TEXT.replace(*change))

    with pytest.raises(CommandError, match=complaint):
        call_command("publish_terms", str(path))

    assert not Terms.objects.exists()


def test_our_own_terms_ask_the_same_in_every_language(db: None) -> None:
    published = [
        publish_terms(path, by=BY, now=NOW).terms for path in FOLDER.glob("*.toml")
    ]

    assert {terms.language for terms in published} == {"nb", "nn", "en"}
    assert len({terms.statement_keys for terms in published}) == 1
    assert len({terms.body.count("\n\n") for terms in published}) == 1
