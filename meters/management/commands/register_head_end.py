"""`manage.py register_head_end`: tell the portal about a head-end system."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from hanportal.audit.log import Actor, ActorKind
from meters.actions import register_head_end
from meters.models import HeadEnd
from meters.states import HeadEndMode

LIMITS = {
    "connect_timeout_seconds": "seconds to wait for a connection",
    "read_timeout_seconds": "seconds to wait for an answer",
    "max_concurrency": "messages under way at once",
    "result_wait_seconds": "seconds until a missing result is read back",
}


class Command(BaseCommand):
    """Registers a head-end, or changes it. The same command again changes nothing."""

    help = (
        "Register a head-end system, or change it. The secret shared with it comes "
        "from the environment: HEAD_END_SECRET_<CODE>."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The facts; limits that are not given stay as they are."""
        parser.add_argument("--code", required=True, help="as in meters.csv")
        parser.add_argument("--name", required=True, help="as people call it")
        parser.add_argument("--profile", required=True, choices=HeadEnd.Profile.values)
        parser.add_argument("--endpoint", help="address of its service; not if manual")
        parser.add_argument(
            "--mode",
            choices=HeadEndMode.values,
            help="a new one only observes unless told; see also the command head_end",
        )
        parser.add_argument(
            "--profile-settings",
            dest="profile_settings",
            type=json.loads,
            metavar="JSON",
            help="what it does differently from its profile",
        )
        parser.add_argument(
            "--callback-networks",
            dest="callback_networks",
            type=json.loads,
            metavar="JSON",
            help="where its callbacks may come from; [] for anywhere",
        )
        for name, text in LIMITS.items():
            option = "--" + name.removesuffix("_seconds").replace("_", "-")
            parser.add_argument(option, dest=name, type=int, help=text)

    def handle(self, *_args: object, **options: Any) -> None:
        """Register it and say what changed."""
        names = ["name", "profile", "endpoint", "profile_settings", "mode"]
        names += ["callback_networks", *LIMITS]
        try:
            changed = register_head_end(
                code=options["code"],
                facts={n: options[n] for n in names if options.get(n) is not None},
                by=Actor(ActorKind.SYSTEM, "register_head_end"),
                now=timezone.now(),
            )
        except ValidationError as error:
            raise CommandError(
                "; ".join(
                    f"{field}: {' '.join(texts)}"
                    for field, texts in error.message_dict.items()
                )
            ) from error
        told = ", ".join(changed) or _("ingenting nytt")
        self.stdout.write(f"{options['code']}: {told}")
