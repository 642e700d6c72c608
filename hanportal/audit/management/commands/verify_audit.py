"""`manage.py verify_audit`: read the whole log and name what is broken in it."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from hanportal.audit.verify import Damage, Head, Tally, examine

LISTED_AT_MOST: Final = 1_000

PROVES: Final = """\
A chain with nothing broken proves that each of its events stands as it was written, in
its place, and that none between two others is gone, unless all that follows was hashed
anew too. It does not prove that nothing was cut off its end, that it was not written
anew to its end, or that no other chain was removed whole: only a copy of the heads that
is kept outside this database shows that (--heads prints them; docs/audit-format.md)."""


class Command(BaseCommand):
    """Exit status 0 when nothing is broken, 1 when something is."""

    help = "Verify the audit log: sequences, links, hashes, bytes, columns, details."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare --chain, --heads and --json."""
        parser.add_argument("--chain", help="verify this chain only")
        parser.add_argument(
            "--heads", action="store_true", help="list the newest event of each chain"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON document instead of text"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify, report, and fail when anything is broken.

        :raises CommandError: damage was found, or the named chain has no events.
        """
        tally = Tally()
        report = _Json(self) if options["json"] else _Text(self)
        on_head = report.head if options["heads"] else _ignore
        for damage in examine(tally, chain=options["chain"], on_head=on_head):
            report.damage(damage)
        report.summary(tally)
        if options["chain"] and tally.events == 0:
            raise CommandError(f"There is no chain {options['chain']}.")
        if tally.damaged:
            raise CommandError(f"The log is broken in {_places(tally.damaged)}.")


def _ignore(_head: Head) -> None:
    """Say nothing about heads that nobody asked for."""


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"


class _Text:
    """Lines for people, written as things are found."""

    def __init__(self, command: BaseCommand) -> None:
        self._command = command

    def damage(self, damage: Damage) -> None:
        self._command.stdout.write(f"BROKEN {damage}")

    def head(self, head: Head) -> None:
        self._command.stdout.write(
            f"HEAD {head.chain} #{head.sequence} {head.hash.hex()}"
        )

    def summary(self, tally: Tally) -> None:
        verdict = f"{tally.damaged} BROKEN" if tally.damaged else "nothing broken"
        self._command.stdout.write(
            f"{tally.events} events in {tally.chains} chains: {verdict}. "
            f"Personal details: {tally.details} kept, {tally.erased} erased.\n{PROVES}"
        )


class _Json:
    """One document for machines; lists the first thousand damages and counts all."""

    def __init__(self, command: BaseCommand) -> None:
        self._command = command
        self._damages: list[dict[str, Any]] = []
        self._heads: list[dict[str, Any]] = []

    def damage(self, damage: Damage) -> None:
        if len(self._damages) < LISTED_AT_MOST:
            self._damages.append(asdict(damage))

    def head(self, head: Head) -> None:
        self._heads.append({**asdict(head), "hash": head.hash.hex()})

    def summary(self, tally: Tally) -> None:
        document = {
            "intact": tally.damaged == 0,
            **asdict(tally),
            "erased": tally.erased,
            "damages": self._damages,
            "heads": self._heads,
        }
        self._command.stdout.write(json.dumps(document, ensure_ascii=False))
