"""`manage.py head_end CODE {off,on,observe,act}`: the switch and the mode of one."""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from hanportal.audit.log import Actor, ActorKind
from meters import actions
from meters.models import HeadEnd

VERBS: Mapping[str, Callable[..., HeadEnd]] = {
    "off": actions.switch_off,
    "on": actions.switch_on,
    "observe": actions.observe,
    "act": actions.act,
}


class Command(BaseCommand):
    """Does the same as the page, for when the portal is away."""

    help = "Switch a head-end off or on, or let it only observe, or act."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which one, and what to do."""
        parser.add_argument("code", help="as in meters.csv")
        parser.add_argument("verb", choices=VERBS)

    def handle(self, *, code: str, verb: str, **_options: object) -> None:
        """Do it and say how it is now."""
        known = HeadEnd.objects.filter(code=code).first()
        if known is None:
            raise CommandError(
                _("Frontsystemet «%(code)s» er ikke registrert.") % {"code": code}
            )
        head_end = VERBS[verb](
            head_end_id=known.id,
            by=Actor(ActorKind.SYSTEM, "head_end"),
            now=timezone.now(),
        )
        switch = _("slått på") if head_end.is_active else _("slått av")
        self.stdout.write(f"{code}: {switch}, {head_end.get_mode_display()}")
