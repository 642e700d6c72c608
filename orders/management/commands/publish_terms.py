"""`manage.py publish_terms FILE…`: make terms from files the ones that hold."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hanportal.audit import log
from orders.publishing import TermsUnusable, publish_terms


class Command(BaseCommand):
    """Publish terms. Publishing the same file again changes nothing."""

    help = "Publish the terms in these TOML files (one language each)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The files to publish."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *, files: list[Path], **_options: object) -> None:
        """Publish each file, and say what became of it."""
        by = log.Actor(log.ActorKind.SYSTEM, "publish_terms")
        for path in files:
            try:
                publication = publish_terms(path, by=by, now=timezone.now())
            except TermsUnusable as error:
                raise CommandError(str(error)) from error
            word = "published" if publication.is_new else "unchanged"
            self.stdout.write(f"{publication.terms}: {word}")
