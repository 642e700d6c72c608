"""The register of consents, a page at a time, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Self
from uuid import UUID

from django.http import Http404

from hanportal.oversight.filters import Filters
from orders.models import Consent

PAGE_LENGTH: Final = 50
PROTECTED: Final = "Adressesperre"


class Place(NamedTuple):
    """A place in the register: the page goes on behind this consent."""

    given_at: datetime
    consent_id: UUID

    def __str__(self) -> str:
        return f"{self.given_at.isoformat()}~{self.consent_id}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The place that an address names.

        :raises Http404: it names none.
        """
        moment, _, consent_id = text.partition("~")
        try:
            given_at = datetime.fromisoformat(moment)
            place = cls(given_at, UUID(consent_id))
        except ValueError as error:
            raise Http404 from error
        if given_at.tzinfo is None:
            raise Http404
        return place


@dataclass(frozen=True, kw_only=True)
class Row:
    """A consent as lists and exports show it."""

    consent: Consent
    address: str


@dataclass(frozen=True, kw_only=True)
class RegisterPage:
    """One page of the register, and where the next one begins."""

    rows: tuple[Row, ...]
    next_place: Place | None


def row_of(consent: Consent) -> Row:
    """The consent as it may be shown: a protected address never is."""
    if consent.customer.has_protected_address:
        return Row(consent=consent, address=PROTECTED)
    return Row(consent=consent, address=str(consent.metering_point))


def register_page(filters: Filters, *, behind: Place | None) -> RegisterPage:
    """The page behind a place; the first one where there is none."""
    found = Consent.objects.for_the_register()
    if behind is not None:
        found = found.given_before(behind.given_at, behind.consent_id)
    # One more than is shown tells whether there is a next page; nothing is counted.
    consents = list(filters.of(found)[: PAGE_LENGTH + 1])
    shown, more = consents[:PAGE_LENGTH], consents[PAGE_LENGTH:]
    last = shown[-1] if more else None
    return RegisterPage(
        rows=tuple(row_of(consent) for consent in shown),
        next_place=None if last is None else Place(last.given_at, last.id),
    )
