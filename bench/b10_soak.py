"""B10: does a worker grow or slow down over two hundred thousand commands?

One process dispatches batch after batch as in B3: claim, look once more, send to the
simulator, settle under the fence, write the log. After each batch its resident memory
is noted, and how long it took for each command. Told are the last quarter of the run
beside its first: the median of the memory, and the 95th percentile of the times. The
closings are queued by the same process, in portions and not timed; the first portion
warms up. Nothing is ever deleted, so the tables grow by all that was done before.

The short form has twenty thousand commands; `--commands 200000` is the bar.
"""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from b3_dispatch import CONCURRENCY, fleet, queue
from databases import Databases
from django.utils import timezone
from measuring import Outcome, parsed, say
from server import services
from simulators import simulator

from meters.models import HeadEnd
from orders import fulfilment
from orders.models import Command
from orders.states import CommandStatus

SHORT_COMMANDS = 20_000
PORTION = 2_000
"""How many closings wait at a time."""
PAGE = os.sysconf("SC_PAGE_SIZE")

Pair = tuple[float, float]


def resident() -> float:
    """This process's resident memory, in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * PAGE / 2**20


def soak(head_end: HeadEnd, numbers: range) -> tuple[list[float], list[float]]:
    """Dispatch them all; memory after each batch, and milliseconds a command."""
    memory, times = [], []
    for start in range(numbers.start, numbers.stop, PORTION):
        queue(head_end, range(start, min(start + PORTION, numbers.stop)))
        while True:
            started = time.perf_counter()
            sent = fulfilment.dispatch(head_end=head_end, clock=timezone.now)
            took = time.perf_counter() - started
            if not sent:
                break
            memory.append(resident())
            times.append(took / sent * 1_000)
        say(f"{start + PORTION:,}: {memory[-1]:.0f} MiB, {median(times[-20:]):.2f} ms")
    return memory, times


def quarters(values: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """The last, and the first."""
    size = len(values) // 4
    return values[-size:], values[:size]


def p95(values: Sequence[float]) -> float:
    """The 95th percentile."""
    return quantiles(values, n=20)[-1]


def measure(address: str, commands: int) -> tuple[Pair, Pair]:
    """Memory and p95, each of the last quarter and of the first."""
    head_end = HeadEnd.objects.create(
        code="bench",
        name="Bench",
        profile=HeadEnd.Profile.CIM_SYNCHRONOUS,
        endpoint=address,
        max_concurrency=CONCURRENCY,
    )
    soak(head_end, range(PORTION))
    memory, times = soak(head_end, range(PORTION, PORTION + commands))
    confirmed = Command.objects.filter(status=CommandStatus.CONFIRMED).count()
    if confirmed != PORTION + commands:
        raise RuntimeError("Not every command was confirmed.")
    late, early = quarters(memory)
    slow, quick = quarters(times)
    return (median(late), median(early)), (p95(slow), p95(quick))


def main(arguments: list[str]) -> None:
    """Measure as the command line says."""
    options = parsed(arguments, __doc__, commands=SHORT_COMMANDS)
    with (
        services() as addresses,
        tempfile.TemporaryDirectory(prefix="hanportal-bench-") as scratch,
        simulator(Path(scratch), fleet(options.commands + PORTION)) as address,
    ):
        databases = Databases(addresses["ADMIN_DATABASE_URL"])
        databases.make_template()
        with databases.register():
            HeadEnd.objects.all().delete()
            memory, times = measure(f"{address}/bench/soap", options.commands)
    size = f"{options.commands:,} commands"
    for outcome in (
        Outcome(bar="B10 p95", pairs=[times], unit="ms", limit="≤ 1.3", size=size),
        Outcome(bar="B10", pairs=[memory], unit="MiB", limit="≤ 1.05", size=size),
    ):
        if options.record:
            outcome.append_to_results(at=datetime.now(UTC))
        say(outcome.as_json())


if __name__ == "__main__":
    main(sys.argv[1:])
