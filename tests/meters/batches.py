"""Builds items of batches for tests, and reads the register as people would."""

from datetime import UTC, date, datetime
from typing import Any

from hanportal.audit.log import Actor, ActorKind
from meters.models import Holding, Installation
from meters.register import ItemResult, take_events, take_rows
from tests.meters.deliveries import POINT_A

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
BY = Actor(ActorKind.REGISTER, "api:test")
SENDER = "kis"

Item = dict[str, Any]


def event(kind: str, sender_id: str, on: str = "", **values: object) -> Item:
    """An event at point A, unless told."""
    item: Item = {"id": sender_id, "kind": kind}
    if on:
        item["effective_on"] = on
    if kind not in {"rolled_back", "customer_died", "end_user_changed"}:
        item["gsrn"] = POINT_A
    return item | values


def rollback(sender_id: str, *, of: str) -> Item:
    """A rollback of an earlier or later event."""
    return event("rolled_back", sender_id, rolls_back=of)


def tell(*items: object, sender: str = SENDER, now: datetime = NOW) -> list[ItemResult]:
    """Take a batch of events."""
    return take_events(items=items, sender=sender, by=BY, now=now)


def outcomes(*items: object, sender: str = SENDER) -> list[str]:
    """What came of each event of a batch; a refusal by its reason and field."""
    return [in_short(result) for result in tell(*items, sender=sender)]


def upsert(resource: str, *items: object) -> list[str]:
    """What came of each row of a batch."""
    results = take_rows(resource=resource, items=items, sender=SENDER, by=BY, now=NOW)
    return [in_short(result) for result in results]


def in_short(result: ItemResult) -> str:
    """The outcome, or why and where it was refused."""
    if result.reason is None:
        return result.outcome.value
    return f"{result.reason.value}: {result.field}"


def holders(gsrn: str = POINT_A) -> list[tuple[str, str, str]]:
    """Customer, start and end of each holding of a point, in time."""
    rows = Holding.objects.filter(metering_point__gsrn=gsrn).order_by("starts_on")
    return [
        (row.customer.customer_number, *_dates(row.starts_on, row.ends_on))
        for row in rows.select_related("customer")
    ]


def meters_at(gsrn: str = POINT_A) -> list[tuple[str, str, str]]:
    """Serial, start and end of each installation of a point, in time."""
    rows = Installation.objects.filter(metering_point__gsrn=gsrn).order_by("starts_on")
    return [
        (row.meter.serial, *_dates(row.starts_on, row.ends_on))
        for row in rows.select_related("meter")
    ]


def _dates(starts_on: date, ends_on: date | None) -> tuple[str, str]:
    return starts_on.isoformat(), ends_on.isoformat() if ends_on else ""
