"""`manage.py export_work_list`: what fitters shall do where no head-end reaches."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from hanportal.audit import log
from meters.headend import written_list
from meters.models import HeadEnd
from orders import fulfilment


class Command(BaseCommand):
    """Writes the list as CSV on standard output. As often as one likes."""

    help = "Write the work list of a manual head-end as CSV (personal data)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose list."""
        parser.add_argument("--head-end", required=True, metavar="CODE")

    def handle(self, *, head_end: str, **_options: object) -> None:
        """Write the list, with a mark that spreadsheets know UTF-8 by."""
        items = fulfilment.work_list(
            head_end=manual_head_end(head_end),
            by=log.Actor(log.ActorKind.SYSTEM, "export_work_list"),
            now=timezone.now(),
        )
        self.stdout.write("\ufeff" + written_list(items), ending="")


def manual_head_end(code: str) -> HeadEnd:
    """The head-end of that code.

    :raises CommandError: there is none, or it is not a manual one.
    """
    found = HeadEnd.objects.filter(code=code, profile=HeadEnd.Profile.MANUAL).first()
    if found is None:
        raise CommandError(_("Det finnes ikke noe manuelt frontsystem %s.") % code)
    return found
