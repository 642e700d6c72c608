"""`manage.py reset_staff_login`: a new login where no second administrator is left."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hanportal.accounts import actions
from hanportal.accounts.addresses import portal_address
from hanportal.accounts.models import User
from hanportal.accounts.password_codes import password_code
from hanportal.audit.log import Actor, ActorKind

BY = Actor(kind=ActorKind.SYSTEM, reference="manage.py reset_staff_login")


class Command(BaseCommand):
    """For the only administrator who lost what they log in with."""

    help = (
        "Take away all that a staff member logs in with, and print where to begin "
        "anew, with which code. They are told by e-mail, and the log has it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who it is."""
        parser.add_argument("--email", required=True)

    @transaction.atomic
    def handle(self, *_args: Any, **options: Any) -> None:
        """:raises CommandError: nobody who is switched on has this address."""
        user = User.objects.staff_by_email(options["email"])
        if user is None:
            raise CommandError("Nobody who works here has this e-mail address.")
        actions.reset_login(user=user, by=BY, now=timezone.now())
        user.refresh_from_db()
        page = portal_address(reverse("staff_choose_password"))
        self.stdout.write(f"{page} {password_code(user)}")
