"""Imports repeated, killed, or meeting each other: real commits, real processes."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from django.db import connection

from hanportal.accounts.models import Customer
from meters.models import MeteringPoint
from meters.register import ImportRunning, import_register
from tests.meters.conftest import NOW
from tests.meters.deliveries import KARIS_NATIONAL_ID, one_home, two_homes

PATIENCE_SECONDS = 60
ROOT = Path(__file__).parents[2]

# Databases copied from one template have the same numbers for their tables.
WAITING = """
SELECT pid FROM pg_locks
WHERE NOT granted AND relation = %s::regclass
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

TABLES = (
    "accounts_customer",
    "meters_hanport",
    "meters_headend",
    "meters_holding",
    "meters_installation",
    "meters_meter",
    "meters_meteringpoint",
)

RowVersions = dict[str, set[tuple[str, str]]]


def row_versions() -> RowVersions:
    """Id and creating transaction of every row in every table of ours."""
    versions = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT id::text, xmin::text FROM {table}")
            versions[table] = set(cursor.fetchall())
    return versions


@contextmanager
def importing(
    folder: Path,
    database: str,
    *,
    command: str = "import_register",
    table: str = "meters_holding",
) -> Iterator["subprocess.Popen[str]"]:
    """An import in a process of its own, stuck before its last file is written.

    It logs in as the application's role, so the rights that an import needs are real.
    """
    environment = os.environ | {"DATABASE_URL": database}
    environment.pop("ADMIN_DATABASE_URL", None)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        process = subprocess.Popen(
            [sys.executable, "manage.py", command, str(folder)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process
        finally:
            cursor.execute("ROLLBACK")
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


def backend_that_waits(
    process: "subprocess.Popen[str]", database: str, *, table: str = "meters_holding"
) -> int:
    """The import's server process, as soon as it waits for the lock."""
    watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
    watchdog.start()
    watcher = psycopg2.connect(database)
    try:
        watcher.autocommit = True
        with watcher.cursor() as cursor:
            while process.poll() is None:
                cursor.execute(WAITING, [table])
                if found := cursor.fetchone():
                    return int(found[0])
    finally:
        watchdog.cancel()
        watcher.close()
    output, _ = process.communicate()
    pytest.fail(f"The import did not get as far as the lock: {output}")


def wait_for_its_end(backend: int) -> None:
    """Until the server process is gone."""
    expired = threading.Event()
    watchdog = threading.Timer(PATIENCE_SECONDS, expired.set)
    watchdog.start()
    with connection.cursor() as cursor:
        while not expired.is_set():
            # Within a transaction the statistics are of one moment unless cleared.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [backend])
            if cursor.fetchone() is None:
                watchdog.cancel()
                return
    pytest.fail("The server process of the killed import lives on.")


def test_a_second_import_changes_nothing(
    committed_head_end: str, tmp_path: Path
) -> None:
    folder = two_homes(tmp_path).write()
    import_register(folder, now=NOW)
    before = row_versions()

    report = import_register(folder, now=NOW)

    assert report.changed_something is False
    assert [(c.read, c.unchanged) for c in report.counts.values()] == [(2, 2)] * 5
    assert row_versions() == before


def test_a_changed_row_is_the_only_one_touched(
    committed_head_end: str, tmp_path: Path
) -> None:
    import_register(two_homes(tmp_path / "first").write(), now=NOW)
    before = row_versions()

    second = two_homes(tmp_path / "second")
    second.lines["meters"] = [
        second.lines["meters"][0],
        second.lines["meters"][1].replace("6525", "6534"),
        second.lines["meters"][2],
    ]
    import_register(second.write(), now=NOW)

    after = row_versions()
    touched = {table: len(after[table] - rows) for table, rows in before.items()}
    assert {table: rows for table, rows in touched.items() if rows} == {
        "meters_meter": 1
    }


@pytest.mark.processes
def test_a_killed_import_leaves_nothing_behind(
    committed_head_end: str, tmp_path: Path
) -> None:
    folder = two_homes(tmp_path).write()
    with importing(folder, committed_head_end) as process:
        backend = backend_that_waits(process, committed_head_end)
        process.kill()
        assert process.wait() == -9
        wait_for_its_end(backend)

    assert MeteringPoint.objects.count() == Customer.objects.count() == 0
    report = import_register(folder, now=NOW)
    assert [c.new for c in report.counts.values()] == [2] * 5


@pytest.mark.processes
def test_an_import_that_loses_the_database_leaves_nothing_behind(
    committed_head_end: str, tmp_path: Path
) -> None:
    folder = two_homes(tmp_path).write()
    with importing(folder, committed_head_end) as process:
        backend = backend_that_waits(process, committed_head_end)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 1
        assert KARIS_NATIONAL_ID not in output

    assert MeteringPoint.objects.count() == Customer.objects.count() == 0


@pytest.mark.processes
def test_two_imports_at_once_are_one_and_a_clear_answer(
    committed_head_end: str, tmp_path: Path
) -> None:
    first = two_homes(tmp_path / "first").write()
    second = one_home(tmp_path / "second").write()
    with importing(first, committed_head_end) as process:
        backend_that_waits(process, committed_head_end)
        with pytest.raises(ImportRunning, match="En annen import"):
            import_register(second, now=NOW)
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, output.count("uendret")) == (0, 1)

    assert MeteringPoint.objects.count() == 2


def test_a_national_id_rests_nowhere_in_clear(
    committed_head_end: str, tmp_path: Path
) -> None:
    import_register(two_homes(tmp_path).write(), now=NOW)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE %s',
                [f"%{KARIS_NATIONAL_ID}%"],
            )
            assert (table, *cursor.fetchone()) == (table, 0)
