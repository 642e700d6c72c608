"""`manage.py watch`: every watchdog's finding; exit status 1 when one barks."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hanportal.monitoring.readings import read
from hanportal.monitoring.watchdogs import Check, checks


class Command(BaseCommand):
    """Look at the database once and say what is wrong."""

    help = "Print each watchdog's value and limit; exit with 1 on an alarm."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--json` for programs."""
        parser.add_argument("--json", action="store_true", help="Print JSON.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Look, print, and fail on an alarm.

        :raises CommandError: a watchdog barks.
        """
        found = checks(read(now=timezone.now()))
        if options["json"]:
            self.stdout.write(json.dumps([_document(check) for check in found]))
        else:
            for check in found:
                self.stdout.write(_line(check))
        barking = [check.name for check in found if check.is_alarm]
        if barking:
            raise CommandError(f"Alarm: {', '.join(barking)}.")


def _document(check: Check) -> dict[str, object]:
    return {
        "check": check.name,
        "value": check.value,
        "limit": check.limit,
        "unit": check.unit,
        "alarm": check.is_alarm,
        "means": check.means,
    }


def _line(check: Check) -> str:
    mark = "ALARM" if check.is_alarm else "ok   "
    value = "never" if check.value is None else f"{check.value:g}"
    line = f"{mark} {check.name}: {value} (at most {check.limit:g} {check.unit})"
    return f"{line}: {check.means}" if check.is_alarm else line
