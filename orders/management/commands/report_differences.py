"""`manage.py report_differences`: which ports would be opened or closed, and why."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from meters.models import HeadEnd
from orders.differences import Summary, as_csv, differences, summaries
from orders.models import ClosingBrake


class Command(BaseCommand):
    """Tells how much would be done at each head-end. Changes and sends nothing."""

    help = "Report what would be sent to meters, and why (CSV with --csv)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to write each port that would be touched."""
        parser.add_argument("--csv", type=Path, metavar="FILE", help="write every port")

    def handle(self, *, csv: Path | None, **_options: object) -> None:
        """Write the file, then a line for each head-end and one for the brake."""
        today = timezone.localdate()
        if csv is not None:
            try:
                with csv.open("w", encoding="utf-8", newline="") as stream:
                    stream.writelines(as_csv(differences(on=today)))
            except OSError as error:
                raise CommandError(
                    _("%(path)s kan ikke skrives (%(why)s). Velg en annen fil.")
                    % {"path": csv, "why": error.strerror}
                ) from error
        found = summaries(on=today)
        closings = 0
        for head_end in HeadEnd.objects.by_name():
            each = found.get(head_end.id, Summary())
            closings += each.closings
            switch = _("slått på") if head_end.is_active else _("slått av")
            self.stdout.write(
                _(
                    "%(code)s (%(switch)s, %(mode)s): %(closings)d ville blitt stengt "
                    "uten samtykke, %(openings)d åpnet igjen, %(ordered)d bestillinger "
                    "venter."
                )
                % {
                    "code": head_end.code,
                    "switch": switch,
                    "mode": head_end.get_mode_display(),
                    "closings": each.closings,
                    "openings": each.openings,
                    "ordered": each.ordered,
                }
            )
        room = max(ClosingBrake.objects.room(on=today), 0)
        self.stdout.write(
            _(
                "Bremsen slipper gjennom %(room)d automatiske stenginger til i dag; "
                "%(held)d ville blitt holdt tilbake."
            )
            % {"room": room, "held": max(closings - room, 0)}
        )
