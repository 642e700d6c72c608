"""`manage.py create_api_client`: let a system use the machine interface."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hanportal.accounts import actions
from hanportal.accounts.models import Scope
from hanportal.audit.log import Actor, ActorKind

BY = Actor(kind=ActorKind.SYSTEM, reference="manage.py create_api_client")


class Command(BaseCommand):
    """Make a client and print its secret, once."""

    help = (
        "Make a client of the machine interface and print its secret. The secret is "
        "kept as a hash only: what is printed now can't be printed again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which client; `--scope` may be given several times."""
        parser.add_argument("code", help="the client_id, such as kis-2026")
        parser.add_argument(
            "--sender",
            required=True,
            help="the system that it sends for; clients of one system share its ids",
        )
        parser.add_argument(
            "--scope", required=True, action="append", choices=Scope.values
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """The secret alone goes to standard output.

        :raises CommandError: the code is taken, or is no code.
        """
        try:
            secret = actions.create_client(
                code=options["code"],
                sender=options["sender"],
                scopes={Scope(scope) for scope in options["scope"]},
                by=BY,
                now=timezone.now(),
            )
        except actions.UnusableClient as refused:
            raise CommandError(str(refused)) from refused
        self.stderr.write("The secret, shown this once:")
        self.stdout.write(secret)
