"""Writing to the log through its one door."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries
from uuid6 import uuid7

from hanportal.audit.format import event_hash, genesis
from hanportal.audit.log import (
    Actor,
    ActorKind,
    Event,
    InvalidEvent,
    Note,
    NotInTransaction,
    Subject,
    WrongIsolation,
    customer_chain,
    erase_personal,
    events_about,
    head_end_chain,
    lock_chains,
    record,
    record_many,
    staff_reads_chain,
    together,
)
from hanportal.audit.models import PersonalDetail
from hanportal.audit.verify import Tally, examine
from tests.audit.scene import NOON, SYSTEM, Write


@pytest.mark.django_db
def test_an_event_tells_what_was_done(order: Subject) -> None:
    customer = Actor(ActorKind.CUSTOMER, str(uuid7()))

    event_id = record(
        chain="customer:a",
        what="order.placed",
        who=customer,
        on=order,
        at=NOON,
        facts={"due": NOON.date(), "point": order.id, "points": 1},
    )

    kept = Event.objects.get(id=event_id)
    assert (kept.chain, kept.sequence, kept.what) == ("customer:a", 1, "order.placed")
    assert (kept.actor_kind, kept.actor_reference) == ("customer", customer.reference)
    assert (kept.subject_kind, kept.subject_id) == ("order", order.id)
    assert kept.at == NOON
    assert kept.facts == {"due": "2026-03-02", "point": str(order.id), "points": 1}
    assert kept.previous_hash == genesis("customer:a")
    assert kept.hash == event_hash(kept.previous_hash, kept.canonical)


@pytest.mark.django_db
def test_events_told_together_are_written_at_the_end(order: Subject) -> None:
    told = [
        ("customer:b", "b.first"),
        ("customer:a", "a.first"),
        ("customer:b", "b.second"),
    ]

    with together():
        ids = [
            record(chain=chain, what=what, who=SYSTEM, on=order, at=NOON)
            for chain, what in told
        ]
        with together():
            notes = [Note(what="a.second", on=order, facts={})]
            record_many(chain="customer:a", notes=notes, who=SYSTEM, at=NOON)
        assert Event.objects.count() == 0

    rows = Event.objects.order_by("chain", "sequence")
    assert [(row.chain, row.sequence, row.what) for row in rows] == [
        ("customer:a", 1, "a.first"),
        ("customer:a", 2, "a.second"),
        ("customer:b", 1, "b.first"),
        ("customer:b", 2, "b.second"),
    ]
    assert [rows.get(id=event_id).what for event_id in ids] == [
        what for _chain, what in told
    ]
    tally = Tally()
    assert list(examine(tally)) == []
    assert tally.events == 4


@pytest.mark.django_db
def test_an_error_leaves_nothing_of_what_was_told_together(order: Subject) -> None:
    def tell_and_fail() -> None:
        with together():
            record(chain="customer:a", what="a.b", who=SYSTEM, on=order, at=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tell_and_fail()

    record(chain="customer:a", what="a.c", who=SYSTEM, on=order, at=NOON)
    assert [event.what for event in Event.objects.all()] == ["a.c"]


@pytest.mark.django_db
def test_each_chain_counts_for_itself(write: Write) -> None:
    events = [write("customer:a"), write("customer:b"), write("customer:a")]

    assert [event.sequence for event in events] == [1, 1, 2]
    assert events[2].previous_hash == events[0].hash
    assert events[1].previous_hash != events[0].previous_hash


@pytest.mark.django_db
def test_an_event_costs_two_round_trips(
    write: Write, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # `write` has a transaction of its own, which is a savepoint and its release here,
    # and reads what it has written.
    with django_assert_num_queries(3 + 2):
        write()
    with django_assert_num_queries(3 + 3):
        write(personal={"address": "Bjørkelia 1", "ip": "192.0.2.7"})


@pytest.mark.django_db
def test_events_about_a_subject_come_in_the_order_of_their_chains(
    write: Write, order: Subject
) -> None:
    other = Subject("order", uuid7())
    same_id = Subject("consent", order.id)
    for chain, subject in [
        ("head-end:z", order),
        ("customer:a", order),
        ("customer:a", other),
        ("customer:a", same_id),
        ("customer:a", order),
    ]:
        write(chain, on=subject)

    found = [(event.chain, event.sequence) for event in events_about(order)]
    assert found == [("customer:a", 1), ("customer:a", 4), ("head-end:z", 1)]


@pytest.mark.django_db
def test_personal_details_stand_beside_the_event_and_not_in_it(write: Write) -> None:
    event = write(personal={"address": "Bjørkelia 1"})

    detail = PersonalDetail.objects.get(event_id=event.id)
    assert (detail.name, detail.value, len(detail.salt)) == (
        "address",
        "Bjørkelia 1",
        32,
    )
    assert "Bjørkelia".encode() not in event.canonical


@pytest.mark.django_db
def test_equal_details_have_different_commitments(write: Write) -> None:
    first, second = (write(personal={"address": "Bjørkelia 1"}) for _ in range(2))

    assert first.canonical[:300].count(b"address") == 1
    assert commitments_of(first) != commitments_of(second)


def commitments_of(event: Event) -> bytes:
    return event.canonical.split(b'"commitments":')[1].split(b"}")[0]


@pytest.mark.django_db
def test_erasing_a_detail_keeps_the_chain(write: Write, order: Subject) -> None:
    neighbour = Subject("order", uuid7())
    write(personal={"address": "Bjørkelia 1", "ip": "192.0.2.7"})
    write(on=neighbour, personal={"address": "Bjørkelia 2"})
    write()

    assert erase_personal(on=order) == 2

    tally = Tally()
    assert list(examine(tally)) == []
    assert (tally.events, tally.details, tally.erased) == (3, 1, 2)
    left = PersonalDetail.objects.values_list("value", flat=True)
    assert list(left) == ["Bjørkelia 2"]


@pytest.mark.django_db
def test_a_refused_event_leaves_nothing(order: Subject) -> None:
    with pytest.raises(InvalidEvent):
        record(
            chain="customer:a",
            what="order.placed",
            who=SYSTEM,
            on=order,
            at=datetime(2026, 3, 2),  # noqa: DTZ001 -- that is the fault
            personal={"address": "Bjørkelia 1"},
        )

    assert (Event.objects.count(), PersonalDetail.objects.count()) == (0, 0)


def test_an_event_outside_a_transaction_is_refused(
    committed_database: str, order: Subject
) -> None:
    with pytest.raises(NotInTransaction):
        record(chain="register", what="a.b", who=SYSTEM, on=order, at=NOON)
    with pytest.raises(NotInTransaction):
        lock_chains("register")

    assert Event.objects.count() == 0


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_that_reads_the_past_is_refused(
    committed_database: str, write: Write, level: str
) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        with pytest.raises(WrongIsolation):
            write()

    assert Event.objects.count() == 0


class ChangedMindError(Exception):
    """Someone thought better of it."""


def test_an_event_in_a_savepoint_that_is_rolled_back_leaves_no_gap(
    committed_database: str, write: Write
) -> None:
    with transaction.atomic():
        write(number=1)
        with suppress(ChangedMindError), transaction.atomic():
            write(number=2)
            raise ChangedMindError
        write(number=3)

    numbers = [
        (event.sequence, event.facts["number"])
        for event in Event.objects.order_by("sequence")
    ]
    assert numbers == [(1, 1), (2, 3)]
    assert list(examine(Tally())) == []


def test_chains_have_their_names() -> None:
    someone = UUID("01960000-0000-7000-8000-000000000001")

    assert customer_chain(someone) == f"customer:{someone}"
    assert head_end_chain(someone) == f"head-end:{someone}"
    assert staff_reads_chain(someone) == f"staff-reads:{someone}"
