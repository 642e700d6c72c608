"""Canonical JSON: every value has one form, and only values that have one are taken."""

import json
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from hanportal.audit.canonical import (
    Json,
    NotCanonical,
    encode,
    is_canonical,
    parse,
    timestamp,
    write,
)

KEYS = st.from_regex(r"[A-Za-z0-9_.:-]{1,12}", fullmatch=True)
NUMBERS = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
TEXTS = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


def reference_form(value: Any) -> str:
    """The format's page in code, written without looking at ours."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode())
        inside = [f'"{key}":{reference_form(item)}' for key, item in members]
        return "{" + ",".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(reference_form, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(map(escaped, unicodedata.normalize("NFC", value))) + '"'
    names: dict[Any, str] = {None: "null", True: "true", False: "false"}
    return (
        names[value]
        if value is None or value is True or value is False
        else f"{value:d}"
    )


def escaped(character: str) -> str:
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n"}
    short |= {"\f": "\\f", "\r": "\\r"}
    if character in short:
        return short[character]
    return f"\\u{ord(character):04x}" if character < " " else character


@given(VALUES)
def test_the_bytes_are_those_of_the_written_format(value: Any) -> None:
    assert encode(value) == reference_form(value).encode()


@given(VALUES)
def test_what_is_read_back_gives_the_same_bytes_again(value: Any) -> None:
    data = encode(value)

    assert is_canonical(parse(data), data)
    assert write(parse(data)) == data


@given(st.dictionaries(KEYS, VALUES, max_size=6), st.randoms())
def test_the_order_of_insertion_leaves_no_trace(
    value: dict[str, Any], random: Any
) -> None:
    members = list(value.items())
    random.shuffle(members)

    assert encode(dict(members)) == encode(value)


@given(TEXTS)
def test_composed_and_decomposed_letters_are_one_text(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    decomposed = unicodedata.normalize("NFD", text)

    assert encode(decomposed) == encode(composed)


@given(st.datetimes(timezones=st.timezones()))
def test_one_moment_has_one_text_in_every_time_zone(moment: datetime) -> None:
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        return
    assert timestamp(moment) == utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), b'"2026-01-02T03:04:05.000000Z"'),
        (
            datetime(2026, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))),
            b'"2026-06-30T22:30:00.000000Z"',
        ),
        (date(2026, 1, 2), b'"2026-01-02"'),
        (UUID(int=10), b'"00000000-0000-0000-0000-00000000000a"'),
        (Colour.RED, b'"red"'),
        ((1, True, None), b"[1,true,null]"),
        ({"b": 1, "B": 2, "a": {}}, b'{"B":2,"a":{},"b":1}'),
        ("Ærfugl \x1f\x7f\u2028", b'"\xc3\x86rfugl \\u001f\x7f\xe2\x80\xa8"'),
    ],
)
def test_types_of_the_trade_have_a_text(value: Any, data: bytes) -> None:
    assert encode(value) == data


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1.5]}, "facts.a[0] is of the type float"),
        ({"a": float("nan")}, "facts.a is of the type float"),
        ({"a": {1, 2}}, "facts.a is of the type set"),
        ({"a": b"x"}, "facts.a is of the type bytes"),
        ({"a": gettext_lazy("x")}, "facts.a is of the type __proxy__"),
        ({"a": 2**53}, "facts.a is beyond ±(2^53 - 1); write it as text."),
        ({"a": "\ud800"}, "facts.a has half a surrogate pair."),
        ({"a": datetime(2026, 1, 2)}, "facts.a is a time without a time zone"),  # noqa: DTZ001
        ({1: "x"}, "facts has the key 1; "),
        ({"å": "x"}, "facts has the key 'å'; "),
        ({"": "x"}, "facts has the key ''; "),
    ],
)
def test_what_has_no_form_is_refused_and_named(value: Any, message: str) -> None:
    with pytest.raises(NotCanonical) as refusal:
        encode(value, name="facts")

    assert str(refusal.value).startswith(message)


def test_endless_nesting_is_refused() -> None:
    value: list[Any] = []
    value.append(value)

    with pytest.raises(NotCanonical):
        encode(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"a":-0}',
        b'"\\u00e5"',
        b'"\\/"',
        b'"\\ud800"',
        b"[1]\n",
    ],
)
def test_other_spellings_of_a_value_are_not_canonical(data: bytes) -> None:
    assert not is_canonical(parse(data), data)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"1.0", b"1e3", b"NaN", b"9007199254740992", b"\xff", b"[" * 100_000],
)
def test_what_is_no_json_of_ours_is_not_read(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse(data)


def test_the_form_is_plain_json_to_everyone_else() -> None:
    value: Json = {"address": "Bjørkelia 1", "lines": ["a\tb", '"'], "count": -7}

    assert json.loads(encode(value)) == value
