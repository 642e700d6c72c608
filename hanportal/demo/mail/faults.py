"""What the mail server does wrong on purpose, and how many times still."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

Kind = Literal["tempfail", "reject", "die", "vanish", "stall"]
"""
tempfail: 451, nothing is kept. reject: 550, nothing is kept. die: keeps the mail, says
250, and the process exits at once. vanish: keeps the mail, and the connection ends
before the 250. stall: waits before it keeps the mail and says 250.
"""


class FaultRefused(ValueError):  # noqa: N818 -- reads as the sentence it is
    """What was asked for is no fault that can be set; the message says why."""


@dataclass(kw_only=True)
class ActiveFault:
    """A fault that waits for its next mail."""

    fault: Kind
    to: str = ""
    """Only mails to this recipient; empty means all."""
    times: int | None = 1
    """How often it still strikes; None until it is cleared."""
    seconds: float = 60.0
    """How long a stall lasts."""


class Faults:
    """The faults that are set. The first that is meant strikes, alone."""

    def __init__(self) -> None:
        """Nothing goes wrong yet."""
        self._active: list[ActiveFault] = []

    def set(self, document: dict[str, Any]) -> ActiveFault:
        """Set a fault from the interface's JSON.

        :raises FaultRefused: an unknown fault or field, or an unusable figure.
        """
        if unknown := document.keys() - {"fault", "to", "times", "seconds"}:
            raise FaultRefused(f"unknown fields: {sorted(unknown)}")
        if document.get("fault") not in get_args(Kind):
            raise FaultRefused(f"fault must be one of {get_args(Kind)}")
        fault = ActiveFault(**document)
        if fault.times is not None and not _is_positive(fault.times):
            raise FaultRefused("times must be a positive number, or null for no end")
        if not _is_positive(fault.seconds):
            raise FaultRefused("seconds must be a positive number")
        self._active.append(fault)
        return fault

    def strike(self, recipients: list[str]) -> ActiveFault | None:
        """The fault that this mail meets, counted down; None if all is well."""
        for fault in self.active():
            if not fault.to or fault.to in recipients:
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def active(self) -> list[ActiveFault]:
        """The faults that will still strike."""
        self._active = [fault for fault in self._active if fault.times != 0]
        return list(self._active)

    def clear(self) -> int:
        """Clear all; says how many."""
        cleared = len(self.active())
        self._active = []
        return cleared


def _is_positive(number: object) -> bool:
    return isinstance(number, int | float) and number > 0
