"""What a customer has filled in of an opening, kept in the session between steps."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from orders.actions import Agreement
from orders.models import Terms
from orders.states import SecurityPlacement


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An agreement to these very terms, made for one point."""

    terms_id: str
    confirmed: tuple[str, ...]
    security: str

    def agreement_to(self, terms: Terms) -> Agreement | None:
        """What was agreed; None when it was to other terms than these."""
        if self.terms_id != str(terms.id):
            return None
        return Agreement(
            terms=terms,
            confirmed=frozenset(self.confirmed),
            security=SecurityPlacement(self.security),
        )


def _key(point_id: UUID) -> str:
    return f"opening:{point_id}"


def keep(session: SessionBase, *, point_id: UUID, agreement: Agreement) -> None:
    """Keep what was agreed until it is ordered or the session ends."""
    session[_key(point_id)] = {
        "terms_id": str(agreement.terms.id),
        "confirmed": sorted(agreement.confirmed),
        "security": agreement.security,
    }


def find(session: SessionBase, *, point_id: UUID) -> Draft | None:
    """What was kept for this point."""
    kept = session.get(_key(point_id))
    if kept is None:
        return None
    return Draft(
        terms_id=kept["terms_id"],
        confirmed=tuple(kept["confirmed"]),
        security=kept["security"],
    )


def forget(session: SessionBase, *, point_id: UUID) -> None:
    """The order is placed; a new one starts from un-ticked boxes."""
    session.pop(_key(point_id), None)


def keep_others(session: SessionBase, *, point_id: UUID, others: list[UUID]) -> None:
    """Which other points are ordered with this one.

    What was agreed to before was agreed to for other points: it is forgotten.
    """
    session[f"others:{point_id}"] = [str(each) for each in others]
    forget(session, point_id=point_id)


def others(session: SessionBase, *, point_id: UUID) -> list[UUID]:
    """The other points that were chosen to be ordered with this one."""
    return [UUID(each) for each in session.get(f"others:{point_id}", [])]


def forget_others(session: SessionBase, *, point_id: UUID) -> None:
    """The order is placed."""
    session.pop(f"others:{point_id}", None)
