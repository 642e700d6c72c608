"""`manage.py import_register FOLDER`: bring the register up to five CSV files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from meters.register import (
    ImportReport,
    Rehearsal,
    import_register,
)
from orders.management.telling import (
    add_telling_arguments,
    importing,
    tell_counts,
    tell_rows,
)
from orders.rehearsal import Touched, rehearse

HELD = 3
"""Exit status when the brake held a delivery's endings back; its rows landed."""


def _held(report: ImportReport) -> str:
    return _(
        "Holdt tilbake: bremsen lot ikke leveransen avslutte det den mangler. "
        "Radene i den er importert. To personer frigir resten, hver for seg, "
        "under «Drift» i portalen (leveranse %(id)s)."
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
            "--dry-run",
            action="store_true",
            help="tell all that it would do, also to consents, and change nothing",
        )
        add_telling_arguments(parser)

    def handle(self, *_args: object, **options: Any) -> None:
        """Import, then tell. Fails when the files could not be used."""
        folder, now = options["folder"], timezone.now()
        told: tuple[Rehearsal, Touched] | None = None
        with importing(options["rejections"]) as (bars, stream):
            if options["dry_run"]:
                told = rehearse(folder, now=now, progress=bars, rejections=stream)
                report = told[0].report
            else:
                report = import_register(
                    folder,
                    now=now,
                    progress=bars,
                    rejections=stream,
                    max_rejections=options["max_rejections"],
                )
        tell_counts(self.stdout, report)
        if endings := endings_told(report):
            self.stdout.write(endings)
        tell_rows(self.stdout, report, show=options["show"])
        if told is not None:
            self._tell_rehearsal(*told, show=options["show"])
        elif report.held:
            raise CommandError(_held(report), returncode=HELD)

    def _tell_rehearsal(
        self, rehearsal: Rehearsal, touched: Touched, *, show: int
    ) -> None:
        for missing in rehearsal.missing[:show]:
            self.stdout.write(_("Ville avsluttet: %(row)s") % {"row": missing})
        endings = rehearsal.report.endings
        left = (endings.total if endings else 0) - len(rehearsal.missing[:show])
        if left > 0:
            self.stdout.write(_("… og %(left)d til") % {"left": left})
        self.stdout.write(
            _(
                "Samtykker som ville mistet nettavtalen: %(consents)d. Åpne porter "
                "uten samtykke etterpå: %(ports)d."
            )
            % {"consents": touched.consents, "ports": touched.open_ports}
        )
        if rehearsal.report.held:
            self.stdout.write(
                _("Bremsen ville holdt avslutningene tilbake for to personer.")
            )
        self.stdout.write(_("Prøvekjøring: ingenting er endret."))
