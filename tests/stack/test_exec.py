"""`exec`: a command beside services of its own, and nothing left afterwards."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.conftest import processes_of, until

pytestmark = pytest.mark.processes

EXEC = [
    sys.executable,
    "-m",
    "hanportal.demo.stack",
    "exec",
    "--",
    sys.executable,
    "-c",
]
ASKS_EVERYBODY = """
import os, psycopg2, redis
with psycopg2.connect(os.environ["ADMIN_DATABASE_URL"]) as connection:
    cursor = connection.cursor()
    cursor.execute("SELECT current_setting('fsync'), upper('æøå')")
    print(*cursor.fetchone())
for name in ("REDIS_URL", "CACHE_URL"):
    print(redis.Redis.from_url(os.environ[name]).ping())
broker = redis.Redis.from_url(os.environ["REDIS_URL"])
print(broker.config_get("maxmemory-policy")["maxmemory-policy"])
print(os.environ["REDIS_URL"] != os.environ["CACHE_URL"])
"""
RESTS = "import signal; print('up', flush=True); signal.pause()"


def test_the_command_finds_its_services(
    own_environment: dict[str, str], scratch: Path
) -> None:
    done = subprocess.run(
        [*EXEC, ASKS_EVERYBODY],
        env=own_environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines() == ["off ÆØÅ", "True", "True", "noeviction", "True"]
    assert done.returncode == 0
    assert processes_of(scratch) == []


def test_the_exit_status_is_the_commands(own_environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*EXEC, "raise SystemExit(7)"], env=own_environment, check=False
    )

    assert done.returncode == 7


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL]
)
def test_no_signal_leaves_a_process(
    number: signal.Signals, own_environment: dict[str, str], scratch: Path
) -> None:
    with subprocess.Popen(
        [*EXEC, RESTS], env=own_environment, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        while "up" not in running.stdout.readline():
            assert running.poll() is None
        names = " ".join(processes_of(scratch))
        assert ("postgres" in names, "valkey-server" in names) == (True, True)

        running.send_signal(number)

        assert until(lambda: processes_of(scratch) == [])
        assert running.wait() != 0
