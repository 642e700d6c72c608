"""`manage.py import_legacy FOLDER`: consents and open ports from before the portal."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.legacy import import_legacy
from orders.management.telling import (
    add_telling_arguments,
    importing,
    tell_counts,
    tell_rows,
)


class Command(BaseCommand):
    """Imports two files and prints what became of them. Nothing is sent."""

    help = "Import consents and states of ports from before the portal (CSV)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder, and how many refused rows are too many."""
        parser.add_argument("folder", type=Path, help="with consents.csv and ports.csv")
        add_telling_arguments(parser)

    def handle(self, *_args: object, **options: Any) -> None:
        """Import, then tell. Fails when the files could not be used."""
        with importing(options["rejections"]) as (bars, stream):
            told = import_legacy(
                options["folder"],
                now=timezone.now(),
                progress=bars,
                rejections=stream,
                max_rejections=options["max_rejections"],
            )
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
