"""Eight writers at once, on real connections that really commit."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Barrier

from django.db import connection, transaction
from uuid6 import uuid7

from hanportal.audit.log import Event, Subject, lock_chains, record
from hanportal.audit.verify import Tally, examine
from tests.audit.scene import NOON, SYSTEM

WRITERS = 8
EVENTS_EACH = 40
SECONDS_BETWEEN_LOOKS = 0.2


def run_together(work: Callable[[int], None]) -> Iterator[int]:
    """Start all writers at once; yield while they write; raise what they raised."""
    start = Barrier(WRITERS)

    def writer(number: int) -> None:
        try:
            start.wait(timeout=30)
            work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        running: list[Future[None]] = [
            pool.submit(writer, number) for number in range(WRITERS)
        ]
        looks = 0
        while wait(running, timeout=SECONDS_BETWEEN_LOOKS).not_done:
            yield looks
            looks += 1
    for each in running:
        each.result()


def append(chain: str, *, personal: dict[str, str] | None = None) -> None:
    record(
        chain=chain,
        what="command.sent",
        who=SYSTEM,
        on=Subject("command", uuid7()),
        at=NOON,
        personal=personal,
    )


def test_eight_writers_to_one_chain_make_one_chain(committed_database: str) -> None:
    def work(number: int) -> None:
        for turn in range(EVENTS_EACH):
            with transaction.atomic():
                append("customer:shared", personal={"note": f"{number}.{turn}"})
                append(f"customer:{number}")

    for _look in run_together(work):
        assert list(examine(Tally())) == []

    tally = Tally()
    assert list(examine(tally)) == []
    assert tally.events == 2 * WRITERS * EVENTS_EACH
    assert tally.chains == 1 + WRITERS
    assert (tally.details, tally.erased) == (WRITERS * EVENTS_EACH, 0)
    shared = Event.objects.filter(chain="customer:shared").order_by("sequence")
    assert list(shared.values_list("sequence", flat=True)) == list(
        range(1, WRITERS * EVENTS_EACH + 1)
    )


def test_writers_that_change_their_mind_leave_no_gap(committed_database: str) -> None:
    def work(number: int) -> None:
        for turn in range(EVENTS_EACH):
            with transaction.atomic():
                append("register")
                transaction.set_rollback((number + turn) % 3 == 0)

    for _look in run_together(work):
        assert list(examine(Tally())) == []

    tally = Tally()
    assert list(examine(tally)) == []
    assert tally.events == sum(
        (number + turn) % 3 != 0
        for number in range(WRITERS)
        for turn in range(EVENTS_EACH)
    )


def test_chains_locked_together_never_deadlock(committed_database: str) -> None:
    chains = ["customer:a", "customer:b", "head-end:c"]

    def work(number: int) -> None:
        for turn in range(EVENTS_EACH):
            order = chains if (number + turn) % 2 else chains[::-1]
            with transaction.atomic():
                lock_chains(*order)
                for chain in order:
                    append(chain)

    for _look in run_together(work):
        assert list(examine(Tally())) == []

    tally = Tally()
    assert list(examine(tally)) == []
    assert tally.events == len(chains) * WRITERS * EVENTS_EACH
