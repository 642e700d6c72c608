"""Verifying the log for a page: one chain at once, the whole of it with progress."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from django.utils.functional import Promise

from hanportal.audit.verify import Damage, Head, Tally, examine, examine_stepwise
from hanportal.oversight.wording import DAMAGES

LISTED_AT_MOST: Final = 100


class Broken(NamedTuple):
    """One thing that is wrong, in words."""

    chain: str
    sequence: int
    words: Promise
    """In the language of the page; the log may be read without one."""


@dataclass(kw_only=True)
class Findings:
    """What was found so far: how much was read, and what is broken in it."""

    tally: Tally = field(default_factory=Tally)
    broken: list[Broken] = field(default_factory=list)
    """The first hundred; the tally counts them all."""
    head: Head | None = None
    """The newest event of the chain that was read last."""
    is_complete: bool = False

    @property
    def is_whole(self) -> bool:
        """True when all was read, there was something, and nothing is broken."""
        has_events = self.tally.events > 0
        return self.is_complete and has_events and self.tally.damaged == 0

    @property
    def unlisted(self) -> int:
        """How many more damages there are than are listed."""
        return self.tally.damaged - len(self.broken)

    @property
    def head_hash(self) -> str:
        """The hash of the newest event, to be compared with a copy kept outside."""
        return "" if self.head is None else self.head.hash.hex()

    def found(self, damage: Damage) -> None:
        """List a damage while there is room."""
        if len(self.broken) < LISTED_AT_MOST:
            words = DAMAGES[damage.kind]
            self.broken.append(Broken(damage.chain, damage.sequence, words))

    def reached(self, head: Head) -> None:
        """Remember where a chain ended."""
        self.head = head


def findings_of(chain: str) -> Findings:
    """Read one chain from its first event to its last."""
    findings = Findings()
    for damage in examine(findings.tally, chain=chain, on_head=findings.reached):
        findings.found(damage)
    findings.is_complete = True
    return findings


def read_whole_log(findings: Findings) -> Generator[None]:
    """Read every chain in one snapshot; stops for breath every few thousand rows."""
    for damage in examine_stepwise(findings.tally):
        if damage is None:
            yield
        else:
            findings.found(damage)
    findings.is_complete = True
