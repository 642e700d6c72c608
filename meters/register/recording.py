"""What stays of an import: its row among the deliveries, and its events in the log."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from hanportal.audit.log import Actor, ActorKind, Subject, record
from meters.models import DeliveryKind, DeliveryState, RegisterDelivery
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
