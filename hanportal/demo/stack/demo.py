"""The whole demo, started in order: data, outside world, product."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hanportal.demo.stack.environment import (
    DEFAULT_POINTS,
    DEFAULT_SPEED,
    head_end_secrets,
    number,
    product_environment,
)
from hanportal.demo.stack.foundation import Foundation
from hanportal.demo.stack.layout import HOST, Folder, Ports, ensure_free
from hanportal.demo.stack.process import Child, Spec
from hanportal.demo.stack.programs import PYTHON, Service, Services
from hanportal.demo.stack.staff import write_staff
from hanportal.demo.stack.stamps import Stamp, files_under, fingerprint
from hanportal.demo.stack.supervisor import Step, Supervisor

PROJECT = Path(__file__).resolve().parents[3]
LOCK = PROJECT / "requirements" / "dev.lock"
SEED = 20
START_SECONDS = 60
STEP_SECONDS = 600


class Demo:
    """One stack, from nothing to a portal that answers."""

    def __init__(
        self,
        *,
        folder: Folder,
        ports: Ports,
        supervisor: Supervisor,
        given: Mapping[str, str],
        parameters: Mapping[str, str],
    ) -> None:
        """`parameters` are PostgreSQL's own settings, durable or throw-away."""
        self.folder = folder
        self.ports = ports
        self.supervisor = supervisor
        self.given = given
        self.foundation = Foundation(folder=folder, ports=ports, parameters=parameters)
        self.environment: dict[str, str] = {}

    @property
    def services(self) -> Services:
        """The services, with the environment as far as it is known."""
        return Services(
            folder=self.folder,
            ports=self.ports,
            environment=self.environment,
            speed=number(self.given, "HANPORTAL_SPEED", DEFAULT_SPEED),
        )

    def start(self) -> None:
        """Start everything.

        :raises StackFailure: something does not start; says what and why.
        :raises StopRequested: a signal came in between.
        """
        self._check_ports()
        self.ports.keep_in(self.folder.ports_file)
        addresses = self.foundation.start(self.supervisor, self.given)
        self.environment = product_environment(
            folder=self.folder,
            ports=self.ports,
            given=self.given,
            addresses=addresses,
        )
        static = self._begin_static_files()
        self._write_neighbourhood()
        write_staff(self.folder.path / "staff.json")
        codes = self.services.head_ends()
        self.environment |= head_end_secrets(self.folder, codes)
        services = self.services
        outside = [
            self._launch(services.head_end_simulator()),
            self._launch(services.eid_provider()),
            self._launch(services.mail_server()),
        ]
        self._prepare_database(codes)
        self._finish_static_files(static)
        product = [
            self._launch(services.worker()),
            self._launch(services.beat()),
            self._launch(services.web()),
        ]
        self._await(outside + product)

    @property
    def machine_file(self) -> Path:
        """The id and secret of the demo's client of the machine interface."""
        return self.folder.path / "machine.json"

    def machine_line(self) -> str:
        """One line for a shell, which asks the machine interface about a point."""
        gsrn = self._first_of("metering_points", row=1)
        return f"{self._asking()}/metering-points/{gsrn}"

    def move_line(self) -> str:
        """One line for a shell: the second customer moves in at the first one's."""
        event = (
            """{"items": [{"id": "demo-'$(date +%s)'", "kind": "moved_in","""
            f""" "gsrn": "{self._first_of("metering_points", row=1)}","""
            """ "effective_on": "'$(TZ=Europe/Oslo date +%F)'","""
            f""" "customer_number": "{self._first_of("customers", row=2)}"}}]}}"""
        )
        return (
            f"{self._asking()}/events -H 'Content-Type: application/json' -d '{event}'"
        )

    def _asking(self) -> str:
        """The machine interface, asked with a fresh token; its path comes next."""
        kept = json.loads(self.machine_file.read_text(encoding="utf-8"))
        api = f"http://{HOST}:{self.ports.web}/api/v1"
        token = (
            f"curl -s -u {kept['client_id']}:{kept['client_secret']}"
            f" -d grant_type=client_credentials {api}/token | cut -d'\"' -f4"
        )
        return f'curl -H "Authorization: Bearer $({token})" {api}'

    def _first_of(self, file: str, *, row: int) -> str:
        """What stands first in a row of one of the register's files."""
        path = self.services.neighbourhood / f"{file}.csv"
        return path.read_text(encoding="utf-8").splitlines()[row].split(",")[0]

    def people(self) -> list[dict[str, str]]:
        """The demo's people, as the eID provider knows them."""
        file = self.services.neighbourhood / "people.json"
        people: list[dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
        return people

    def _check_ports(self) -> None:
        for service in ("web", "eid", "headend", "mail", "smtp"):
            ensure_free(getattr(self.ports, service), service=service)

    def _step(self, name: str, log: str, *command: str) -> Spec:
        return Spec(
            name=name,
            command=[PYTHON, *command],
            log=self.folder.log(log),
            environment=self.environment,
        )

    def _begin(self, name: str, log: str, *command: str) -> Step:
        manage = str(PROJECT / "manage.py")
        return self.supervisor.start_step(self._step(name, log, manage, *command))

    def _manage(self, name: str, log: str, *command: str) -> None:
        step = self._begin(name, log, *command)
        self.supervisor.finish_step(step, seconds=STEP_SECONDS)

    def _launch(self, service: Service) -> tuple[Child, Service]:
        return self.supervisor.start(service.spec), service

    def _await(self, launched: list[tuple[Child, Service]]) -> None:
        for child, service in launched:
            self.supervisor.wait_until_ready(
                child, service.is_ready, seconds=START_SECONDS
            )

    def _stamp(self, name: str) -> Stamp:
        return Stamp(self.folder.path / "stamps" / name)

    def _begin_static_files(self) -> Step | None:
        """Collect the files that browsers load, unless that has been done."""
        if self._stamp("static").says(self._static_fingerprint()):
            return None
        return self._begin("Static files", "static", "collectstatic", "--no-input")

    def _finish_static_files(self, step: Step | None) -> None:
        if step is not None:
            self.supervisor.finish_step(step, seconds=STEP_SECONDS)
            self._stamp("static").set(self._static_fingerprint())

    def _static_fingerprint(self) -> str:
        sources = files_under(PROJECT / ".frontend", PROJECT / "hanportal" / "static")
        return fingerprint([*sources, LOCK])

    def _write_neighbourhood(self) -> None:
        """The demo's register, unless these files are there from the last time."""
        folder = self.services.neighbourhood
        points = int(number(self.given, "HANPORTAL_POINTS", DEFAULT_POINTS))
        generator = files_under(PROJECT / "hanportal" / "demo" / "neighbourhood")
        recipe = fingerprint(generator, points, SEED)
        if self._stamp("neighbourhood").says(recipe):
            return
        folder.mkdir(parents=True, exist_ok=True)
        today = datetime.now(ZoneInfo("Europe/Oslo")).date().isoformat()
        step = self._step(
            f"Demo register of {points} points",
            "neighbourhood",
            *("-m", "hanportal.demo.neighbourhood", "--out", str(folder)),
            *("--seed", str(SEED), "--points", str(points), "--today", today),
        )
        self.supervisor.run_step(step, seconds=STEP_SECONDS)
        self._stamp("neighbourhood").set(recipe)

    def _prepare_database(self, codes: list[str]) -> None:
        """Roles, tables and rows. A database that is not ours is always looked at."""
        is_ours = "DATABASE_URL" not in self.given
        wanted = self._database_fingerprint()
        if is_ours and self._stamp("database").says(wanted):
            return
        if "ADMIN_DATABASE_URL" in self.environment:
            self._manage("Database roles", "prepare_database", "prepare_database")
        self._manage("Tables", "migrate", "migrate", "--no-input")
        self.supervisor.run_step(self._rows(codes), seconds=STEP_SECONDS)
        if is_ours:
            self._stamp("database").set(wanted)

    def _rows(self, codes: list[str]) -> Spec:
        address = f"http://{HOST}:{self.ports.headend}"
        head_ends = [
            part for c in codes for part in ("--head-end", f"{c}={address}/{c}/soap")
        ]
        return self._step(
            "Terms, head-ends and register",
            "preparation",
            *("-m", "hanportal.demo.stack.preparation"),
            *("--machine", str(self.machine_file)),
            *(str(self.services.neighbourhood), *head_ends),
        )

    def _database_fingerprint(self) -> str:
        migrations = [
            file
            for pattern in ("*/migrations/*.py", "hanportal/*/migrations/*.py")
            for file in PROJECT.glob(pattern)
        ]
        rows = files_under(PROJECT / "orders" / "terms", self.services.neighbourhood)
        return fingerprint([*migrations, *rows, LOCK], self.ports.headend)
