"""What auditors do leaves traces too. The only module of oversight that writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from hanportal.accounts.models import User
from hanportal.audit import log

PERSONAL: Final = frozenset({"who", "where"})
"""Filters that can hold a name or an address."""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One thing that an auditor does, from its beginning to its end."""

    auditor: User
    subject: log.Subject

    def export_begun(
        self, *, form: str, filters: Mapping[str, str], at: datetime
    ) -> None:
        """Written before the first row leaves, so that none leaves untold."""
        self._record(
            "export.begun",
            at=at,
            facts={
                "format": form,
                "filters": {k: v for k, v in filters.items() if k not in PERSONAL},
            },
            personal={k: v for k, v in filters.items() if k in PERSONAL},
        )

    def export_ended(self, *, rows: int, is_complete: bool, at: datetime) -> None:
        """How much left, also where the reader hung up before the end."""
        self._record(
            "export.ended", at=at, facts={"rows": rows, "complete": is_complete}
        )

    def verified(
        self,
        *,
        chain: str | None,
        events: int,
        damaged: int,
        is_complete: bool,
        at: datetime,
    ) -> None:
        """What was verified, and with which result; None is the whole log."""
        self._record(
            "log.verified",
            at=at,
            facts={
                "chain": chain or "all",
                "events": events,
                "damaged": damaged,
                "complete": is_complete,
            },
        )

    def _record(
        self,
        what: str,
        *,
        at: datetime,
        facts: Mapping[str, log.Json],
        personal: Mapping[str, str] | None = None,
    ) -> None:
        with transaction.atomic():
            log.record(
                chain=log.staff_reads_chain(self.auditor.id),
                what=what,
                who=log.Actor(log.ActorKind.STAFF, self.auditor.staff_number),
                on=self.subject,
                at=at,
                facts=facts,
                personal=personal,
            )


def export_trace(auditor: User, export_id: UUID) -> Trace:
    """The trace of one export."""
    return Trace(auditor=auditor, subject=log.Subject("export", export_id))


def verification_trace(auditor: User, *, customer_id: UUID) -> Trace:
    """The trace of verifying one customer's chain, which is to look at the customer."""
    return Trace(auditor=auditor, subject=log.Subject("customer", customer_id))
