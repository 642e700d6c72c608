"""A caller's control under way: what was asked, said and judged, kept in the session.

The register's answer is read only after the agent has written down what the caller
said. What was said is forgotten when it is judged; the answer is never kept.
"""

from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

NEEDED = 3
"""Right answers that make a caller known."""
CALL_BACK = "registered_number"
LONGEST_ANSWER = 120


@dataclass(kw_only=True)
class Control:
    """The questions put to one caller so far."""

    caller: UUID
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
    def missing(self) -> int:
        """Right answers still to come."""
        return max(NEEDED - len(self.right), 0)


def _key(caller: UUID) -> str:
    return f"control:{caller}"


def of(session: SessionBase, caller: UUID) -> Control:
    """The control of this caller; an untouched one where none is under way."""
    kept = session.get(_key(caller), {})
    return Control(
        caller=caller,
        said=dict(kept.get("said", {})),
        right=list(kept.get("right", [])),
        seen=list(kept.get("seen", [])),
    )


def keep(session: SessionBase, control: Control) -> None:
    """Remember how far the control has come."""
    session[_key(control.caller)] = {
        "said": control.said,
        "right": control.right,
        "seen": control.seen,
    }


def forget(session: SessionBase, caller: UUID) -> None:
    """The control is over, whichever way it went."""
    session.pop(_key(caller), None)
