"""What the commands that import print, and the files that they write."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from django.core.management.base import CommandError, OutputWrapper
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
)

TOLD_ROWS = 50
"""How many refused rows, and as many warnings, are printed unless asked otherwise."""


class Bars:
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


def _progress_bars() -> Progress:
    """The bars, on standard error, beside what is told."""
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    return Progress(*columns, console=Console(stderr=True))


def add_telling_arguments(parser: ArgumentParser) -> None:
    """How many refused rows are too many, and where they are told."""
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


@contextmanager
def importing(rejections: Path | None) -> Iterator[tuple[Bars, TextIO | None]]:
    """The bars and the file of refused rows while an import runs.

    :raises CommandError: the files can't be used, or too many rows were refused.
    """
    with ExitStack() as stack:
        stream = stack.enter_context(_created(rejections)) if rejections else None
        bars = Bars(stack.enter_context(_progress_bars()))
        try:
            yield bars, stream
        except (RegisterUnusable, ImportRunning, TooManyRejected) as error:
            raise CommandError(str(error)) from error


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


def tell_counts(out: OutputWrapper, report: ImportReport) -> None:
    """What became of the rows of each file."""
    table = Table()
    headings = _("fil"), _("lest"), _("nye"), _("endret"), _("uendret"), _("avvist")
    for heading in headings:
        table.add_column(heading, justify="left" if table.columns == [] else "right")
    for name, each in report.counts.items():
        numbers = (each.read, each.new, each.changed, each.unchanged, each.rejected)
        table.add_row(name, *map(str, numbers))
    console = Console(width=100)
    with console.capture() as printed:
        console.print(table)
    out.write(printed.get())


def tell_rows(out: OutputWrapper, report: ImportReport, *, show: int) -> None:
    """The first refused rows and warnings, and how many there are beside them."""
    warned = sum(each.warnings for each in report.counts.values())
    _list(out, _("Avvist"), report.rejections, total=report.rejected, show=show)
    _list(out, _("Advarsel"), report.warnings, total=warned, show=show)


def _list(
    out: OutputWrapper,
    label: str,
    rows: tuple[Rejection, ...],
    *,
    total: int,
    show: int,
) -> None:
    for row in rows[:show]:
        out.write(f"{label}: {row}")
    left = total - min(show, len(rows))
    if left > 0:
        out.write(_("… og %(left)d til") % {"left": left})
