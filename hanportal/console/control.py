"""A caller's control under way: what was asked, said and judged, kept in the session.

The register's answer is read only after the agent has written down what the caller
said. What was said is sealed in the session's row, and forgotten when it is judged; the
answer is never kept.
"""

from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from hanportal.accounts.actions import (
    SECOND_LEVEL,
    SECOND_LEVEL_NEEDED,
    open_said,
    seal_said,
)
from hanportal.accounts.models import CallerMethod, CallerPurpose

NEEDED = 3
"""Right answers that make a caller known."""
CALL_BACK = "registered_number"
LONGEST_ANSWER = 120


@dataclass(kw_only=True)
class Control:
    """The questions put to one caller so far, and what they are put for."""

    caller: UUID
    purpose: CallerPurpose = CallerPurpose.ORDERS
    representation: UUID | None = None
    """On what the caller acts for the customer; None for the customer in person."""
    said: dict[str, str] = field(default_factory=dict)
    """By question: what the caller said, until it is judged."""
    right: list[str] = field(default_factory=list)
    """Questions that were judged right, in the order asked."""
    seen: list[str] = field(default_factory=list)
    """Answers that were shown for another reason: they prove nothing any more."""

    @property
    def spent(self) -> set[str]:
        """Questions whose answer has been on the screen."""
        return {*self.said, *self.right, *self.seen}

    @property
    def method(self) -> CallerMethod:
        """How the caller is being made known."""
        if CALL_BACK in self.right:
            return CallerMethod.CALL_BACK
        return CallerMethod.CONTROL_QUESTIONS

    @property
    def missing(self) -> int:
        """Right answers about the customer still to come."""
        if self.method == CallerMethod.CALL_BACK:
            return 0
        first = [key for key in self.right if not key.startswith(SECOND_LEVEL)]
        return max(NEEDED - len(first), 0)

    @property
    def missing_second(self) -> int:
        """Right answers about the right to act for the customer still to come."""
        if self.representation is None:
            return 0
        second = [key for key in self.right if key.startswith(SECOND_LEVEL)]
        return max(SECOND_LEVEL_NEEDED - len(second), 0)

    @property
    def is_complete(self) -> bool:
        """True when nothing more has to be asked."""
        return not self.missing and not self.missing_second


def _key(caller: UUID) -> str:
    return f"control:{caller}"


def of(session: SessionBase, caller: UUID) -> Control:
    """The control of this caller; an untouched one where none is under way."""
    kept = session.get(_key(caller), {})
    representation = kept.get("representation")
    return Control(
        caller=caller,
        purpose=CallerPurpose(kept.get("purpose", CallerPurpose.ORDERS)),
        representation=UUID(representation) if representation else None,
        said={key: open_said(said) for key, said in kept.get("said", {}).items()},
        right=list(kept.get("right", [])),
        seen=list(kept.get("seen", [])),
    )


def keep(session: SessionBase, control: Control) -> None:
    """Remember how far the control has come."""
    session[_key(control.caller)] = {
        "purpose": str(control.purpose),
        "representation": str(control.representation or ""),
        "said": {key: seal_said(said) for key, said in control.said.items()},
        "right": control.right,
        "seen": control.seen,
    }


def forget(session: SessionBase, caller: UUID) -> None:
    """The control is over, whichever way it went."""
    session.pop(_key(caller), None)
