"""`manage.py import_work_results FILE`: what fitters did where no head-end reaches."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from hanportal.audit import log
from meters.headend import ResultsUnreadable
from orders.actions import fitting
from orders.management.commands.export_work_list import manual_head_end


class Command(BaseCommand):
    """Applies a list that was filled in. The same list again changes nothing."""

    help = "Take in the results of a work list (CSV) of a manual head-end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose list, and where it lies."""
        parser.add_argument("--head-end", required=True, metavar="CODE")
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *, head_end: str, file: Path, **_options: object) -> None:
        """Apply it, and name the lines that were not.

        :raises CommandError: the file can't be read, or lines were left out.
        """
        try:
            handed_in = fitting.hand_in(
                file.read_bytes(),
                head_end=manual_head_end(head_end),
                by=log.Actor(log.ActorKind.SYSTEM, "import_work_results"),
                clock=timezone.now,
            )
        except (OSError, ResultsUnreadable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("%d linjer er ført inn.") % len(handed_in.reports))
        for refused in handed_in.refused:
            place = _("Linje %d") % refused.line
            self.stderr.write(f"{place}: {refused.reason}")
        if handed_in.refused:
            count = len(handed_in.refused)
            raise CommandError(_("%d linjer ble ikke ført inn.") % count)
