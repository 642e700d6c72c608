"""B1: importing the register, beside `psql \\copy` of the same rows.

Ours is `import_register` from five CSV files to the committed transaction: decoding,
every check of docs/register.md, sealing of national ids, diff, foreign keys, the
triggers that keep periods apart, the log's event. It connects as the application's
role. *Fresh* meets an empty register, *unchanged* the same files a second time.

The yardstick is one psql that runs \\copy, in one transaction, for the same six tables
(points, meters, ports, customers, installations, holdings), with their final ids and
sealed numbers in COPY's text format and in the order of their primary keys. Its tables
carry the same columns, primary keys, unique and other indexes, NOT NULL and CHECK. They
carry no foreign keys and no triggers, and nothing is parsed, validated or compared.

Both write to one PostgreSQL with fsync on, in tables that were empty a moment ago,
after a checkpoint. Each pair changes the order. Memory is the importing process's peak,
after a tenth of the points and after all of them.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanportal.settings.test")
for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "ADMIN_DATABASE_URL"):
    os.environ.pop(name, None)

import django  # noqa: E402 -- after the environment is set

django.setup()

from databases import TABLES, TEMPLATE, Databases  # noqa: E402
from django.db import connections  # noqa: E402
from measuring import Outcome, parsed, say  # noqa: E402
from psycopg2 import sql  # noqa: E402
from server import psql, services  # noqa: E402

from hanportal.audit.management.commands import prepare_database  # noqa: E402
from hanportal.demo.neighbourhood.__main__ import main as draw  # noqa: E402
from meters.register import import_register  # noqa: E402

SHORT_POINTS = 20_000
PAIRS = 7
SEED = 1
TODAY = date(2026, 11, 23)


def timed_import(folder: Path) -> float:
    """Seconds that an import of the folder takes."""
    connections["default"].ensure_connection()
    started = time.perf_counter()
    import_register(folder, now=datetime.now(UTC))
    return time.perf_counter() - started


def write_out(databases: Databases, folder: Path) -> None:
    """The rows of the register as the yardstick takes them."""
    with prepare_database.superuser_connection(
        databases.on("bench_register")
    ) as connection:
        for table in TABLES:
            rows = sql.SQL("COPY (SELECT * FROM {} ORDER BY id) TO STDOUT")
            with (folder / f"{table}.copy").open("wb") as file:
                connection.cursor().copy_expert(
                    rows.format(sql.Identifier(table)), file
                )


def timed_copy(databases: Databases, folder: Path) -> float:
    """Seconds that psql takes to copy the same rows."""
    databases.empty_yardstick()
    copies = [
        f"--command=\\copy yardstick.{table} FROM '{folder / f'{table}.copy'}'"
        for table in TABLES
    ]
    command = [psql(), "--quiet", "--no-psqlrc", "--single-transaction"]
    stop = "--set=ON_ERROR_STOP=1"
    started = time.perf_counter()
    subprocess.run([*command, stop, *copies, databases.on(TEMPLATE)], check=True)  # noqa: S603 -- the wheel's psql
    return time.perf_counter() - started


def peak_megabytes() -> float:
    """The most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def neighbourhood(folder: Path, points: int) -> Path:
    """A seeded delivery, written by a process of its own."""
    arguments = [f"--out={folder}", f"--seed={SEED}", f"--points={points}"]
    draw([*arguments, f"--today={TODAY}"])
    (folder / "fleet.json").unlink()
    return folder


def measure(options: argparse.Namespace, databases: Databases, scratch: Path) -> None:
    """Warm up, measure the pairs, tell."""
    size = f"{options.points:,} points"
    small = neighbourhood(scratch / "small", max(options.points // 10, 100))
    whole = neighbourhood(scratch / "whole", options.points)
    (scratch / "copy").mkdir()
    with databases.register():
        timed_import(small)
    after_small = peak_megabytes()
    with databases.register():
        timed_import(whole)
        write_out(databases, scratch / "copy")
    after_whole = peak_megabytes()
    fresh, unchanged = [], []
    for number in range(options.pairs):
        copied = timed_copy(databases, scratch / "copy") if number % 2 else None
        with databases.register():
            first, again = timed_import(whole), timed_import(whole)
        if copied is None:
            copied = timed_copy(databases, scratch / "copy")
        fresh.append((first, copied))
        unchanged.append((again, copied))
        say(f"pair {number + 1}: \\copy {copied:.2f}, {first:.2f}, {again:.2f} s")
    say(f"peak memory: {after_small:.0f} MB at a tenth, {after_whole:.0f} MB at {size}")
    facts = {"unit": "s", "size": size}
    for outcome in (
        Outcome(bar="B1 unchanged", pairs=unchanged, limit="≤ 1.5", **facts),
        Outcome(bar="B1", pairs=fresh, limit="≤ 2.5", **facts),
    ):
        if options.record:
            outcome.append_to_results(at=datetime.now(UTC))
        say(outcome.as_json())


def main(arguments: list[str]) -> None:
    """Measure as the command line says."""
    options = parsed(arguments, __doc__, points=SHORT_POINTS, pairs=PAIRS)
    with (
        services() as addresses,
        tempfile.TemporaryDirectory(prefix="hanportal-bench-") as scratch,
    ):
        databases = Databases(addresses["ADMIN_DATABASE_URL"])
        databases.make_template()
        measure(options, databases, Path(scratch))


if __name__ == "__main__":
    main(sys.argv[1:])
