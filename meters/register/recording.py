"""What stays of an import: its row among the deliveries, and its events in the log."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from uuid6 import uuid7

from hanportal.audit.log import Actor, ActorKind, Subject, record
from meters.models import DeliveryKind, DeliveryState, RegisterDelivery
from meters.register.items import ItemOutcome, ItemResult
from meters.register.manifest import Manifest
from meters.register.report import ImportReport

CHAIN = "register"
"""The audit chain of imports."""

REGISTER = Actor(ActorKind.REGISTER, CHAIN)


def import_subject(delivery_id: UUID) -> Subject:
    """A delivery, as the log names it."""
    return Subject("register_import", delivery_id)


def record_import(
    report: ImportReport,
    manifest: Manifest,
    *,
    folder: Path,
    digest: str,
    at: datetime,
) -> None:
    """Keep a delivery that changed something or was complete; tell what it did."""
    endings = report.endings
    if report.changed_something or manifest.kind is DeliveryKind.COMPLETE:
        RegisterDelivery.objects.create(
            id=report.id,
            kind=manifest.kind,
            state=DeliveryState.HELD if report.held else DeliveryState.IMPORTED,
            folder=str(folder.resolve()),
            digest=digest,
            created_at=manifest.created_at,
            imported_at=at,
            holdings_ended=endings.holdings if endings else 0,
            installations_ended=endings.installations if endings else 0,
        )
    record_landing(report, at=at)
    if endings and report.held:
        record(
            chain=CHAIN,
            what="register.held",
            who=REGISTER,
            on=import_subject(report.id),
            at=at,
            facts={
                "holdings": endings.holdings,
                "installations": endings.installations,
                "unreadable": endings.unreadable,
                "before": endings.before,
                "limit": endings.limit,
                "digest": digest,
            },
        )


def record_rows(
    resource: str,
    results: Sequence[ItemResult],
    *,
    sender: str,
    by: Actor,
    at: datetime,
) -> None:
    """Tell of a batch of rows; one that changed something is a delivery too.

    Releasing a held delivery that came before it would undo it otherwise.
    """
    batch_id = uuid7()
    if any(result.outcome == ItemOutcome.APPLIED for result in results):
        RegisterDelivery.objects.create(
            id=batch_id,
            kind=DeliveryKind.INCREMENTAL,
            state=DeliveryState.IMPORTED,
            folder=f"api:{sender}",
            imported_at=at,
        )
    record_batch(batch_id, resource, results, by=by, at=at)


def record_batch(
    batch_id: UUID,
    resource: str,
    results: Sequence[ItemResult],
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Tell in the log that a batch was taken, and what came of its items."""
    outcomes = Counter(result.outcome.value for result in results)
    record(
        chain=CHAIN,
        what="register.batch_taken",
        who=by,
        on=Subject("register_batch", batch_id),
        at=at,
        facts={"resource": resource, **dict(outcomes)},
    )


def record_landing(report: ImportReport, *, at: datetime) -> None:
    """Tell in the log what an import changed, if it did."""
    if not report.changed_something:
        return
    facts = {
        name.removesuffix(".csv"): {
            "new": each.new,
            "changed": each.changed,
            "unchanged": each.unchanged,
            "rejected": each.rejected,
        }
        for name, each in report.counts.items()
    }
    if report.endings and report.ended:
        facts["ended"] = {
            "holdings": report.endings.holdings,
            "installations": report.endings.installations,
        }
    record(
        chain=CHAIN,
        what="register.imported",
        who=REGISTER,
        on=import_subject(report.id),
        at=at,
        facts=facts,
    )
