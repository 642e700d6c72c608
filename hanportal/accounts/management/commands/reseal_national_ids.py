"""Seal every national id with the newest keys, after a new version was added."""

from typing import Any

from django.core.management.base import BaseCommand

from hanportal.accounts import actions


class Command(BaseCommand):
    """Safe to stop and to run again; old keys may be removed when it has finished."""

    help = __doc__ or ""

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do it, and say how many were moved."""
        resealed = actions.reseal_national_ids()
        self.stdout.write(f"{resealed} national ids were sealed with the newest keys.")
