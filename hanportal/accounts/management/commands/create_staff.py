"""`manage.py create_staff`: the first administrator, or anybody else who works here."""

import os
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hanportal.accounts import actions
from hanportal.accounts.addresses import portal_address
from hanportal.accounts.models import Role, User
from hanportal.accounts.password_codes import password_code
from hanportal.audit.log import Actor, ActorKind

PASSWORD = "STAFF_PASSWORD"  # noqa: S105 -- the name of a variable
APP_SECRET = "STAFF_TOTP_SECRET"  # noqa: S105 -- the name of a variable
BY = Actor(kind=ActorKind.SYSTEM, reference="manage.py create_staff")


class Command(BaseCommand):
    """Make a person who works here, or give one another role."""

    help = (
        "Make a staff member and print where to choose a password, with which code. "
        f"{PASSWORD} and {APP_SECRET} (base32) in the environment set both at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who it is; `--role` may be given several times."""
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--staff-number", required=True)
        parser.add_argument(
            "--role", required=True, action="append", choices=Role.values
        )

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        """Somebody who exists keeps the password and gets the missing roles.

        :raises CommandError: the number is another's, or the password is too weak.
        """
        user = User.objects.staff_by_email(options["email"])
        is_new = user is None
        user = user or self._made(options)
        for role in options["role"]:
            actions.give_role(user=user, role=Role(role), by=BY, now=timezone.now())
        if is_new:
            self._equip(user)

    def _made(self, options: dict[str, Any]) -> User:
        try:
            return actions.create_staff(
                email=options["email"],
                name=options["name"],
                staff_number=options["staff_number"],
                by=BY,
                now=timezone.now(),
            )
        except actions.AlreadyStaff as refused:
            raise CommandError(str(refused)) from refused

    def _equip(self, user: User) -> None:
        password, secret = os.environ.get(PASSWORD), os.environ.get(APP_SECRET)
        if password:
            try:
                validate_password(password, user)
            except ValidationError as weak:
                raise CommandError(" ".join(weak.messages)) from weak
            actions.choose_password(user=user, password=password, now=timezone.now())
        else:
            page = portal_address(reverse("staff_choose_password"))
            self.stdout.write(f"{page} {password_code(user)}")
        if secret:
            actions.add_app(user=user, secret=secret, now=timezone.now())
