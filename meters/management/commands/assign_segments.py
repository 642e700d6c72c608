"""`manage.py assign_segments CODE FILE`: which concentrator each meter hangs on."""

import csv
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from hanportal.audit.log import Actor, ActorKind
from meters import actions
from meters.models import HeadEnd, Meter

COLUMNS = ["serial", "segment"]
LONGEST = Meter._meta.get_field("segment").max_length or 0


class Command(BaseCommand):
    """Reads the head-end's own list. It matters only where permits are set."""

    help = "Read a CSV with the columns serial and segment, for one head-end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which head-end, and the file."""
        parser.add_argument("code", help="as in meters.csv")
        parser.add_argument("file", type=Path)

    def handle(self, *, code: str, file: Path, **_options: object) -> None:
        """Assign them, and say which serials are not known there."""
        known = HeadEnd.objects.filter(code=code).first()
        if known is None:
            raise CommandError(
                _("Frontsystemet «%(code)s» er ikke registrert.") % {"code": code}
            )
        unknown = actions.assign_segments(
            head_end_id=known.id,
            segments=_read(file),
            by=Actor(ActorKind.SYSTEM, "assign_segments"),
            now=timezone.now(),
        )
        for serial in sorted(unknown):
            self.stderr.write(_("Ukjent måler: %s") % serial)
        self.stdout.write(f"{code}: ok")


def _read(file: Path) -> dict[str, str]:
    """Everything, or nothing where a line can't be used.

    :raises CommandError: says which line, and what to do.
    """
    segments: dict[str, str] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            if reader.fieldnames != COLUMNS:
                raise CommandError(_("Første linje må være: serial,segment"))
            for row in reader:
                serial, segment = row["serial"], row["segment"]
                if not serial or segment is None or len(segment) > LONGEST:
                    raise CommandError(
                        _("Linje %(line)d kan ikke brukes; ingenting er endret.")
                        % {"line": reader.line_num}
                    )
                segments[serial] = segment
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(_("Filen kan ikke leses: %s") % error) from error
    return segments
