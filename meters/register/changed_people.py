"""Events that say who a customer is by now: the one that takes effect last holds."""

from dataclasses import replace
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from hanportal.audit.log import Actor
from meters.models import EventKind, EventOutcome, RegisterEvent
from meters.register.event_items import EventItem
from meters.register.files import CUSTOMERS
from meters.register.items import ItemOutcome, ItemResult
from meters.register.rows import merge_rows


def change_people(
    cursor: CursorWrapper,
    items: list[EventItem],
    results: dict[int, ItemResult],
    *,
    by: Actor,
    now: datetime,
) -> list[EventItem]:
    """Write the customers that events carry, unless a later event told of them.

    Gives the items that stand, each of these with its outcome.
    """
    waiting = [item for item in items if item.kind == EventKind.END_USER_CHANGED]
    outcomes: dict[int, EventOutcome] = {}
    newest = _newest_known(waiting)
    while waiting:
        last = _last_of_each(waiting)
        rows = {item.number: item for item in last if _is_newest(item, newest)}
        taken = merge_rows(
            cursor,
            CUSTOMERS,
            {number: item.customer for number, item in rows.items()},
            ids={number: item.sender_id for number, item in rows.items()},
            by=by,
            now=now,
        )
        for item in last:
            result = taken.get(item.number)
            if result and result.outcome == ItemOutcome.REFUSED:
                field = f"customer.{result.field}"
                results[item.number] = replace(result, field=field)
                continue
            applied = result is not None and result.outcome == ItemOutcome.APPLIED
            outcomes[item.number] = (
                EventOutcome.APPLIED if applied else EventOutcome.NO_EFFECT
            )
            if result:
                newest[item.customer[0]] = item.place_in_order
        waiting = [item for item in waiting if item not in last]
    return [
        replace(item, outcome=outcomes.get(item.number))
        for item in items
        if item.number not in results
    ]


def _last_of_each(items: list[EventItem]) -> list[EventItem]:
    last: dict[str, EventItem] = {}
    for item in sorted(items, key=lambda each: each.place_in_order):
        last[item.customer[0]] = item
    return list(last.values())


def _is_newest(item: EventItem, newest: dict[str, tuple[str, int, str]]) -> bool:
    known = newest.get(item.customer[0])
    return known is None or known < item.place_in_order


def _newest_known(items: list[EventItem]) -> dict[str, tuple[str, int, str]]:
    """For each of these customers, the event that told last of them until now."""
    newest: dict[str, tuple[str, int, str]] = {}
    for number, on, order, sender_id in RegisterEvent.objects.filter(
        kind=EventKind.END_USER_CHANGED,
        customer__customer_number__in={item.customer[0] for item in items},
    ).values_list(
        "customer__customer_number", "effective_on", "stated_order", "sender_id"
    ):
        place = (on.isoformat() if on else "", order, sender_id)
        newest[number] = max(newest.get(number, place), place)
    return newest
