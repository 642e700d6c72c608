"""PostgreSQL and the two Valkeys: the wheels' own, or those that addresses name."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hanportal.demo.stack import postgres, valkey
from hanportal.demo.stack.layout import Folder, Ports, ensure_free
from hanportal.demo.stack.process import Child, StackFailure
from hanportal.demo.stack.supervisor import Supervisor

OWNER_ROLE = "hanportal_owner"
APPLICATION_ROLE = "hanportal_app"
DATABASE = "hanportal"
START_SECONDS = 60
PREVIOUS_SERVER_SECONDS = 20
DATABASE_VARIABLES = ("DATABASE_URL", "MIGRATION_DATABASE_URL")


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What the stack stands on."""

    folder: Folder
    ports: Ports
    parameters: Mapping[str, str]
    """PostgreSQL's own settings, durable or throw-away."""

    def start(self, supervisor: Supervisor, given: Mapping[str, str]) -> dict[str, str]:
        """Start what no address in the environment replaces.

        The value is the addresses of all of it, as environment variables.

        :raises StackFailure: a service does not start; says which and why.
        """
        addresses: dict[str, str] = {}
        waits = []
        if "DATABASE_URL" in given:
            addresses |= external_database(given)
        else:
            addresses |= self.database_addresses()
            waits.append(self._start_postgres(supervisor, addresses))
        for variable, name, port, memory in (
            ("REDIS_URL", "broker", self.ports.broker, valkey.BROKER_MEMORY),
            ("CACHE_URL", "cache", self.ports.cache, valkey.CACHE_MEMORY),
        ):
            if variable in given:
                addresses[variable] = given[variable]
                continue
            addresses[variable] = valkey.address(port)
            child = self._start_valkey(supervisor, name, port, memory)
            waits.append((child, partial(valkey.answers, port)))
        for child, is_ready in waits:
            supervisor.wait_until_ready(child, is_ready, seconds=START_SECONDS)
        return addresses

    def database_addresses(self) -> dict[str, str]:
        """The cluster's addresses for its three roles."""
        secrets = self.folder.secrets()

        def address(role: str, database: str = DATABASE) -> str:
            return postgres.address(
                port=self.ports.postgres,
                role=role,
                password=secrets.get(f"database_{role}"),
                database=database,
            )

        return {
            "ADMIN_DATABASE_URL": address(postgres.SUPERUSER, "postgres"),
            "MIGRATION_DATABASE_URL": address(OWNER_ROLE),
            "DATABASE_URL": address(APPLICATION_ROLE),
        }

    def _start_postgres(
        self, supervisor: Supervisor, addresses: Mapping[str, str]
    ) -> tuple[Child, partial[bool]]:
        ensure_free(self.ports.postgres, service="PostgreSQL")
        folder = self.folder.path / "postgres"
        account = postgres.system_account()
        if account is not None:
            for binding in (folder, postgres.BINARIES / "postgres"):
                for changed in postgres.let_through(binding):
                    supervisor.console.print(
                        f"  [dim]{changed}: other users may now pass through, because "
                        "PostgreSQL does not run as root[/]"
                    )
        password = self.folder.secrets().get(f"database_{postgres.SUPERUSER}")
        postgres.initialise(folder, password=password, account=account)
        wait_for_previous_server(folder)
        spec = postgres.server(
            folder,
            port=self.ports.postgres,
            log=self.folder.log("postgres"),
            account=account,
            parameters=self.parameters,
        )
        child = supervisor.start(spec)
        return child, partial(postgres.answers, addresses["ADMIN_DATABASE_URL"])

    def _start_valkey(
        self, supervisor: Supervisor, name: str, port: int, memory: tuple[str, ...]
    ) -> Child:
        ensure_free(port, service=f"Valkey ({name})")
        return supervisor.start(
            valkey.server(
                f"Valkey ({name})",
                port=port,
                folder=self.folder.path / "valkey" / name,
                log=self.folder.log(f"valkey-{name}"),
                memory=memory,
            )
        )


def previous_server_runs(folder: Path) -> bool:
    """Whether a PostgreSQL that nobody supervises still has this folder."""
    try:
        text = (folder / "postmaster.pid").read_text(encoding="utf-8")
        os.kill(int(text.split()[0]), 0)
    except (OSError, ValueError, IndexError):
        return False
    return True


def wait_for_previous_server(folder: Path) -> None:
    """A server whose supervisor was killed is still shutting down; let it finish."""
    deadline = time.monotonic() + PREVIOUS_SERVER_SECONDS
    while previous_server_runs(folder) and time.monotonic() < deadline:
        time.sleep(0.1)


def external_database(given: Mapping[str, str]) -> dict[str, str]:
    """The addresses of a PostgreSQL that is not ours.

    :raises StackFailure: the owner's address is missing.
    """
    missing = [name for name in DATABASE_VARIABLES if name not in given]
    if missing:
        raise StackFailure(
            f"With DATABASE_URL (role {APPLICATION_ROLE}), set {', '.join(missing)} "
            f"(role {OWNER_ROLE}) too, and ADMIN_DATABASE_URL (a superuser) if the "
            "roles are still to be made."
        )
    names = (*DATABASE_VARIABLES, "ADMIN_DATABASE_URL")
    return {name: given[name] for name in names if name in given}
