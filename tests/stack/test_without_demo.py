"""The product alone, as the image holds it: production settings under gunicorn."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hanportal.demo.setup.checks import production_environment
from tests.conventions.source import PACKAGES, ROOT

pytestmark = pytest.mark.processes

HOST_NAME = "han.example.no"
STOP_SECONDS = 60
ASKS_FOR_TASKS = """
from hanportal.celery import app
app.loader.import_default_modules()
scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
print(len(scheduled) > 0, sorted(scheduled - set(app.tasks)))
"""


@pytest.fixture(scope="module")
def product_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile's build stage leaves: the packages, and static files."""
    folder = tmp_path_factory.mktemp("image") / "app"
    for name in (*PACKAGES, "templates", ".frontend"):
        shutil.copytree(
            ROOT / name,
            folder / name,
            ignore=shutil.ignore_patterns("__pycache__", "demo"),
        )
    shutil.copy(ROOT / "manage.py", folder)
    manage(
        folder,
        *("collectstatic", "--no-input"),
        *("--settings", "hanportal.settings.collecting"),
        environment={},
    )
    shutil.rmtree(folder / ".frontend")
    return folder


@pytest.fixture
def environment(committed_database: str) -> dict[str, str]:
    """What production demands, with the services of the tests."""
    return {
        **production_environment(),
        "DATABASE_URL": committed_database,
        "REDIS_URL": os.environ["REDIS_URL"],
        "CACHE_URL": os.environ["CACHE_URL"],
        "TRUST_FORWARDED_PROTO": "true",
    }


def clean(environment: dict[str, str]) -> dict[str, str]:
    """An environment with nothing of the tests' own."""
    return {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment}


def manage(
    folder: Path, *arguments: str, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """A management command in the folder of the product; it must succeed."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=folder,
        env=clean(environment),
        capture_output=True,
        text=True,
        check=True,
    )


@contextmanager
def gunicorn(folder: Path, environment: dict[str, str]) -> Iterator[int]:
    """The web process on a port of its own, which is the value."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "hanportal.wsgi:application"),
            *("--bind", "127.0.0.1:0", "--workers", "1", "--threads", "2"),
            "--no-control-socket",
        ],
        cwd=folder,
        env=clean(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as web:
        try:
            yield port_that_is_told(web)
        finally:
            web.terminate()
            web.wait(timeout=STOP_SECONDS)


def port_that_is_told(web: subprocess.Popen[str]) -> int:
    """Where gunicorn says that it listens; requests wait until a worker takes them."""
    said = []
    assert web.stdout is not None
    for line in web.stdout:
        said.append(line)
        found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line)
        if found:
            return int(found[1])
    pytest.fail("".join(said))


def get(port: int, path: str, *, over: str | None, host: str) -> tuple[int, str]:
    """Status, and the address that it leads to or else the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": host} | ({"X-Forwarded-Proto": over} if over else {})
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        return answer.status, answer.getheader("Location") or body
    finally:
        connection.close()


def test_the_product_serves_without_the_demo(
    product_folder: Path, environment: dict[str, str]
) -> None:
    assert not (product_folder / "hanportal" / "demo").exists()

    with gunicorn(product_folder, environment) as port:
        alive = get(port, "/livez", over="https", host=HOST_NAME)
        ready = get(port, "/readyz", over=None, host=HOST_NAME)
        front = get(port, "/", over="https", host=HOST_NAME)
        plain = get(port, "/", over="http", host=HOST_NAME)
        stranger = get(port, "/", over="https", host="evil.example")
        sheet = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', front[1])
        style = get(port, sheet[1] if sheet else "", over="https", host=HOST_NAME)
        probe = subprocess.run(
            [sys.executable, "-m", "hanportal.monitoring.probe", str(port)],
            cwd=product_folder,
            env=clean(environment),
            capture_output=True,
            text=True,
            check=False,
        )

    assert alive == (200, "ok\n")
    services = '"database": "ok", "broker": "ok", "cache": "ok"'
    assert ready == (200, f'{{"ready": true, {services}}}')
    assert front[0] == 200
    assert plain == (301, f"https://{HOST_NAME}/")
    assert stranger[0] == 400
    assert style[0] == 200
    assert (probe.returncode, probe.stdout) == (0, f"{ready[1]}\n")


def test_the_probe_says_when_nobody_answers(
    product_folder: Path, environment: dict[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])

    probe = subprocess.run(
        [sys.executable, "-m", "hanportal.monitoring.probe", str(port)],
        cwd=product_folder,
        env=clean(environment),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (probe.returncode, probe.stdout) == (1, "[Errno 111] Connection refused\n")


def test_workers_and_the_clock_know_their_tasks_without_the_demo(
    product_folder: Path, environment: dict[str, str]
) -> None:
    told = subprocess.run(
        [sys.executable, "-c", ASKS_FOR_TASKS],
        cwd=product_folder,
        env=clean(environment),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (told.stdout, told.returncode) == ("True []\n", 0), told.stderr
