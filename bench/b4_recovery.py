"""B4: recovery after every worker is killed in the middle of a batch.

Two workers of two processes each run the product's sweeps, one sweep an interval, as
the clock rings for them. They send openings that customers have ordered to the
simulator, which carries each out after a while and answers then. At a random moment in
that while all are SIGKILLed; others begin at once, and some of the customers order
their ports closed. Recovery has ended when nothing is in the hands of the dead any
more: each command that was under way when they died has been read back, and is
confirmed, or known not to have been carried out and queued anew, or was set aside by a
closing.

The yardstick is what the design promises: the lease (the head-end's time-outs and a
margin) and one sweep. Both are short, so that two hundred kills are done in half an
hour; a read-back is asked for at once. Starting a process is not measured: workers are
forked, as Celery forks its own.

In the end everything is let come to rest, and the ledger of the meters, the log and the
orders are held against each other: nothing lost, no opening sent after a closing or
without its consent, and no command carried out twice.
"""

import argparse
import json
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.request import urlopen
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanportal.settings.test")
for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "ADMIN_DATABASE_URL"):
    os.environ.pop(name, None)
os.environ["HEAD_END_SECRET_AIDON"] = "measured"  # noqa: S105 -- between our own
os.environ["READ_BACK_INTERVAL_SECONDS"] = "0"
os.environ["SEND_LEASE_MARGIN_SECONDS"] = "1"

import django  # noqa: E402 -- after the environment is set

django.setup()

from databases import Databases  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.models import F, QuerySet  # noqa: E402
from django.utils import timezone  # noqa: E402
from measuring import Outcome, parsed, say  # noqa: E402
from server import services  # noqa: E402
from simulators import simulator  # noqa: E402

from hanportal.celery import app  # noqa: E402
from hanportal.demo.neighbourhood.numbers import national_ids  # noqa: E402
from hanportal.demo.stack.process import end_with  # noqa: E402
from meters.models import HanPort, HeadEnd  # noqa: E402
from orders import actions, tasks  # noqa: E402
from orders.models import Command, Gate, Order, database_now  # noqa: E402
from orders.states import CommandStatus  # noqa: E402
from tests.orders import invariants  # noqa: E402
from tests.orders.world import (  # noqa: E402
    World,
    a_customer,
    a_point_with_meter,
    build_world,
)

KILLS = 12 if os.environ.get("BENCH_FORM") == "short" else 200
MOST_MINUTES = 60
"""No further kill begins after that, so that a slow machine is done with it too."""
ORDERS = 24
"""For each kill. All workers together send most of them at once."""
WORKERS = 4
CONCURRENCY = 6
CONNECT_SECONDS, READ_SECONDS = 1, 2
SWEEP_SECONDS = 1.0
SLOWEST_RESULT = 0.8
SHARE_THAT_CLOSES = 0.3
LOOK_SECONDS = 0.02
REST_SECONDS = 120
FIRST_SERIAL = "7359990000000001"
SEED = 1
IN_DEAD_HANDS = (CommandStatus.SENDING, CommandStatus.AMBIGUOUS)
forking = multiprocessing.get_context("fork")


def fleet(meters: int) -> dict[str, object]:
    """Closed meters, whose head-end answers when it is done."""
    slow = {"preset": "aidon", "delay_from": 0.05, "delay_to": SLOWEST_RESULT}
    first = {"first": FIRST_SERIAL, "head_end": "aidon", "port": "closed"}
    return {
        "head_ends": {"aidon": {**slow, "protocol": "cim-synchronous"}},
        "ranges": [{**first, "count": meters + 1}],
    }


class Workforce:
    """Workers that sweep when the clock rings, and die when they are told to."""

    def __init__(self) -> None:
        self._bell, self._rope = os.pipe()
        self._workers: list[multiprocessing.process.BaseProcess] = []
        self._clock = self._fork(self._tick)

    def begin(self) -> None:
        """Put so many to work."""
        self._workers = [self._fork(self._sweep) for _each in range(WORKERS)]

    def kill(self) -> None:
        """SIGKILL them all."""
        for worker in self._workers:
            os.kill(worker.pid or 0, signal.SIGKILL)
        for worker in self._workers:
            worker.join()
        self._workers = []

    def end(self) -> None:
        """Nobody works here any more."""
        self.kill()
        self._clock.kill()
        self._clock.join()

    def _fork(self, work: Callable[[], None]) -> multiprocessing.process.BaseProcess:
        # A connection that two processes share is of no use to either.
        connections.close_all()
        parent = os.getpid()

        def live() -> None:
            end_with(parent, signal.SIGKILL)
            work()

        process = forking.Process(target=live)
        process.start()
        return process

    def _tick(self) -> None:
        while True:
            os.write(self._rope, b"!")
            time.sleep(SWEEP_SECONDS)

    def _sweep(self) -> None:
        while os.read(self._bell, 1):
            tasks.sweep_commands()
            tasks.reconcile_ports()


class Recovery:
    """Kill after kill, each with new meters and a new customer."""

    def __init__(self, world: World, simulator: str) -> None:
        self.world = world
        self.simulator = simulator
        self.dice = Random(SEED)  # noqa: S311 -- a story, no secret
        self.people = national_ids()
        self.workforce = Workforce()
        self.lease = settings.SEND_LEASE_MARGIN.total_seconds() + (
            CONNECT_SECONDS + READ_SECONDS
        )
        self.hit = self.placed = 0

    @property
    def promise(self) -> float:
        """Seconds: the lease and a sweep."""
        return float(self.lease + SWEEP_SECONDS)

    def measure_one(self) -> float:
        """Order, kill, let others take over; the seconds until they have."""
        while True:
            orders = self._order()
            since = database_now()
            self.workforce.begin()
            until(lambda: sent(since).count() >= CONCURRENCY, "a batch")  # noqa: B023
            time.sleep(self.dice.uniform(0, SLOWEST_RESULT))
            self.workforce.kill()
            killed_at = time.perf_counter()
            under_way = dict(sending(since).values_list("id", "attempts"))
            self.workforce.begin()
            self._change_minds(orders)
            until(partial(all_settled, under_way), "the recovery")
            took = time.perf_counter() - killed_at
            self.workforce.kill()
            if under_way:
                self.hit += len(under_way)
                return took

    def come_to_rest(self) -> None:
        """Let them work until nothing is left to do."""
        self.workforce.begin()
        until(self._is_at_rest, "rest")

    def check(self) -> None:
        """Nothing lost, nothing stale, nothing twice."""
        effects = self._ledger()
        serials = HanPort.objects.values_list("meter__serial", flat=True)
        invariants.assert_nothing_is_lost()
        invariants.assert_everybody_was_told_once()
        invariants.assert_no_stale_opening_was_sent()
        before = dict.fromkeys(serials, "closed")
        invariants.assert_it_is_as_the_meters_are(effects, before)
        invariants.assert_the_log_is_whole()
        done = Counter(effect.command_id for effect in effects)
        twice = [command for command, times in done.items() if times > 1]
        if twice:
            raise RuntimeError(f"{len(twice)} commands were carried out twice.")
        say(
            f"{Order.objects.count():,} orders, {len(effects):,} effects,"
            f" {self.hit:,} commands were under way when their workers were killed"
        )

    def _order(self) -> list[Order]:
        """Each for a customer and a meter of its own."""
        world, orders = self.world, []
        world.now = timezone.now()
        for _each in range(ORDERS):
            self.placed += 1
            world.customer = a_customer(
                f"B{self.placed}", national_id=next(self.people)
            )
            point, _port = a_point_with_meter(
                world.customer, world.head_end, number=self.placed + 1
            )
            orders.append(world.order_opening(metering_point=point))
        return orders

    def _change_minds(self, orders: list[Order]) -> None:
        for order in orders:
            if self.dice.random() < SHARE_THAT_CLOSES:
                self.world.customer = order.placement.customer
                actions.place_closing(
                    customer=self.world.customer,
                    metering_point=order.metering_point,
                    by=self.world.by,
                    now=timezone.now(),
                )

    def _is_at_rest(self) -> bool:
        # What is to be sent again waits a random while, which is not what is measured.
        queued = Command.objects.filter(status=CommandStatus.QUEUED)
        queued.update(not_before=database_now())
        Gate.objects.not_closed().update(probe_at=database_now())
        if Command.objects.live().exists() or Order.objects.live().exists():
            return False
        spoken_to = HanPort.objects.filter(generation__gt=0)
        if spoken_to.exclude(reported=F("desired")).exists():
            return False
        # The ledger is in the order of time: the last of each meter's effects stays.
        real = {effect.serial: effect.state for effect in self._ledger()}
        told = spoken_to.values_list("meter__serial", "reported")
        return all(real.get(serial, "closed") == state for serial, state in told)

    def _ledger(self) -> list[invariants.Effect]:
        return [
            invariants.Effect(
                row["serial"], row["state"], row["correlation_id"], row["message_id"]
            )
            for row in self._ask("/admin/ledger")
        ]

    def _ask(self, path: str) -> Any:
        with urlopen(f"{self.simulator}{path}", timeout=10) as answer:  # noqa: S310 -- loopback
            return json.load(answer)


def sent(since: datetime) -> QuerySet[Command]:
    """What has been taken for sending since then, by the database's clock."""
    return Command.objects.filter(claimed_at__gte=since)


def sending(since: datetime) -> QuerySet[Command]:
    """What of it has had no answer."""
    return sent(since).filter(status=CommandStatus.SENDING)


def all_settled(under_way: dict[UUID, int]) -> bool:
    """Whether none of these waits for those who sent it, or for a reading, any more.

    :param under_way: which attempt each was at.
    """
    in_doubt = Command.objects.filter(pk__in=under_way, status__in=IN_DEAD_HANDS)
    return not any(under_way[command.id] == command.attempts for command in in_doubt)


def until(look: Callable[[], bool], what: str) -> None:
    """Wait for something, looking often.

    :raises TimeoutError: it does not come.
    """
    deadline = time.monotonic() + REST_SECONDS
    while not look():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {REST_SECONDS} s.")
        time.sleep(LOOK_SECONDS)


def a_world(address: str) -> World:
    """Terms, a customer, and the head-end that the simulator plays."""
    HeadEnd.objects.all().delete()
    world = build_world(now=timezone.now())
    HeadEnd.objects.update(
        profile=HeadEnd.Profile.CIM_SYNCHRONOUS,
        endpoint=f"{address}/aidon/soap",
        connect_timeout_seconds=CONNECT_SECONDS,
        read_timeout_seconds=READ_SECONDS,
        max_concurrency=CONCURRENCY,
    )
    world.head_end = HeadEnd.objects.get()
    return world


def measure(options: argparse.Namespace, address: str) -> None:
    """Kill, measure, check, tell."""
    recovery = Recovery(a_world(address), address)
    over = time.monotonic() + options.minutes * 60
    took: list[float] = []
    try:
        while len(took) < options.kills and time.monotonic() < over:
            took.append(recovery.measure_one())
            if not len(took) % 10:
                say(f"{len(took)} kills: the last took {took[-1]:.2f} s")
        recovery.come_to_rest()
    finally:
        recovery.workforce.end()
    recovery.check()
    outcome = Outcome(
        bar="B4",
        pairs=[(seconds, recovery.promise) for seconds in took],
        unit="s",
        limit="≤ 1.5",
        size=f"{ORDERS} orders each",
    )
    if options.record:
        outcome.append_to_results(at=datetime.now(UTC))
    say(outcome.as_json())


def main(arguments: list[str]) -> None:
    """Measure as the command line says."""
    options = parsed(arguments, __doc__, kills=KILLS, minutes=MOST_MINUTES)
    # Each command whose sender was lost is a warning; here that is what is wanted.
    logging.disable(logging.WARNING)
    with (
        services() as addresses,
        tempfile.TemporaryDirectory(prefix="hanportal-bench-") as scratch,
        simulator(Path(scratch), fleet(2 * options.kills * ORDERS)) as address,
    ):
        app.conf.broker_url = addresses["REDIS_URL"]
        databases = Databases(addresses["ADMIN_DATABASE_URL"])
        databases.make_template()
        with databases.register():
            measure(options, address)


if __name__ == "__main__":
    main(sys.argv[1:])
