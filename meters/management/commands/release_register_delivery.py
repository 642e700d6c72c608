"""`manage.py release_register_delivery ID --by STAFF_NUMBER`: one of two people."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from hanportal.accounts.models import User
from meters.management.commands.import_register import endings_told
from meters.register import (
    ImportRunning,
    RegisterUnusable,
    ReleaseRefused,
    release_delivery,
)


class Command(BaseCommand):
    """Releases a held delivery; the second person's release imports it again."""

    help = "Let a held complete delivery end what it lacks. Needs two people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which delivery, and who releases it."""
        parser.add_argument("delivery", type=UUID, help="as import_register said")
        parser.add_argument("--by", required=True, metavar="STAFF_NUMBER")

    def handle(self, *_args: object, **options: Any) -> None:
        """Release it and say what came of it."""
        by = User.objects.staff().filter(staff_number=options["by"]).first()
        if by is None:
            raise CommandError(_("Ingen ansatt har dette nummeret."))
        try:
            report = release_delivery(options["delivery"], by=by, now=timezone.now())
        except (ReleaseRefused, RegisterUnusable, ImportRunning) as error:
            raise CommandError(str(error)) from error
        if report is None:
            self.stdout.write(_("Frigitt av én. En annen må frigi den også."))
        else:
            self.stdout.write(endings_told(report))
