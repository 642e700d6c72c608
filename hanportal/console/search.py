"""One search box: what was typed, recognised by its form and found through an index.

Nothing that answers a control question is handed out with a hit: who searches for an
address learns which customers live at it, and no address. Who has a protected address
is not found by address at all.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Collate
from django.urls import Resolver404, resolve

from hanportal.accounts.models import Customer
from meters.models import Holding, MeteringPoint
from orders.models import Order

MOST_HITS = 20
"""Of each kind; whoever gets more is asked to say more."""
SHORTEST_PREFIX = 2
GSRN = re.compile(r"[0-9]{18}")
REFERENCE = re.compile(r"(?:HAN)?([2-9A-Z]{4})([2-9A-Z]{4})")
RECEIPT = re.compile(r"SAM([2-9A-Z]{4})([2-9A-Z]{4})")
SERIAL = re.compile(r"[0-9A-Z-]{4,20}")
PHONE = re.compile(r"[+0-9 ()./-]{5,24}")
BETWEEN = re.compile(r"[\s-]+")
POSTAL_CODE = re.compile(r"\b[0-9]{4}\b")


class Group(StrEnum):
    """By what a hit was found; the order is that of the page."""

    REFERENCE = "reference"
    PAGE = "page"
    CUSTOMER_NUMBER = "customer_number"
    GSRN = "gsrn"
    SERIAL = "serial"
    PHONE = "phone"
    NAME = "name"
    ADDRESS = "address"


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A customer who was found, or a point that nobody holds today."""

    customer: Customer | None
    places: tuple[str, ...]
    """Where the customer's points are: towns only, and none for who is protected."""
    order: Order | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """The hits of one kind."""

    group: Group
    hits: tuple[Hit, ...]
    has_more: bool


@dataclass(kw_only=True)
class _Drawer:
    customers: list[Customer] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    unheld: int = 0


def find(text: str, *, today: date) -> tuple[Found, ...]:
    """Everything that the text may mean, grouped; empty groups are left out."""
    typed = text.strip()
    drawers = {group: _Drawer() for group in Group}
    if path := _path_in(typed):
        _by_page(path, drawers[Group.PAGE], today=today)
    elif typed:
        _by_identifier(typed, drawers, today=today)
        _by_words(typed, drawers, today=today)
    places = _places_of(
        [customer for drawer in drawers.values() for customer in drawer.customers],
        today=today,
    )
    return tuple(
        _found(group, drawer, places)
        for group, drawer in drawers.items()
        if drawer.customers or drawer.orders or drawer.unheld
    )


def callers_at(number: str) -> list[Customer]:
    """Whose registered number this is, in whatever form it was given."""
    if not PHONE.fullmatch(number.strip()):
        return []
    key = Func(Value(number.strip()), function="phone_key", output_field=TextField())
    return list(
        Customer.objects.annotate(
            key=Func(F("phone"), function="phone_key", output_field=TextField())
        )
        .filter(key=key)
        .exclude(phone="")
        .order_by("id")[: MOST_HITS + 1]
    )


def _path_in(typed: str) -> str:
    """The path, where an address of a page was pasted; else nothing."""
    try:
        path = urlsplit(typed).path
    except ValueError:
        return ""
    return path if path.startswith("/") else ""


def _by_identifier(typed: str, drawers: dict[Group, _Drawer], *, today: date) -> None:
    sign = BETWEEN.sub("", typed).upper()
    if reference := REFERENCE.fullmatch(sign):
        named = f"HAN-{reference[1]}-{reference[2]}"
        drawers[Group.REFERENCE].orders += _orders(Q(placement__reference=named))
    if receipt := RECEIPT.fullmatch(sign):
        named = f"SAM-{receipt[1]}-{receipt[2]}"
        drawers[Group.REFERENCE].orders += _orders(Q(consent__receipt_number=named))
    drawers[Group.CUSTOMER_NUMBER].customers += Customer.objects.filter(
        customer_number__in={typed, typed.upper(), sign}
    ).order_by("customer_number")
    if GSRN.fullmatch(sign):
        _by_points(
            MeteringPoint.objects.filter(gsrn=sign), drawers[Group.GSRN], today=today
        )
    elif SERIAL.fullmatch(sign):
        serials = {sign, typed.upper()}
        _by_points(
            MeteringPoint.objects.filter(
                Q(installations__ends_on__isnull=True)
                | Q(installations__ends_on__gt=today),
                installations__starts_on__lte=today,
                installations__meter__serial__in=serials,
            ),
            drawers[Group.SERIAL],
            today=today,
        )
    drawers[Group.PHONE].customers += callers_at(typed)


def _by_words(typed: str, drawers: dict[Group, _Drawer], *, today: date) -> None:
    if len(typed) < SHORTEST_PREFIX or not any(sign.isalpha() for sign in typed):
        return
    drawers[Group.NAME].customers += _named(typed)
    street, _comma, rest = typed.partition(",")
    points = MeteringPoint.objects.annotate(key=_key("street_address")).filter(
        key__startswith=_sought(street)
    )
    if postal_code := POSTAL_CODE.search(rest):
        points = points.filter(postal_code=postal_code[0])
    holdings = (
        _held(today)
        .filter(
            metering_point__in=points.order_by("key", "gsrn")[: 2 * MOST_HITS],
            customer__has_protected_address=False,
        )
        .order_by("metering_point__gsrn")
    )
    drawers[Group.ADDRESS].customers += _each_once(
        holding.customer for holding in holdings
    )


def _named(typed: str) -> list[Customer]:
    """Names that begin so, with the first name or the last name first."""
    found: list[Customer] = []
    for function in ("search_key", "search_key_turned"):
        found += (
            Customer.objects.annotate(key=_key("name", function=function))
            .filter(key__startswith=_sought(typed))
            .order_by("key", "id")[: MOST_HITS + 1]
        )
    return _each_once(found)


def _key(column: str, *, function: str = "search_key") -> Collate:
    """The expression that an index of migration 0001 holds."""
    return Collate(Func(F(column), function=function, output_field=TextField()), "C")


def _sought(typed: str) -> Func:
    """What was typed, folded by the same function as the key."""
    return Func(Value(typed), function="search_key", output_field=TextField())


def _by_points(
    points: Iterable[MeteringPoint], drawer: _Drawer, *, today: date
) -> None:
    listed = list(points)
    holdings = _held(today).filter(metering_point__in=listed)
    held = list(holdings.order_by("metering_point__gsrn"))
    drawer.customers += _each_once(holding.customer for holding in held)
    drawer.unheld += len(listed) - len(held)


def _by_page(path: str, drawer: _Drawer, *, today: date) -> None:
    """Whom a page of the portal is about, Min side's as well as our own."""
    try:
        named = resolve(path).kwargs
    except Resolver404:
        return
    if isinstance(order_id := named.get("order_id"), UUID):
        drawer.orders += _orders(Q(pk=order_id))
    elif isinstance(customer_id := named.get("customer_id"), UUID):
        drawer.customers += Customer.objects.filter(pk=customer_id)
    elif isinstance(point_id := named.get("point_id"), UUID):
        _by_points(MeteringPoint.objects.filter(pk=point_id), drawer, today=today)


def _orders(which: Q) -> list[Order]:
    orders = Order.objects.filter(which).for_pages().newest_first()
    return list(orders.select_related("placement__customer")[:MOST_HITS])


def _held(today: date) -> QuerySet[Holding]:
    return Holding.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=today), starts_on__lte=today
    ).select_related("customer", "metering_point")


def _places_of(
    customers: list[Customer], *, today: date
) -> dict[UUID, tuple[str, ...]]:
    """The towns of those whose address is not protected, in one query."""
    open_to_all = [c.id for c in customers if not c.has_protected_address]
    if not open_to_all:
        return {}
    towns: dict[UUID, list[str]] = {}
    for holding in _held(today).filter(customer__in=open_to_all):
        towns.setdefault(holding.customer_id, []).append(holding.metering_point.city)
    return {customer: tuple(sorted(set(named))) for customer, named in towns.items()}


def _found(group: Group, drawer: _Drawer, places: dict[UUID, tuple[str, ...]]) -> Found:
    hits = [
        *(
            Hit(customer=order.placement.customer, places=(), order=order)
            for order in drawer.orders
        ),
        *(
            Hit(customer=customer, places=places.get(customer.id, ()))
            for customer in drawer.customers
        ),
        *(Hit(customer=None, places=()) for _ in range(drawer.unheld)),
    ]
    return Found(
        group=group, hits=tuple(hits[:MOST_HITS]), has_more=len(hits) > MOST_HITS
    )


def _each_once(customers: Iterable[Customer]) -> list[Customer]:
    return list({customer.id: customer for customer in customers}.values())
