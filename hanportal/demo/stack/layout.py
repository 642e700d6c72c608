"""Where a stack lives: its ports and its folder. Two stacks never share either."""

import fcntl
import json
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from hanportal.demo.stack.process import StackFailure

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
PROJECT = Path(__file__).resolve().parents[3]
MARKER = "made-by-hanportal-demo"
"""A file in every data folder that the demo made: only such a folder is deleted."""

SERVICES = (
    "web",
    "eid",
    "headend",
    "mail",
    "smtp",
    "postgres",
    "broker",
    "cache",
)
"""Each service's port is the base port plus its place in this list."""


@dataclass(frozen=True)
class Ports:
    """One port per service, on the loopback address."""

    web: int
    eid: int
    headend: int
    mail: int
    smtp: int
    postgres: int
    broker: int
    cache: int

    @classmethod
    def from_base(cls, base: int) -> "Ports":
        """Consecutive ports from a base; a base of 0 takes any that are free."""
        if base == 0:
            return cls.free()
        return cls(*(base + offset for offset in range(len(SERVICES))))

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody listens on at this moment."""
        with ExitStack() as held:
            sockets = [held.enter_context(socket.socket()) for _ in SERVICES]
            for listener in sockets:
                listener.bind((HOST, 0))
            return cls(*(int(listener.getsockname()[1]) for listener in sockets))

    @classmethod
    def kept_in(cls, file: Path) -> "Ports":
        """The ports that a stack said it has.

        :raises StackFailure: it has not said so yet.
        """
        try:
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise StackFailure("The stack is still starting; try again.") from error

    def keep_in(self, file: Path) -> None:
        """Say which ports this stack has, for those who come later."""
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")


def ensure_free(port: int, *, service: str) -> None:
    """Refuse a port that somebody listens on.

    :raises StackFailure: it is taken; says how to choose others.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise StackFailure(
                f"Port {port}, which {service} needs, is taken. Choose other ports: "
                f"HANPORTAL_PORT=9000 make run (0 takes any free ones)."
            ) from error


def base_port(environment: Mapping[str, str]) -> int:
    """HANPORTAL_PORT as a number.

    :raises StackFailure: it is not a usable port number.
    """
    value = environment.get("HANPORTAL_PORT", str(DEFAULT_PORT))
    if not value.isdigit() or not (value == "0" or 1024 <= int(value) <= 65_000):
        raise StackFailure(
            f"HANPORTAL_PORT is {value!r}; it must be 0 or a number from 1024 to 65000."
        )
    return int(value)


def data_folder(environment: Mapping[str, str]) -> Path:
    """HANPORTAL_DATA, or `.data` in the project."""
    value = environment.get("HANPORTAL_DATA", "")
    return Path(value).expanduser().resolve() if value else PROJECT / ".data"


@dataclass
class Folder:
    """The data folder of one stack, locked while the stack runs."""

    path: Path
    lock: IO[str]

    @classmethod
    def open(cls, path: Path) -> "Folder":
        """Make the folder and take it.

        :raises StackFailure: another stack has it, or it cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            if not any(path.iterdir()):
                (path / MARKER).touch()
            lock = (path / "stack.lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise StackFailure(f"Cannot use the data folder {path}: {error}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise StackFailure(
                f"A stack already runs in {path}. Stop it, or choose another folder: "
                "HANPORTAL_DATA=folder make run."
            ) from error
        return cls(path, lock)

    @classmethod
    def of_running_stack(cls, path: Path) -> "Folder":
        """The folder of a stack that runs, without taking it.

        :raises StackFailure: no stack runs there.
        """
        absent = StackFailure(f"No demo runs in {path}. Start it: make run.")
        try:
            lock = (path / "stack.lock").open(encoding="utf-8")
        except OSError as error:
            raise absent from error
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return cls(path, lock)
        lock.close()
        raise absent

    @staticmethod
    def is_ours(path: Path) -> bool:
        """Whether the demo made this folder; one that it only writes to is not."""
        return (path / MARKER).is_file()

    @property
    def ports_file(self) -> Path:
        """Where the stack says which ports it has."""
        return self.path / "ports.json"

    def close(self) -> None:
        """Let the next stack have it."""
        self.lock.close()

    def log(self, name: str) -> Path:
        """Where a service's output goes."""
        return self.path / "logs" / f"{name}.log"

    def secrets(self) -> "Secrets":
        """The folder's own passwords and keys; made once."""
        return Secrets.kept_in(self.path / "secrets.json")


@dataclass
class Secrets:
    """Random passwords and keys that belong to the rows in this folder's database."""

    file: Path
    values: dict[str, str]

    @classmethod
    def kept_in(cls, file: Path) -> "Secrets":
        """The secrets of a file, which only its owner can read."""
        if file.exists():
            return cls(file, json.loads(file.read_text(encoding="utf-8")))
        return cls(file, {})

    def get(self, name: str, *, make: Callable[[], str] = secrets.token_urlsafe) -> str:
        """The secret of this name; made and kept the first time."""
        if name not in self.values:
            self.values[name] = make()
            self.file.touch(mode=0o600)
            self.file.write_text(json.dumps(self.values, indent=1), encoding="utf-8")
        return self.values[name]
