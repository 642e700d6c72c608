"""The work lists. A filter is an address, and so is the next page."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Q
from django.http import Http404

from orders.models import Case, Order
from orders.states import OrderKind

PAGE_SIZE = 25


class Queue(StrEnum):
    """The lists; their names are in the address bar."""

    DUE_TODAY = "forfaller"
    LATE = "forsinket"
    FAILED = "feilet"


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One thing to look at."""

    order: Order | None
    case: Case | None = None


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    """One page of a list, and the address part of the next."""

    queue: Queue
    kind: str
    rows: tuple[QueueRow, ...]
    following: str
    """Where the next page starts; empty on the last."""


def queue_page(queue: Queue, *, kind: str, after: str, today: date) -> QueuePage:
    """The rows after a place in the list, oldest first.

    :param kind: one kind of order, or empty for all.
    :raises Http404: the place or the kind is nothing that we gave out.
    """
    if kind and kind not in OrderKind.values:
        raise Http404
    if queue == Queue.FAILED:
        rows = _cases(kind=kind, after=after)
    else:
        rows = _orders(queue, kind=kind, after=after, today=today)
    shown, has_more = rows[:PAGE_SIZE], len(rows) > PAGE_SIZE
    return QueuePage(
        queue=queue,
        kind=kind,
        rows=tuple(shown),
        following=_place_of(shown[-1]) if has_more else "",
    )


def _orders(queue: Queue, *, kind: str, after: str, today: date) -> list[QueueRow]:
    orders = Order.objects.live().for_pages().select_related("placement__customer")
    if queue == Queue.DUE_TODAY:
        orders = orders.filter(due_date=today)
    else:
        orders = orders.filter(due_date__lt=today)
    if kind:
        orders = orders.filter(kind=kind)
    if after:
        at, last = _parse(after)
        orders = orders.filter(
            Q(due_date__gt=at.date()) | Q(due_date=at.date(), id__gt=last)
        )
    found = orders.order_by("due_date", "id")[: PAGE_SIZE + 1]
    return [QueueRow(order=order) for order in found]


def _cases(*, kind: str, after: str) -> list[QueueRow]:
    cases = Case.objects.unsettled().select_related(
        "head_end",
        "order__placement__customer",
        "order__metering_point",
        "order__port__meter",
    )
    if kind:
        cases = cases.filter(order__kind=kind)
    if after:
        at, last = _parse(after)
        cases = cases.filter(Q(opened_at__gt=at) | Q(opened_at=at, id__gt=last))
    found = cases.order_by("opened_at", "id")[: PAGE_SIZE + 1]
    return [QueueRow(order=case.order, case=case) for case in found]


def _place_of(row: QueueRow) -> str:
    if row.case is not None:
        return f"{row.case.opened_at.isoformat()}~{row.case.id}"
    if row.order is None:
        return ""
    return f"{row.order.due_date.isoformat()}~{row.order.id}"


def _parse(place: str) -> tuple[datetime, UUID]:
    at, _sign, last = place.partition("~")
    try:
        return datetime.fromisoformat(at), UUID(last)
    except ValueError as error:
        raise Http404 from error
