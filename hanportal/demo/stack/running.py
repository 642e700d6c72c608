"""`run`: the demo until somebody stops it."""

import time
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from hanportal.demo.stack import postgres
from hanportal.demo.stack.demo import Demo
from hanportal.demo.stack.layout import HOST, Folder, Ports, base_port, data_folder
from hanportal.demo.stack.process import StopRequested
from hanportal.demo.stack.staff import STAFF
from hanportal.demo.stack.supervisor import Supervisor


def run_demo(*, given: Mapping[str, str], console: Console) -> int:
    """Start, tell where it is, and watch until a signal comes; the exit status.

    :raises StackFailure: something does not start, or ends by itself.
    """
    ports = Ports.from_base(base_port(given))
    folder = Folder.open(data_folder(given))
    started = time.monotonic()
    try:
        with Supervisor(console) as supervisor:
            demo = Demo(
                folder=folder,
                ports=ports,
                supervisor=supervisor,
                given=given,
                parameters=postgres.DURABLE,
            )
            try:
                demo.start()
                tell(demo, console, seconds=time.monotonic() - started)
                supervisor.watch()
            except StopRequested as request:
                console.print(f"\n{request}: stopping …")
            finally:
                supervisor.stop_all()
        console.print("  [green]✓[/] Everything is stopped")
    finally:
        folder.close()
    return 0


def tell(demo: Demo, console: Console, *, seconds: float) -> None:
    """The addresses and the people to log in as."""
    ports = demo.ports
    console.print(f"\nReady after {seconds:.0f} s\n")
    addresses = Table.grid(padding=(0, 2))
    for what, port in (
        ("The portal", ports.web),
        ("Meters and head-ends", ports.headend),
        ("E-mail that was sent", ports.mail),
        ("The eID provider", ports.eid),
    ):
        addresses.add_row(f"  {what}", f"[bold]http://{HOST}:{port}/[/]")
    console.print(addresses)
    people = Table(title="Log in as", title_justify="left", box=None, pad_edge=True)
    people.add_column("name")
    people.add_column("who it is")
    for person in demo.people():
        people.add_row(person["name"], person["label"])
    console.print()
    console.print(people)
    staff = Table(
        title=f"At work: http://{HOST}:{ports.web}/ansatt/",
        title_justify="left",
        box=None,
        pad_edge=True,
    )
    # What is copied from here must never be cut short, however narrow the window.
    staff.add_column("e-mail", no_wrap=True)
    staff.add_column("who it is", overflow="fold")
    staff.add_column("secret of the authenticator app", no_wrap=True)
    for worker in STAFF:
        staff.add_row(worker.email, worker.label, worker.totp_secret)
    console.print()
    console.print(staff)
    console.print(f" Their password: [bold]{STAFF[0].password}[/]")
    codes = f"http://{HOST}:{ports.eid}/koder"
    console.print(f" What their apps show now: [bold]{codes}[/]")
    console.print("\n The customer system asks the machine interface (docs/api.md):")
    console.print(f" {demo.machine_line()}", soft_wrap=True)
    console.print("\n It tells that the second person moves in at the first one's:")
    console.print(f" {demo.move_line()}", soft_wrap=True)
    console.print(f"\nLogs: {demo.folder.path / 'logs'}. Ctrl-C stops everything.")
