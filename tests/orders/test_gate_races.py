"""Real threads before one gate: together they keep to what one alone would."""

import time
from collections.abc import Sequence
from functools import partial
from threading import Event, Lock

import pytest
from django.db import transaction

from meters.headend import Fault, PortCommand, Submission
from orders.models import Command, Gate, database_now
from orders.models.gates import BURST_SECONDS, OPENS_AFTER
from orders.states import BreakerState, CommandStatus
from tests.orders.test_gate import (
    everything_is_due,
    limits,
    neighbours,
    the_wait_is_over,
)
from tests.orders.test_races import assert_the_log_is_whole, at_once, dispatch
from tests.orders.world import FakeHeadEnd, World

WORKERS = 4
A_SECOND = 4
SECONDS = 2.0
ROUNDS = 10


class Watched(FakeHeadEnd):
    """Keeps the moments at which commands reached it."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []
        self._lock = Lock()

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Note when, then answer."""
        with self._lock:
            self.moments += [time.monotonic()] * len(commands)
            return super().submit(commands)


class Lingering(FakeHeadEnd):
    """Answers whoever tries only when all others have given up."""

    def __init__(self) -> None:
        super().__init__()
        self.others_gave_up = Event()
        self._refused = 0
        self._lock = Lock()

    def submit(self, commands: Sequence[PortCommand]) -> list[Submission]:
        """Hold the probe back, so that the breaker stays half open."""
        with self._lock:
            answers = super().submit(commands)
        self.others_gave_up.wait(timeout=10)
        return answers

    def give_up(self) -> None:
        """One more was let nothing through."""
        with self._lock:
            self._refused += 1
            if self._refused == WORKERS - 1:
                self.others_gave_up.set()


def test_workers_who_send_at_once_get_no_more_than_the_bucket_holds(
    committed_world: World,
) -> None:
    world, fake = committed_world, Watched()
    limits(world, commands_per_minute=A_SECOND * 60)
    holds = A_SECOND * BURST_SECONDS
    neighbours(world, holds + int(A_SECOND * SECONDS) + 10)
    began = time.monotonic()

    def keep_sending() -> None:
        while time.monotonic() < began + SECONDS or len(fake.moments) < holds:
            dispatch(world, fake)

    results = at_once(*[keep_sending] * WORKERS)

    assert results == [None] * WORKERS
    assert len(fake.moments) >= holds
    for number, moment in enumerate(sorted(fake.moments), start=1):
        assert number <= holds + (moment - began) * A_SECOND
    taken = Command.objects.filter(status=CommandStatus.ACCEPTED).count()
    assert taken == len(fake.moments) == len({each.id for each in fake.sent})
    assert_the_log_is_whole()


@pytest.mark.parametrize("saved_up", [0, 100])
def test_of_those_who_try_a_breaker_at_once_one_gets_through(
    committed_world: World, saved_up: int
) -> None:
    world = committed_world
    # With a rate the gate has one more thing to count.
    limits(world, commands_per_minute=saved_up)
    neighbours(world, ROUNDS + WORKERS)
    for _round in range(ROUNDS):
        everything_is_due()
        open_the_breaker(world)
        fake = Lingering()

        def try_to_send(fake: Lingering) -> int:
            sent = dispatch(world, fake)
            if not sent:
                fake.give_up()
            return sent

        results = at_once(*[partial(try_to_send, fake)] * WORKERS)

        assert sorted(results, key=str) == [0] * (WORKERS - 1) + [1]
        assert len(fake.sent) == 1
        assert Gate.objects.get().breaker == BreakerState.CLOSED
    assert_the_log_is_whole()


@transaction.atomic
def open_the_breaker(world: World) -> None:
    """It has failed often enough, and has waited long enough."""
    Gate.objects.locked(world.head_end).failed(
        OPENS_AFTER,
        fault=Fault.NOT_DELIVERED,
        detail="Connection refused.",
        since=database_now(),
        at=world.now,
    )
    the_wait_is_over()
