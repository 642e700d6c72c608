"""The bytes and hashes of format 1. These values never change again."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hanportal.audit.format import (
    CANONICAL_LIMIT,
    Actor,
    ActorKind,
    InvalidEvent,
    Subject,
    personal_detail,
)
from tests.audit.worked_example import CHAIN, FIRST, fixed_uuid, worked_example

PAGE = Path(__file__).parents[2] / "docs" / "audit-format.md"


def example_on_the_page() -> dict[str, str]:
    block = PAGE.read_text().split("```text\n")[1].split("\n```")[0]
    return dict(line.split(": ", 1) for line in block.splitlines())


def test_an_event_has_the_bytes_it_had_on_the_first_day() -> None:
    assert FIRST.canonical() == (
        b'{"at":"2026-03-02T12:00:00.000001Z",'
        b'"chain":"customer:01960000-0000-7000-8000-000000000001",'
        b'"commitments":{"address":'
        b'"178418551af16851f9aac75fab9a2cae970bdcba58687502fa9f989310001b6e"},'
        b'"facts":{"statements":["meter_is_secured"],"terms":"Vilk\xc3\xa5r","version":3},'
        b'"format":1,"id":"01960000-0000-7000-8000-000000000004",'
        b'"on":{"id":"01960000-0000-7000-8000-000000000002","kind":"consent"},'
        b'"sequence":1,"what":"consent.given",'
        b'"who":{"kind":"customer","reference":"01960000-0000-7000-8000-000000000001"}}'
    )


def test_hashes_are_what_they_were_on_the_first_day() -> None:
    example = worked_example()

    assert example["hash 1"] == (
        "a95c77d8684c80e187f0bb56e2a81fe4f80eaa872ff7872e62a1fec3ec03b5a6"
    )
    assert example["hash 2"] == (
        "b3d1393bd5512ae29c29d4b6c684fddb75a74ded4cdde09f1db3b4d947932aed"
    )


def test_the_page_shows_what_the_code_writes() -> None:
    shown = example_on_the_page()
    seals = {name: shown.pop(name) for name in ("leaf 1", "leaf 2", "root")}

    assert shown == worked_example()
    assert seals == seals_of(shown["hash 1"], shown["hash 2"])


def seals_of(*event_hashes: str) -> dict[str, str]:
    first, second = (
        hashlib.sha256(b"\x00" + bytes.fromhex(each)).digest() for each in event_hashes
    )
    root = hashlib.sha256(b"\x01" + first + second)
    return {"leaf 1": first.hex(), "leaf 2": second.hex(), "root": root.hexdigest()}


def test_the_page_can_be_followed_without_our_code() -> None:
    page = example_on_the_page()
    salt = bytes.fromhex(page["salt"])
    opening = f"han-portal/audit/commitment/1\0{page['name']}\0{page['value']}"
    committed = hmac.new(salt, opening.encode(), hashlib.sha256).hexdigest()
    chain = page["chain"].encode()
    previous = hashlib.sha256(b"han-portal/audit/genesis/1\0" + chain).digest()

    assert previous.hex() == page["genesis"]
    assert committed == page["commitment"]
    assert json.loads(page["event 1"])["commitments"] == {page["name"]: committed}
    for number in (1, 2):
        data = page[f"event {number}"].encode()
        link = b"han-portal/audit/event/1\0" + previous + data
        previous = hashlib.sha256(link).digest()
        assert previous.hex() == page[f"hash {number}"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chain": ""}, "chain is ''"),
        ({"chain": "Customer:1"}, "chain is 'Customer:1'"),
        ({"chain": "customer 1"}, "chain is 'customer 1'"),
        ({"chain": "c" * 121}, "chain is 'ccc"),
        ({"what": "placed"}, "what is 'placed'"),
        ({"what": "order.Placed"}, "what is 'order.Placed'"),
        ({"what": "order." + "x" * 75}, "what is 'order.xxx"),
        ({"who": Actor(ActorKind.STAFF, "")}, "who.reference is ''"),
        ({"who": Actor(ActorKind.STAFF, "Åse")}, "who.reference is 'Åse'"),
        ({"on": Subject("The order", fixed_uuid(1))}, "on.kind is 'The order'"),
        ({"at": datetime(2026, 3, 2)}, "consent.given: event.at is a time without"),  # noqa: DTZ001
        ({"facts": {"a": 0.5}}, "consent.given: event.facts.a is of the type float"),
        ({"facts": {"a": "x" * CANONICAL_LIMIT}}, "consent.given: 65"),
    ],
)
def test_what_is_no_event_is_refused_and_named(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidEvent) as refusal:
        replace(FIRST, **change).canonical()

    assert str(refusal.value)[: len(message)] == message


def test_a_personal_detail_is_normalised() -> None:
    assert personal_detail("address", "Bja\u030akelia") == "Bjåkelia"


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "hemmelig" * 2_000])
def test_a_refused_detail_is_not_repeated_in_the_error(value: str) -> None:
    with pytest.raises(InvalidEvent) as refusal:
        personal_detail("address", value)

    assert "hemmelig" not in str(refusal.value)


def test_a_chain_name_is_part_of_its_first_hash() -> None:
    other = replace(FIRST, chain=CHAIN[:-1] + "2")

    assert other.canonical() != FIRST.canonical()
