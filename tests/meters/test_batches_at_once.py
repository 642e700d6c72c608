"""Real threads: batches about the same points at once, and beside an import."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection, connections, transaction

from hanportal.audit.verify import Tally, examine
from meters.register import RegisterBusy, import_register, locking
from tests.meters.batches import Item, event, holders, meters_at, outcomes, tell
from tests.meters.conftest import NOW
from tests.meters.deliveries import (
    KARI,
    METER_A,
    METER_B,
    OLA,
    POINT_A,
    POINT_B,
    two_homes,
)

ROUNDS = 8


def at_once(*verbs: Callable[[], list[str]]) -> list[list[str]]:
    """Start every verb at the same moment, each in a thread with its own connection."""
    barrier = Barrier(len(verbs))

    def run(verb: Callable[[], list[str]]) -> list[str]:
        barrier.wait(timeout=10)
        try:
            return verb()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(run, verbs))


def of_round(number: int) -> tuple[list[Item], list[Item]]:
    """Two batches about both points and both meters, each the other way round."""
    day = f"2026-10-{number + 1:02}"
    exchange = event("meter_exchanged", "", day, manufacturer="Aidon")
    first = [
        event("moved_in", f"a-{number}", day, customer_number=OLA),
        exchange | {"id": f"b-{number}", "serial": METER_B},
        event("moved_in", f"c-{number}", day, customer_number=KARI, gsrn=POINT_B),
    ]
    second = [
        exchange | {"id": f"d-{number}", "gsrn": POINT_B, "serial": METER_A},
        event("moved_in", f"e-{number}", day, customer_number=KARI, gsrn=POINT_B),
        event("moved_out", f"f-{number}", day, customer_number=KARI),
    ]
    return first, second


def register() -> list[object]:
    return [(holders(gsrn), meters_at(gsrn)) for gsrn in (POINT_A, POINT_B)]


@pytest.mark.usefixtures("committed_head_end")
def test_two_batches_about_the_same_points_end_as_one_after_the_other(
    tmp_path: Path,
) -> None:
    import_register(two_homes(tmp_path).write(), now=NOW)
    rounds = [of_round(number) for number in range(ROUNDS)]
    with transaction.atomic():
        for batches in rounds:
            for batch in batches:
                tell(*batch)
        expected = register()
        transaction.set_rollback(True)

    for first, second in rounds:
        got = at_once(
            lambda batch=first: outcomes(*batch),  # type: ignore[misc] # bound now
            lambda batch=second: outcomes(*batch),  # type: ignore[misc] # bound now
        )
        assert set(got[0] + got[1]) <= {"applied", "no_effect"}

    assert register() == expected
    assert list(examine(Tally())) == []


@pytest.mark.usefixtures("committed_head_end")
def test_the_same_batch_at_once_is_taken_once(tmp_path: Path) -> None:
    import_register(two_homes(tmp_path).write(), now=NOW)
    move = event("moved_in", "a", "2026-11-01", customer_number=OLA)

    got = at_once(*[lambda: outcomes(move)] * 6)

    assert sorted(each for (each,) in got) == ["applied", *["unchanged"] * 5]
    assert holders(POINT_A)[-1] == (OLA, "2026-11-01", "")


@pytest.mark.usefixtures("committed_head_end")
def test_a_batch_does_not_wait_for_an_import_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_register(two_homes(tmp_path).write(), now=NOW)
    monkeypatch.setattr(locking, "WAIT", "100ms")
    move = event("moved_in", "a", "2026-11-01", customer_number=OLA)

    def refused() -> list[str]:
        try:
            return outcomes(move)
        except RegisterBusy as busy:
            return [str(busy)]

    with transaction.atomic():
        with connection.cursor() as cursor:
            locking.lock_writers(cursor)
        (got,) = at_once(refused)

    assert got == ["Registeret er opptatt med en import. Prøv igjen om litt."]
    assert refused() == ["applied"]
