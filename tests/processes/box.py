"""The whole product as real processes, to be killed and started again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import psycopg2
import redis

from hanportal.demo.smoke.minside import MinSide
from hanportal.demo.smoke.world import World, wait_for
from hanportal.demo.stack import valkey
from hanportal.demo.stack.environment import head_end_secrets, product_environment
from hanportal.demo.stack.layout import HOST, Folder, Ports
from hanportal.demo.stack.process import Child, kill_group
from hanportal.demo.stack.programs import Service, Services
from hanportal.demo.stack.staff import write_staff

PROJECT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
IMPATIENT = """
    UPDATE meters_headend SET
    connect_timeout_seconds = 1, read_timeout_seconds = 2, result_wait_seconds = 3
"""
"""When a head-end is given up on: leases follow from it."""


def serves_or_has_ended(service: Service, child: Child) -> bool | None:
    """True once there is nothing more to wait for."""
    return child.has_ended() or service.is_ready() or None


@dataclass
class Box:
    """One portal with its outside world, on a database and Valkeys of its own."""

    folder: Folder
    database_url: str
    static_root: Path
    ports: Ports = field(default_factory=Ports.free)
    children: dict[str, Child] = field(default_factory=dict)
    readiness: dict[str, Service] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        """How each process is started."""
        return Services(
            folder=self.folder,
            ports=self.ports,
            environment=self.environment,
            speed=20,
        )

    @property
    def world(self) -> World:
        """The meters' ledger and the mails."""
        return World(
            f"http://{HOST}:{self.ports.headend}", f"http://{HOST}:{self.ports.mail}"
        )

    def set_up(self) -> None:
        """The register, the terms and the head-ends; nothing runs yet."""
        self.start_valkey("broker", self.ports.broker, valkey.BROKER_MEMORY)
        self.start_valkey("cache", self.ports.cache, valkey.CACHE_MEMORY)
        addresses = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": f"{valkey.address(self.ports.broker)}/0",
            "CACHE_URL": f"{valkey.address(self.ports.cache)}/0",
            "READ_BACK_INTERVAL_SECONDS": "1",
            "STATIC_ROOT": str(self.static_root),
        }
        self.environment = product_environment(
            folder=self.folder,
            ports=self.ports,
            given=dict(os.environ),
            addresses=addresses,
        )
        neighbourhood = str(self.services.neighbourhood)
        today = datetime.now(ZoneInfo("Europe/Oslo")).date()
        self.run(
            *("-m", "hanportal.demo.neighbourhood", "--out", neighbourhood),
            *("--seed", "1", "--points", "20", "--today", today.isoformat()),
        )
        write_staff(self.folder.path / "staff.json")
        codes = self.services.head_ends()
        self.environment |= head_end_secrets(self.folder, codes)
        address = f"http://{HOST}:{self.ports.headend}"
        machine = f"--machine={self.folder.path / 'machine.json'}"
        told = [f"--head-end={code}={address}/{code}/soap" for code in codes]
        self.run(
            "-m", "hanportal.demo.stack.preparation", neighbourhood, machine, *told
        )
        self.ask_database(IMPATIENT)

    def start_valkey(self, name: str, port: int, memory: tuple[str, ...]) -> None:
        """Start one of the two Valkeys."""
        spec = valkey.server(
            name,
            port=port,
            folder=self.folder.path / "valkey" / name,
            log=self.folder.log(name),
            memory=memory,
        )
        self.launch(name, Service(spec, partial(valkey.answers, port)))
        self.wait_until_serving(name)

    @property
    def broker(self) -> "redis.Redis":
        """The broker, as anybody may reach it."""
        return redis.Redis.from_url(self.environment["REDIS_URL"])

    def ask_database(self, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement as the application's role; its rows."""
        with closing(psycopg2.connect(self.database_url)) as connection, connection:
            cursor = connection.cursor()
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def run(self, *command: str) -> str:
        """A program of ours to its end; what it said."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def launch(self, name: str, service: Service) -> None:
        """Start a process, and do not wait for it."""
        assert name not in self.children
        self.children[name] = Child.start(service.spec)
        self.readiness[name] = service

    def wait_until_serving(self, name: str) -> None:
        """Wait until a process that was launched answers."""
        child = self.children[name]
        wait_for(
            f"{name} serves",
            partial(serves_or_has_ended, self.readiness[name], child),
            seconds=READY_SECONDS,
        )
        assert not child.has_ended(), child.log_tail()

    def start(self, *names: str) -> None:
        """Start processes of these names, and wait until each of them serves."""
        for name in names:
            make: Callable[[], Service] = getattr(self.services, name)
            self.launch(name, make())
        for name in names:
            self.wait_until_serving(name)

    def start_second(self, name: str) -> None:
        """Start another process of this name beside the first."""
        folder = replace(self.folder, path=self.folder.path / "second")
        services = replace(self.services, folder=folder, ports=Ports.free())
        make: Callable[[], Service] = getattr(services, name)
        self.launch(f"second {name}", make())
        self.wait_until_serving(f"second {name}")

    def kill_forked(self, name: str) -> None:
        """SIGKILL what a process has forked, and not itself."""
        leader = self.children[name].process.pid
        children = Path(f"/proc/{leader}/task/{leader}/children")
        for child in children.read_text(encoding="ascii").split():
            os.kill(int(child), signal.SIGKILL)

    def kill(self, name: str) -> None:
        """SIGKILL a process and all that it forked, this instant."""
        child = self.children.pop(name)
        kill_group(child.process.pid)
        child.reap()

    def freeze(self, name: str) -> None:
        """SIGSTOP a process and all that it forked."""
        os.killpg(self.children[name].process.pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """SIGCONT a frozen process."""
        os.killpg(self.children[name].process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End everything."""
        for name in list(self.children):
            self.kill(name)

    def visit(self, name: str) -> MinSide:
        """A demo person who has logged in."""
        visit = MinSide(f"http://{HOST}:{self.ports.web}")
        visit.log_in(name)
        return visit

    def people(self) -> list[str]:
        """Names of the demo people: the first has one point with a remote meter."""
        file = self.services.neighbourhood / "people.json"
        return [person["name"] for person in json.loads(file.read_text("utf-8"))]

    def plan_fault(self, fault: str, *, serial: str, parameter: str = "") -> None:
        """Have the head-end do something wrong with the meter's next command."""
        document = {
            "scope": "meter",
            "key": serial,
            "fault": fault,
            "parameter": parameter,
            "times": 1,
        }
        self.head_end("/admin/faults", document)

    def faults_left(self) -> list[dict[str, Any]]:
        """Planned faults that have not struck."""
        left: list[dict[str, Any]] = self.head_end("/admin/faults")
        return left

    def head_end(self, path: str, document: dict[str, Any] | None = None) -> Any:
        """Ask the simulator, or tell it something."""
        request = Request(
            f"http://{HOST}:{self.ports.headend}{path}",
            data=None if document is None else json.dumps(document).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)
