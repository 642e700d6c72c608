"""Reads one event as it was sent: which fields its kind has, and its digest."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from hashlib import sha256

from meters.models import EventKind, EventOutcome
from meters.register import values
from meters.register.files import CUSTOMERS
from meters.register.items import (
    ItemOutcome,
    ItemRefused,
    ItemResult,
    Raw,
    number_in,
    object_in,
    refused_value,
    require_known_fields,
    sender_id_in,
    text_in,
)
from meters.register.report import Reason
from meters.register.rows import fields_of, row_of
from meters.register.values import Parse, Refused

READERS: Mapping[str, Parse] = {
    "gsrn": values.gsrn,
    "effective_on": values.iso_date,
    "customer_number": values.text(20),
    "manufacturer": values.text(40),
    "serial": values.serial,
}

_AT_POINT = ("gsrn", "effective_on")
FIELDS: Mapping[EventKind, tuple[str, ...]] = {
    EventKind.MOVED_IN: (*_AT_POINT, "customer_number"),
    EventKind.MOVED_OUT: (*_AT_POINT, "customer_number"),
    EventKind.END_USER_CHANGED: ("effective_on", "customer"),
    EventKind.SUPPLIER_SWITCHED: _AT_POINT,
    EventKind.POINT_DEACTIVATED: _AT_POINT,
    EventKind.POINT_REACTIVATED: _AT_POINT,
    EventKind.METER_EXCHANGED: (*_AT_POINT, "manufacturer", "serial"),
    EventKind.CUSTOMER_DIED: ("effective_on", "customer_number"),
    EventKind.GUARDIAN_APPOINTED: ("effective_on", "customer_number"),
    EventKind.ROLLED_BACK: ("rolls_back",),
}
"""What an event of each kind must have, besides `id`, `kind` and `order`."""

_SEALED = [name for name, _ in CUSTOMERS.staged].index("national_id_sealed")


@dataclass(frozen=True, kw_only=True)
class EventItem:
    """An event whose parts can stand by themselves."""

    number: int
    sender_id: str
    kind: EventKind
    order: int
    values: Mapping[str, str]
    customer: list[str] = field(default_factory=list)
    """The staged row of a customer that the event carries."""
    digest: str
    outcome: EventOutcome | None = None
    """What came of it, where that is known before the point is derived."""

    @property
    def effective_on(self) -> date | None:
        """From when on it holds; None for a rollback."""
        text = self.values.get("effective_on")
        return date.fromisoformat(text) if text else None

    @property
    def place_in_order(self) -> tuple[str, int, str]:
        """Of several about one customer, the greatest holds."""
        return self.values["effective_on"], self.order, self.sender_id

    def result(self, outcome: ItemOutcome) -> ItemResult:
        """What is told of it."""
        return ItemResult(sender_id=self.sender_id, outcome=outcome)


def event_in(raw: Raw, *, sender_id: str, number: int) -> EventItem:
    """The event of an object.

    :raises ItemRefused: a value that cannot stand; says which.
    """
    kind = _kind_in(raw)
    names = FIELDS[kind]
    require_known_fields(raw, ["id", "kind", "order", *names])
    order = number_in(raw, "order")
    read: dict[str, str] = {}
    customer: list[str] = []
    for name in names:
        if name == "customer":
            customer = _customer_in(raw)
        else:
            read[name] = _value_in(raw, name)
    return EventItem(
        number=number,
        sender_id=sender_id,
        kind=kind,
        order=order,
        values=read,
        customer=customer,
        digest=_digest(kind, order, read, customer),
    )


def _kind_in(raw: Raw) -> EventKind:
    value = text_in(raw, "kind")
    if not value:
        raise ItemRefused(Reason.MISSING, "kind")
    if value not in EventKind.values:
        refused = Refused(Reason.CHOICE, ", ".join(EventKind.values))
        raise refused_value(refused, "kind", value)
    return EventKind(value)


def _value_in(raw: Raw, name: str) -> str:
    read: Callable[[Raw], str] | None = _OTHERWISE.get(name)
    if read:
        return read(raw)
    value = text_in(raw, name)
    try:
        return READERS[name](value)
    except Refused as refused:
        raise refused_value(refused, name, value) from None


def _customer_in(raw: Raw) -> list[str]:
    """The row of the customer that stands in the event, its national id sealed."""
    if raw.get("customer") is None:
        raise ItemRefused(Reason.MISSING, "customer")
    customer = object_in(raw["customer"], field="customer")
    require_known_fields(customer, fields_of(CUSTOMERS), field="customer")
    try:
        return row_of(CUSTOMERS, customer)
    except ItemRefused as refused:
        refused.field = f"customer.{refused.field}"
        raise


def _digest(
    kind: EventKind, order: int, read: Mapping[str, str], customer: list[str]
) -> str:
    # The same number is sealed into other bytes each time; its keyed hash stays.
    known = [value for place, value in enumerate(customer) if place != _SEALED]
    content = [kind.value, order, dict(read), known]
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


_OTHERWISE = {"rolls_back": partial(sender_id_in, field="rolls_back")}
