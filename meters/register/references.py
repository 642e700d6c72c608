"""What events refer to must be in the register: points, customers, meters."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Q

from hanportal.accounts.models import Customer, CustomerKind
from meters.models import EventKind, EventOutcome, Meter, MeteringPoint, RegisterEvent
from meters.register.event_items import EventItem
from meters.register.items import ItemRefused, ItemResult
from meters.register.report import Reason

MeterKey = tuple[str, str]
Key = TypeVar("Key")


def refer(
    items: list[EventItem],
    results: dict[int, ItemResult],
    *,
    sender: str,
    now: datetime,
) -> list[tuple[EventItem, RegisterEvent]]:
    """The events with what they refer to; those that refer to nothing are refused."""
    points = _points(_each(items, "gsrn"))
    customers = _customers(
        {
            *_each(items, "customer_number"),
            *(i.customer[0] for i in items if i.customer),
        }
    )
    meters = _meters(items)
    businesses = _businesses(_each(items, "customer_number"))
    events = []
    for item in items:
        try:
            _require_mortal(item, businesses)
            event = RegisterEvent(
                sender=sender,
                sender_id=item.sender_id,
                kind=item.kind,
                metering_point_id=_known(points, item.values.get("gsrn"), "gsrn"),
                customer_id=_known(customers, _customer(item), "customer_number"),
                meter_id=_known(meters, _meter(item), "serial"),
                effective_on=item.effective_on,
                stated_order=item.order,
                rolls_back=item.values.get("rolls_back", ""),
                digest=item.digest,
                received_at=now,
                outcome=item.outcome or EventOutcome.RECORDED,
            )
        except ItemRefused as refused:
            results[item.number] = refused.result(item.sender_id)
        else:
            events.append((item, event))
    return events


def _known(
    found: dict[str, UUID] | dict[MeterKey, UUID],
    key: str | MeterKey | None,
    field: str,
) -> UUID | None:
    if key is None:
        return None
    if key not in found:
        raise ItemRefused(Reason.UNKNOWN_REFERENCE, field)
    return found[key]  # type: ignore[index] # of the kind that `found` has


def _customer(item: EventItem) -> str | None:
    return item.customer[0] if item.customer else item.values.get("customer_number")


def _meter(item: EventItem) -> MeterKey | None:
    if "serial" not in item.values:
        return None
    return item.values["manufacturer"], item.values["serial"]


def _each(items: Iterable[EventItem], name: str) -> set[str]:
    return {item.values[name] for item in items if name in item.values}


def _points(gsrns: Collection[str]) -> dict[str, UUID]:
    rows = MeteringPoint.objects.filter(gsrn__in=gsrns)
    return dict(rows.values_list("gsrn", "pk"))


def _customers(numbers: Collection[str]) -> dict[str, UUID]:
    rows = Customer.objects.filter(customer_number__in=numbers)
    return dict(rows.values_list("customer_number", "pk"))


def _businesses(numbers: Collection[str]) -> set[str]:
    rows = Customer.objects.filter(
        customer_number__in=numbers, kind=CustomerKind.ORGANISATION
    )
    return set(rows.values_list("customer_number", flat=True))


def _require_mortal(item: EventItem, businesses: Collection[str]) -> None:
    is_death = item.kind == EventKind.CUSTOMER_DIED
    if is_death and item.values["customer_number"] in businesses:
        raise ItemRefused(Reason.NOT_FOR_THIS_KIND, "customer_number")


def _meters(items: list[EventItem]) -> dict[MeterKey, UUID]:
    keys = {key for key in map(_meter, items) if key}
    wanted = Q(
        manufacturer__in={manufacturer for manufacturer, _ in keys},
        serial__in={serial for _, serial in keys},
    )
    rows = Meter.objects.filter(wanted).values_list("manufacturer", "serial", "pk")
    return {(manufacturer, serial): pk for manufacturer, serial, pk in rows}
