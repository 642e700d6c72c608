"""Each attack on the tables is found, and named for what and where it is."""

import json
from collections.abc import Callable

import pytest
from django.db import connection

from hanportal.audit import canonical
from hanportal.audit.format import event_hash
from hanportal.audit.log import Event
from hanportal.audit.verify import Head, Tally, examine
from tests.audit.scene import AT_3, Attack, Write, raw_connection


def found() -> list[tuple[int, str]]:
    """What is broken in customer:a, and that nothing else is."""
    damages = list(examine(Tally()))
    assert {damage.chain for damage in damages} <= {"customer:a"}
    return [(damage.sequence, str(damage.kind)) for damage in damages]


def test_an_untouched_log_is_whole(committed_database: str, chain: list[Event]) -> None:
    tally = Tally()
    heads: list[Head] = []

    assert list(examine(tally, on_head=heads.append)) == []
    assert tally == Tally(chains=3, events=7, commitments=5, details=5, damaged=0)
    assert heads[1] == Head("customer:a", 5, chain[4].hash)
    assert [head.chain for head in heads] == ["customer:0", "customer:a", "customer:b"]


def test_edited_bytes_are_found(attacker: Attack, chain: list[Event]) -> None:
    forged = chain[2].canonical.replace(b'"number":3', b'"number":4')
    attacker(f"UPDATE audit_event SET canonical = %s {AT_3}", forged)

    assert found() == [(3, "hash")]


def test_bytes_that_are_hashed_anew_break_the_next_link(
    attacker: Attack, chain: list[Event]
) -> None:
    forged = chain[2].canonical.replace(b'"number":3', b'"number":4')
    attacker(
        f"UPDATE audit_event SET canonical = %s, hash = %s {AT_3}",
        forged,
        event_hash(chain[2].previous_hash, forged),
    )

    assert found() == [(4, "link")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("what", "order.cancelled"),
        ("actor_kind", "customer"),
        ("actor_reference", "someone else"),
        ("subject_kind", "consent"),
        ("subject_id", "01960000-0000-7000-8000-000000000001"),
        ("id", "01960000-0000-7000-8000-000000000001"),
        ("at", "2026-03-02T12:00:00.000002Z"),
        ("at", "infinity"),
    ],
)
def test_an_edited_column_is_found(
    attacker: Attack, chain: list[Event], column: str, value: str
) -> None:
    attacker("DELETE FROM audit_personaldetail")
    attacker(f"UPDATE audit_event SET {column} = %s {AT_3}", value)

    assert found() == [(3, "column")]


def test_an_edited_hash_is_found(attacker: Attack, chain: list[Event]) -> None:
    attacker(f"UPDATE audit_event SET hash = %s {AT_3}", bytes(32))

    assert found() == [(3, "hash"), (4, "link")]


def test_an_edited_link_is_found(attacker: Attack, chain: list[Event]) -> None:
    attacker(f"UPDATE audit_event SET previous_hash = %s {AT_3}", bytes(32))

    assert found() == [(3, "link"), (3, "hash")]


def test_events_taken_out_of_the_middle_are_found(
    attacker: Attack, chain: list[Event]
) -> None:
    attacker("DELETE FROM audit_personaldetail")
    attacker("DELETE FROM audit_event WHERE chain = 'customer:a' AND sequence IN (2,3)")

    damages = list(examine(Tally()))

    assert list(map(str, damages)) == [
        "customer:a #4: missing: events 2 to 3 before it are missing"
    ]


def test_a_beginning_that_was_taken_off_is_found(
    attacker: Attack, chain: list[Event]
) -> None:
    attacker("DELETE FROM audit_personaldetail")
    attacker("DELETE FROM audit_event WHERE chain = 'customer:a' AND sequence = 1")

    assert found() == [(2, "missing")]


def test_a_gap_that_was_closed_by_renumbering_is_found(
    attacker: Attack, chain: list[Event]
) -> None:
    attacker("DELETE FROM audit_personaldetail")
    attacker(f"DELETE FROM audit_event {AT_3}")
    attacker(
        "UPDATE audit_event SET sequence = sequence - 1 "
        "WHERE chain = 'customer:a' AND sequence > 3"
    )

    assert found() == [(3, "link"), (3, "column"), (4, "column")]


def test_two_events_that_changed_places_are_found(
    attacker: Attack, chain: list[Event]
) -> None:
    attacker(
        "UPDATE audit_event SET sequence = 5 - sequence "
        "WHERE chain = 'customer:a' AND sequence IN (2, 3)"
    )

    assert found() == [
        (2, "link"),
        (2, "column"),
        (3, "link"),
        (3, "column"),
        (4, "link"),
    ]


def test_bytes_that_changed_places_are_found(
    attacker: Attack, chain: list[Event]
) -> None:
    for own, other in ((1, 2), (2, 1)):
        attacker(
            "UPDATE audit_event SET canonical = %s WHERE id = %s",
            chain[own].canonical,
            str(chain[other].id),
        )

    kinds = found()

    assert [kind for kind in kinds if kind[1] == "hash"] == [(2, "hash"), (3, "hash")]
    assert {sequence for sequence, _kind in kinds} == {2, 3}


def test_a_fork_is_found(attacker: Attack, chain: list[Event]) -> None:
    forged = json.loads(chain[2].canonical)
    forged |= {"id": "01960000-0000-7000-8000-000000000001", "commitments": {}}
    data = canonical.write(forged)
    attacker(
        f"""
        INSERT INTO audit_event
        SELECT %s, chain, sequence, what, actor_kind, actor_reference, subject_kind,
            subject_id, at, %s, previous_hash, %s, xid FROM audit_event {AT_3}
        """,
        forged["id"],
        data,
        event_hash(chain[2].previous_hash, data),
    )

    assert found() == [(3, "fork")]


def test_an_event_moved_to_another_chain_is_found(
    attacker: Attack, chain: list[Event]
) -> None:
    attacker(f"UPDATE audit_event SET chain = 'customer:b', sequence = 2 {AT_3}")

    damages = [(each.chain, each.sequence, each.kind) for each in examine(Tally())]

    assert damages == [
        ("customer:a", 4, "missing"),
        ("customer:b", 2, "link"),
        ("customer:b", 2, "column"),
        ("customer:b", 2, "column"),
    ]


def hashed(data: bytes, event: Event) -> tuple[bytes, bytes]:
    return data, event_hash(event.previous_hash, data)


@pytest.mark.parametrize(
    "spell",
    [
        lambda data: data.replace(b'","chain"', b'", "chain"'),
        lambda data: data.replace(b'"format":1', b'"format":1,"format":1'),
        lambda data: data.replace(b'"format":1,', b""),
        lambda data: data.replace(b'"format":1', b'"format":1,"extra":1'),
        lambda data: data.replace(b'"number":5', b'"number":5.0'),
        lambda data: data.replace(b'"number":5', b'"number":"\\ud800"'),
        lambda data: data.replace(b'"what":"order', b'"what":"\\u006frder'),
        lambda _data: b"[1]",
        lambda _data: b"not json",
        lambda _data: b"[" * 60_000,
    ],
)
def test_bytes_outside_the_format_are_found_even_when_hashed_anew(
    attacker: Attack, chain: list[Event], spell: Callable[[bytes], bytes]
) -> None:
    data = spell(chain[4].canonical)
    attacker("DELETE FROM audit_personaldetail")
    attacker(
        "UPDATE audit_event SET canonical = %s, hash = %s WHERE id = %s",
        *hashed(data, chain[4]),
        str(chain[4].id),
    )

    assert found() == [(5, "bytes")]


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("value", "Bjørkelia 99"),
        ("name", "town"),
        ("salt", bytes(32)),
        ("event_id", None),
    ],
)
def test_an_edited_detail_is_found(
    attacker: Attack, chain: list[Event], assignment: str, value: object
) -> None:
    new = str(chain[3].id) if assignment == "event_id" else value
    if assignment == "event_id":
        attacker("DELETE FROM audit_personaldetail WHERE event_id = %s", new)
    attacker(
        f"UPDATE audit_personaldetail SET {assignment} = %s WHERE event_id = %s",
        new,
        str(chain[2].id),
    )

    assert found() == [(4 if assignment == "event_id" else 3, "detail")]


def test_a_detail_of_no_event_is_found(
    attacker: Attack, chain: list[Event], write: Write
) -> None:
    last = write("customer:a", personal={"address": "Bjørkelia 6"})
    attacker("DELETE FROM audit_event WHERE id = %s", str(last.id))

    assert [str(damage) for damage in examine(Tally())] == [
        f"(none) #0: detail: address belongs to {last.id}, an event that is not there"
    ]


def test_several_damages_are_all_named(attacker: Attack, chain: list[Event]) -> None:
    attacker(
        "UPDATE audit_event SET what = 'order.forged' "
        "WHERE chain = 'customer:a' AND sequence IN (1, 5)"
    )
    attacker("UPDATE audit_personaldetail SET value = 'x'")
    attacker("DELETE FROM audit_event WHERE chain = 'customer:a' AND sequence = 3")

    in_chain = [
        (each.chain, each.sequence, str(each.kind)) for each in examine(Tally())
    ]

    assert in_chain == [
        ("customer:a", 1, "column"),
        ("customer:a", 4, "missing"),
        ("customer:a", 5, "column"),
        ("customer:a", 1, "detail"),
        ("customer:a", 2, "detail"),
        ("(none)", 0, "detail"),
        ("customer:a", 4, "detail"),
        ("customer:a", 5, "detail"),
    ]


def test_what_the_chain_alone_can_not_show_is_seen_in_its_head(
    attacker: Attack, chain: list[Event]
) -> None:
    before: list[Head] = []
    list(examine(Tally(), chain="customer:a", on_head=before.append))
    attacker("DELETE FROM audit_personaldetail")
    attacker("DELETE FROM audit_event WHERE chain = 'customer:a' AND sequence = 5")

    after: list[Head] = []

    assert list(examine(Tally(), chain="customer:a", on_head=after.append)) == []
    assert (before[0].sequence, after[0].sequence) == (5, 4)


def test_verifying_sees_one_moment(committed_database: str, write: Write) -> None:
    write(personal={"address": "Bjørkelia 1"})
    writer = raw_connection("none")
    tally = Tally()

    def erase_meanwhile(_head: Head) -> None:
        writer.cursor().execute("DELETE FROM audit_personaldetail")

    assert list(examine(tally, on_head=erase_meanwhile)) == []
    assert (tally.details, tally.erased) == (1, 0)
    assert not connection.in_atomic_block
    writer.close()
