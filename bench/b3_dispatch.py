"""B3: commands confirmed per second, beside bare HTTP and beside Celery's no-op.

Ours is `orders.fulfilment.dispatch` in two processes, as a worker has on two cores;
forking and connecting them is in the time. Each claims a batch with its leases, looks
at intent and deadline once more, commits an Exchange for each, signs and sends, reads
the answer, settles under the fence and writes the log. The head-end is the simulator,
which answers with the result at once (`cim-synchronous`), so that what is measured is
ours and not a meter's patience; each command ends as confirmed. They are closings that
no person ordered: an opening's consent is one row more to lock.

A row of its own tells of results that come as callbacks: the head-end only takes the
command, posts each meter's result to our web server (gunicorn, one process, with the
same database), and what the inbox holds is worked off by the process that dispatches.

The first yardstick is a bare aiohttp loop that posts the same bodies, signed anew, to
the same simulator with as many at a time, and reads the answers. The second, told in a
row of its own, is one Celery worker with two processes and a task that does nothing,
from the first message to the last acknowledgement.

Each pair meets new meters and changes the order.
"""

import argparse
import asyncio
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanportal.settings.test")
for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "ADMIN_DATABASE_URL"):
    os.environ.pop(name, None)
SECRET = "measured"  # noqa: S105 -- between two programs of ours
os.environ["HEAD_END_SECRET_BENCH"] = SECRET
os.environ["HEAD_END_SECRET_CALLER"] = SECRET
os.environ["CLOSING_BRAKE_PER_DAY"] = "100000000"

import django  # noqa: E402 -- after the environment is set

django.setup()

import aiohttp  # noqa: E402
import redis  # noqa: E402
from databases import Databases  # noqa: E402
from django.db import connections  # noqa: E402
from django.utils import timezone  # noqa: E402
from measuring import Outcome, parsed, say  # noqa: E402
from noop import app, noop  # noqa: E402
from server import services  # noqa: E402
from simulators import simulator  # noqa: E402
from web import bound, web  # noqa: E402

from hanportal.celery import app as portal  # noqa: E402
from meters.headend.signing import signature_headers  # noqa: E402
from meters.models import HanPort, HeadEnd, Meter  # noqa: E402
from meters.states import (  # noqa: E402
    DesiredState,
    HanCapability,
    ReportedState,
    ReportSource,
)
from orders import fulfilment  # noqa: E402
from orders.models import Command, Exchange, database_now  # noqa: E402
from orders.states import CommandCause, CommandStatus  # noqa: E402

SHORT_COMMANDS = 1_000
PAIRS = 7
FORK = multiprocessing.get_context("fork")
LONGEST_WAIT = 300
"""Seconds, for results that never come."""
FIRST_SERIAL = 1_000_000_000
CONCURRENCY = 100
ACTION = "http://iec.ch/TC57/2011/EndDeviceControls/CreateEndDeviceControls"


def fleet(meters: int) -> dict[str, Any]:
    """One head-end that answers with the result at once, and that many open meters."""
    quick = {"preset": "aidon", "delay_from": 0, "delay_to": 0}
    first = {"first": str(FIRST_SERIAL), "head_end": "bench", "port": "open"}
    return {
        "head_ends": {"bench": {**quick, "protocol": "cim-synchronous"}},
        "ranges": [{**first, "count": meters}],
    }


def calling_fleet(meters: int, *, callback: str) -> dict[str, Any]:
    """The same, and one more that posts its results to this address."""
    whole = fleet(meters)
    whole["head_ends"]["caller"] = {
        **whole["head_ends"]["bench"],
        "protocol": "cim-events",
        "callback": callback,
    }
    first = {"first": str(FIRST_SERIAL + meters), "head_end": "caller", "port": "open"}
    whole["ranges"].append({**first, "count": meters})
    return whole


@contextmanager
def celery_worker(address: str) -> Iterator[redis.Redis]:
    """One worker with two processes that does nothing; its broker."""
    broker = redis.Redis.from_url(address)
    bare = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
    worker = subprocess.Popen(  # noqa: S603 -- our own program
        [
            *(sys.executable, "-m", "celery", "-A", "noop", "worker"),
            *("--concurrency=2", "--queues=noop", "--loglevel=ERROR"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        cwd=Path(__file__).parent,
        env=bare | {"REDIS_URL": address, "C_FORCE_ROOT": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield broker
    finally:
        worker.terminate()
        worker.wait(timeout=30)


def noop_rate(broker: redis.Redis, number: int) -> float:
    """Tasks a second, from the first message to the last acknowledgement."""
    started = time.perf_counter()
    for _each in range(number):
        noop.delay()
    while broker.llen("noop") or broker.hlen("unacked"):
        time.sleep(0.005)
    return number / (time.perf_counter() - started)


def queue(head_end: HeadEnd, numbers: range) -> None:
    """A closing for each of these meters, due now."""
    meters = [
        Meter(
            serial=str(FIRST_SERIAL + number),
            manufacturer="Aidon",
            model="6525",
            head_end=head_end,
            han_capability=HanCapability.REMOTE,
        )
        for number in numbers
    ]
    Meter.objects.bulk_create(meters)
    now = timezone.now()
    ports = [
        HanPort(
            meter=meter,
            generation=1,
            reported=ReportedState.OPEN,
            reported_at=now,
            reported_source=ReportSource.REGISTER,
        )
        for meter in meters
    ]
    HanPort.objects.bulk_create(ports)
    due = database_now()
    Command.objects.bulk_create(
        Command(
            port=port,
            generation=1,
            desired=DesiredState.CLOSED,
            cause=CommandCause.RECONCILIATION,
            not_before=due,
            queued_at=now,
        )
        for port in ports
    )


def dispatch_rate(head_end: HeadEnd, numbers: range) -> float:
    """Commands a second, until each of them is confirmed."""
    queue(head_end, numbers)
    connections.close_all()
    workers = [FORK.Process(target=send_all, args=(head_end,)) for _each in range(2)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - started
    serials = [str(FIRST_SERIAL + number) for number in numbers]
    confirmed = Command.objects.filter(
        status=CommandStatus.CONFIRMED, port__meter__serial__in=serials
    )
    if confirmed.count() != len(numbers):
        raise RuntimeError("Not every command was confirmed.")
    return len(numbers) / took


def send_all(head_end: HeadEnd) -> None:
    """What one process of a worker does: batch after batch, until nothing is due."""
    while fulfilment.dispatch(head_end=head_end, clock=timezone.now):
        pass
    connections.close_all()


def called_back_rate(head_end: HeadEnd, numbers: range) -> float:
    """The same, where each result is posted to our web server."""
    queue(head_end, numbers)
    serials = [str(FIRST_SERIAL + number) for number in numbers]
    under_way = Command.objects.live().filter(port__meter__serial__in=serials)
    started = time.perf_counter()
    while under_way.exists():
        fulfilment.dispatch(head_end=head_end, clock=timezone.now)
        fulfilment.work_off_callbacks(clock=timezone.now)
        if time.perf_counter() - started > LONGEST_WAIT:
            raise RuntimeError("Not every result came back.")
    return len(numbers) / (time.perf_counter() - started)


def bare_rate(address: str, bodies: list[bytes]) -> float:
    """Posts a second of a loop that only posts."""
    started = time.perf_counter()
    asyncio.run(_post(address, bodies))
    return len(bodies) / (time.perf_counter() - started)


async def _post(address: str, bodies: list[bytes]) -> None:
    permits = asyncio.Semaphore(CONCURRENCY)
    connector = aiohttp.TCPConnector(limit=CONCURRENCY)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def post(body: bytes) -> None:
            headers = signature_headers(
                secret=SECRET, body=body, now=datetime.now(UTC)
            ) | {
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": f'"{ACTION}"',
            }
            async with (
                permits,
                session.post(address, data=body, headers=headers) as answer,
            ):
                answer.raise_for_status()
                await answer.read()

        await asyncio.gather(*map(post, bodies))


def measure(options: argparse.Namespace, address: str, broker: redis.Redis) -> None:
    """Warm up, measure the pairs, tell."""
    head_end = HeadEnd.objects.create(
        code="bench",
        name="Bench",
        profile=HeadEnd.Profile.CIM_SYNCHRONOUS,
        endpoint=f"{address}/bench/soap",
        max_concurrency=CONCURRENCY,
    )
    caller = HeadEnd.objects.create(
        code="caller",
        name="Caller",
        profile=HeadEnd.Profile.CIM_EVENTS,
        endpoint=f"{address}/caller/soap",
        max_concurrency=CONCURRENCY,
    )
    number = options.commands
    far = (options.pairs + 1) * number
    dispatch_rate(head_end, range(number))
    requests = Exchange.objects.order_by("id").values_list("request", flat=True)
    bodies = [bytes(request) for request in requests]
    called_back_rate(caller, range(far, far + number))
    bare_rate(head_end.endpoint, bodies)
    noop_rate(broker, min(number, 200))
    bare, celery, called = [], [], []
    for pair in range(1, options.pairs + 1):
        numbers = range(pair * number, (pair + 1) * number)
        first = bare_rate(head_end.endpoint, bodies) if pair % 2 else None
        ours = dispatch_rate(head_end, numbers)
        beside = first or bare_rate(head_end.endpoint, bodies)
        idle = noop_rate(broker, number)
        theirs = called_back_rate(
            caller, range(far + numbers.start, far + numbers.stop)
        )
        bare.append((ours, beside))
        celery.append((ours, idle))
        called.append((theirs, beside))
        say(
            f"pair {pair}: {ours:.0f} ours, {theirs:.0f} with callbacks, "
            f"{beside:.0f} bare, {idle:.0f} no-op"
        )
    facts = {"unit": "commands/s", "size": f"{number:,} commands"}
    for outcome in (
        Outcome(bar="B3 with callbacks", pairs=called, limit="–", **facts),
        Outcome(bar="B3 beside Celery", pairs=celery, limit="≥ 3", **facts),
        Outcome(bar="B3", pairs=bare, limit="≥ 0.6", **facts),
    ):
        if options.record:
            outcome.append_to_results(at=datetime.now(UTC))
        say(outcome.as_json())


def main(arguments: list[str]) -> None:
    """Measure as the command line says."""
    options = parsed(arguments, __doc__, commands=SHORT_COMMANDS, pairs=PAIRS)
    with (
        services() as addresses,
        tempfile.TemporaryDirectory(prefix="hanportal-bench-") as scratch,
        bound() as (listening, port),
        simulator(
            Path(scratch),
            calling_fleet(
                (options.pairs + 1) * options.commands,
                callback=f"http://127.0.0.1:{port}/hes/caller/callback/",
            ),
        ) as address,
        celery_worker(addresses["REDIS_URL"]) as broker,
    ):
        databases = Databases(addresses["ADMIN_DATABASE_URL"])
        databases.make_template()
        with databases.register():
            HeadEnd.objects.all().delete()
            app.conf.broker_url = addresses["REDIS_URL"]
            portal.conf.broker_url = addresses["REDIS_URL"]
            with web(listening):
                measure(options, address, broker)


if __name__ == "__main__":
    main(sys.argv[1:])
