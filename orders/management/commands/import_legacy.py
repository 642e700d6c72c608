"""`manage.py import_legacy FOLDER`: consents and open ports from before the portal."""

from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from meters.register import ImportRunning, RegisterUnusable, TooManyRejected
from orders.legacy import import_legacy
from orders.management.telling import (
    TOLD_ROWS,
    Bars,
    created,
    progress_bars,
    tell_counts,
    tell_rows,
)


class Command(BaseCommand):
    """Imports two files and prints what became of them. Nothing is sent."""

    help = "Import consents and states of ports from before the portal (CSV)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder, and how many refused rows are too many."""
        parser.add_argument("folder", type=Path, help="with consents.csv and ports.csv")
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
        with ExitStack() as stack:
            told_rows = options["rejections"]
            stream = stack.enter_context(created(told_rows)) if told_rows else None
            bars = Bars(stack.enter_context(progress_bars()))
            try:
                told = import_legacy(
                    options["folder"],
                    now=timezone.now(),
                    progress=bars,
                    rejections=stream,
                    max_rejections=options["max_rejections"],
                )
            except (RegisterUnusable, ImportRunning, TooManyRejected) as error:
                raise CommandError(str(error)) from error
        tell_counts(self.stdout, told.report)
        tell_rows(self.stdout, told.report, show=options["show"])
        self.stdout.write(
            _(
                "Porter som er åpne med samtykke og skal være det: %(open)d nye. "
                "Porter som er åpne uten spor av samtykke: %(exposed)d i alt. "
                "Ingenting er sendt."
            )
            % {"open": told.wanted_open, "exposed": told.exposed}
        )
