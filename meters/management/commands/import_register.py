"""`manage.py import_register FOLDER`: bring the register up to five CSV files."""

from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from meters.register import (
    ImportReport,
    ImportRunning,
    RegisterUnusable,
    Rejection,
    Stage,
    TooManyRejected,
    import_register,
)

TOLD_ROWS = 50
"""How many refused rows, and as many warnings, are printed unless asked otherwise."""

HELD = 3
"""Exit status when the brake held a delivery's endings back; its rows landed."""


class _Bars:
    """A progress bar for each file that is read and each that is merged."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.tasks: dict[tuple[Stage, str], TaskID] = {}

    def __call__(self, stage: Stage, file_name: str, done: int, total: int) -> None:
        """Move the bar of this stage and file."""
        verb = _("leser") if stage is Stage.READ else _("fletter")
        key = (stage, file_name)
        if key not in self.tasks:
            self.tasks[key] = self.progress.add_task(f"{verb} {file_name}", total=total)
        self.progress.update(self.tasks[key], completed=done)


def _created(file: Path) -> TextIO:
    """The file, opened before anything is read: a bad path must not cost an import."""
    try:
        # With a byte order mark, which spreadsheets need to know UTF-8.
        return file.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise CommandError(
            _("%(path)s kan ikke skrives (%(why)s). Velg en annen fil.")
            % {"path": file, "why": error.strerror}
        ) from error


def _held(report: ImportReport) -> str:
    return _(
        "Holdt tilbake: bremsen lot ikke leveransen avslutte det den mangler. "
        "Radene i den er importert. To personer frigir resten, hver for seg: "
        "manage.py release_register_delivery %(id)s --by ANSATTNUMMER"
    ) % {"id": report.id}


def endings_told(report: ImportReport) -> str:
    """What a complete delivery ended or would end, in one line."""
    endings = report.endings
    if endings is None:
        return ""
    return _(
        "Mangler i leveransen: %(holdings)d nettavtaler, %(installations)d "
        "målerplasseringer. Avsluttet: %(ended)d. Grense for dagen: %(limit)d, "
        "brukt før: %(before)d. Rader uten lesbar nøkkel: %(unreadable)d."
    ) % {
        "holdings": endings.holdings,
        "installations": endings.installations,
        "ended": report.ended,
        "limit": endings.limit,
        "before": endings.before,
        "unreadable": endings.unreadable,
    }


class Command(BaseCommand):
    """Imports a delivery and prints what became of it."""

    help = "Import metering points, meters, customers and who holds what (CSV)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder, and how many refused rows are too many."""
        parser.add_argument("folder", type=Path, help="with the five files")
        parser.add_argument(
            "--max-rejections",
            type=int,
            help="change nothing when more rows than this are refused",
        )
        parser.add_argument(
            "--rejections",
            type=Path,
            metavar="FILE",
            help="write every refused row to this CSV file",
        )
        parser.add_argument(
            "--show",
            type=int,
            default=TOLD_ROWS,
            help=f"how many refused rows to print (default {TOLD_ROWS})",
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Import, then tell. Fails when the files could not be used."""
        columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
        console = Console(stderr=True)
        with ExitStack() as stack:
            told_rows = options["rejections"]
            stream = stack.enter_context(_created(told_rows)) if told_rows else None
            bars = _Bars(stack.enter_context(Progress(*columns, console=console)))
            try:
                report = import_register(
                    options["folder"],
                    now=timezone.now(),
                    progress=bars,
                    rejections=stream,
                    max_rejections=options["max_rejections"],
                )
            except (RegisterUnusable, ImportRunning, TooManyRejected) as error:
                raise CommandError(str(error)) from error
        self._tell(report, show=options["show"])
        if report.held:
            raise CommandError(_held(report), returncode=HELD)

    def _tell(self, report: ImportReport, *, show: int) -> None:
        table = Table()
        headings = _("fil"), _("lest"), _("nye"), _("endret"), _("uendret"), _("avvist")
        for heading in headings:
            table.add_column(
                heading, justify="left" if table.columns == [] else "right"
            )
        for name, each in report.counts.items():
            numbers = (each.read, each.new, each.changed, each.unchanged, each.rejected)
            table.add_row(name, *map(str, numbers))
        console = Console(width=100)
        with console.capture() as printed:
            console.print(table)
        self.stdout.write(printed.get())
        if told := endings_told(report):
            self.stdout.write(told)
        warned = sum(each.warnings for each in report.counts.values())
        self._list(_("Avvist"), report.rejections, total=report.rejected, show=show)
        self._list(_("Advarsel"), report.warnings, total=warned, show=show)

    def _list(
        self, label: str, rows: tuple[Rejection, ...], *, total: int, show: int
    ) -> None:
        for row in rows[:show]:
            self.stdout.write(f"{label}: {row}")
        left = total - min(show, len(rows))
        if left > 0:
            self.stdout.write(_("… og %(left)d til") % {"left": left})
