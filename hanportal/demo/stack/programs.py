"""Every process of the demo but the databases: how it is started, how it is healthy."""

import http.client
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path

from hanportal.demo.stack.layout import HOST, Folder, Ports
from hanportal.demo.stack.process import Spec

CLIENT_ID = "hanportal-demo"
QUEUES = "dispatch,notices"
WORKER_PROCESSES = 2
WEB_PROCESSES = 2
WEB_THREADS = 4
PYTHON = sys.executable


@dataclass(frozen=True)
class Service:
    """A process that stays, and the question that tells whether it serves."""

    spec: Spec
    is_ready: Callable[[], bool]


def http_answers(port: int, path: str) -> bool:
    """Whether an address on loopback answers without an error of its own."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < HTTPStatus.BAD_REQUEST
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def log_says(log: Path, words: str) -> bool:
    """Whether a process that has no address has written these words."""
    try:
        return words in log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


@dataclass(frozen=True, kw_only=True)
class Services:
    """The services of one stack."""

    folder: Folder
    ports: Ports
    environment: Mapping[str, str]
    speed: float
    """The head-end simulator divides its delays by this."""

    @property
    def neighbourhood(self) -> Path:
        """The demo register's files."""
        return self.folder.path / "neighbourhood"

    def module(self, name: str, file: str, *arguments: str) -> Spec:
        """`python -m …` with its log."""
        return Spec(
            name=name,
            command=[PYTHON, "-m", *arguments],
            log=self.folder.log(file),
            environment=self.environment,
        )

    def head_ends(self) -> list[str]:
        """Codes of the head-ends in the demo's fleet."""
        fleet = json.loads((self.neighbourhood / "fleet.json").read_text("utf-8"))
        return sorted(fleet["head_ends"])

    def head_end_simulator(self) -> Service:
        """The meters and their head-ends; it takes its secrets from the environment."""
        spec = self.module(
            "Head-end simulator",
            "headend",
            "hanportal.demo.headend",
            *("--port", str(self.ports.headend)),
            *("--fleet", str(self.neighbourhood / "fleet.json")),
            *("--ledger", str(self.folder.path / "headend.sqlite")),
            *("--seed", "1", "--speed", str(self.speed)),
        )
        return Service(spec, partial(http_answers, self.ports.headend, "/healthz"))

    def eid_provider(self) -> Service:
        """Where the demo's people log in."""
        portal = self.environment["PORTAL_BASE_URL"]
        spec = self.module(
            "eID provider",
            "eid",
            "hanportal.demo.eid",
            *("--port", str(self.ports.eid)),
            *("--people", str(self.neighbourhood / "people.json")),
            *("--staff", str(self.folder.path / "staff.json")),
            *("--issuer", self.environment["EID_ISSUER"]),
            *("--client-id", self.environment["EID_CLIENT_ID"]),
            # One word: a secret may begin with a dash.
            f"--client-secret={self.environment['EID_CLIENT_SECRET']}",
            *("--redirect-uri", f"{portal}/logg-inn/retur/"),
        )
        path = "/.well-known/openid-configuration"
        return Service(spec, partial(http_answers, self.ports.eid, path))

    def mail_server(self) -> Service:
        """Takes the mail, and shows it."""
        spec = self.module(
            "Mail server",
            "mail",
            "hanportal.demo.mail",
            *("--smtp-port", str(self.ports.smtp)),
            *("--http-port", str(self.ports.mail)),
            *("--maildir", str(self.folder.path / "mail")),
        )
        return Service(spec, partial(http_answers, self.ports.mail, "/healthz"))

    def worker(self) -> Service:
        """Sends commands and notices."""
        spec = self.module(
            "Worker",
            "worker",
            *("celery", "-A", "hanportal.celery", "worker", "--queues", QUEUES),
            *("--concurrency", str(WORKER_PROCESSES), "--loglevel", "INFO"),
            *("--hostname", f"worker-{self.ports.web}@hanportal"),
            *("--without-gossip", "--without-mingle"),
        )
        return Service(spec, partial(log_says, spec.log, " ready."))

    def beat(self) -> Service:
        """Rings for the sweeps. One that was killed leaves nothing that matters."""
        folder = self.folder.path / "beat"
        folder.mkdir(parents=True, exist_ok=True)
        spec = self.module(
            "Beat",
            "beat",
            *("celery", "-A", "hanportal.celery", "beat", "--loglevel", "INFO"),
            *("--schedule", str(folder / "schedule"), "--pidfile", ""),
        )
        return Service(spec, partial(log_says, spec.log, "beat: Starting"))

    def web(self) -> Service:
        """The portal."""
        spec = self.module(
            "Portal",
            "web",
            *("gunicorn", "hanportal.wsgi:application"),
            *("--bind", f"{HOST}:{self.ports.web}"),
            *("--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS)),
            *("--graceful-timeout", "5"),
            "--no-control-socket",
        )
        return Service(spec, partial(http_answers, self.ports.web, "/livez"))
