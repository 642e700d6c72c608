"""`manage.py revoke_api_client`: let a system in no more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hanportal.accounts import actions
from hanportal.audit.log import Actor, ActorKind

BY = Actor(kind=ActorKind.SYSTEM, reference="manage.py revoke_api_client")


class Command(BaseCommand):
    """Revoke a client; its tokens work no more from the next request on."""

    help = "Revoke a client of the machine interface, at once and for good."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which client."""
        parser.add_argument("code")

    def handle(self, *_args: Any, **options: Any) -> None:
        """:raises CommandError: there is no such client in use."""
        try:
            actions.revoke_client(code=options["code"], by=BY, now=timezone.now())
        except actions.UnusableClient as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{options['code']} is revoked.")
