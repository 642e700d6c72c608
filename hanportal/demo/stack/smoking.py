"""`smoke`: a stack of its own, the main job played from outside, nothing left."""

import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from hanportal.demo.stack import postgres
from hanportal.demo.stack.demo import PROJECT, Demo
from hanportal.demo.stack.isolated import run_in_foreground
from hanportal.demo.stack.layout import HOST, Folder, Ports
from hanportal.demo.stack.supervisor import Supervisor

SPEED = "10"
POINTS = "120"


def run_smoke(*, given: Mapping[str, str], console: Console) -> int:
    """Start on free ports in a fresh folder, play, verify the log; the exit status.

    The folder with the logs is kept when something went wrong.

    :raises StackFailure: something does not start.
    :raises StopRequested: a signal came while it was starting.
    """
    settings = {"HANPORTAL_SPEED": SPEED, "HANPORTAL_POINTS": POINTS, **given}
    scratch = Path(tempfile.mkdtemp(prefix="hanportal-smoke-"))
    scratch.chmod(0o711)
    status = 1
    try:
        status = play(scratch / "data", given=settings, console=console)
    finally:
        if status == 0:
            shutil.rmtree(scratch)
        else:
            console.print(f"Logs and data are kept in {scratch}")
    return status


def play(path: Path, *, given: Mapping[str, str], console: Console) -> int:
    """Start a stack in the folder, play against it, stop it; the exit status.

    :raises StackFailure: something does not start.
    :raises StopRequested: a signal came while it was starting.
    """
    folder = Folder.open(path)
    with Supervisor(console) as supervisor:
        demo = Demo(
            folder=folder,
            ports=Ports.free(),
            supervisor=supervisor,
            given=given,
            parameters=postgres.THROW_AWAY,
        )
        demo.start()
        verify = [sys.executable, str(PROJECT / "manage.py"), "verify_audit"]
        for command in (client_command(demo), verify):
            status = run_in_foreground(command, demo.environment, supervisor)
            if status != 0:
                return status
        supervisor.check()
    return 0


def client_command(demo: Demo) -> list[str]:
    """The smoke client, told nothing but addresses and people."""
    ports = demo.ports
    staff = demo.folder.path / "staff.json"
    return [
        *(sys.executable, "-m", "hanportal.demo.smoke"),
        *("--portal", f"http://{HOST}:{ports.web}"),
        *("--head-end", f"http://{HOST}:{ports.headend}"),
        *("--mail", f"http://{HOST}:{ports.mail}"),
        *("--people", str(demo.services.neighbourhood / "people.json")),
        *("--staff", str(staff)),
        *("--machine", str(demo.machine_file)),
        *("--register", str(demo.services.neighbourhood)),
    ]
