"""A look at the database goes through indexes over what is unfinished."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from meters.models import HanPort
from notifications.models import Delivery
from orders.models import Callback, Command, Exchange, Order, database_now
from tests.orders.world import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("read", "index"),
    [
        (
            lambda: HanPort.objects.open_unwanted(on=NOW.date()),
            "han_port_open_unwanted",
        ),
        (
            lambda: HanPort.objects.read_back_overdue(at=database_now(), on=NOW.date()),
            "han_port_read_back_due",
        ),
        (Command.objects.live, "command_one_live_per_meter|command_live_by_time"),
        (
            lambda: Command.objects.left_undone(at=database_now()),
            "command_live_by_time",
        ),
        (Order.objects.live, "order_one_live_per_point|order_live_by_due_date"),
        (lambda: Order.objects.late(on=NOW.date()), "order_live_by_due_date"),
        (Delivery.objects.unsettled, "delivery_due"),
        (Delivery.objects.given_up, "delivery_given_up"),
        (Callback.objects.waiting, "callback_waiting"),
        (
            lambda: Exchange.objects.since(NOW - timedelta(hours=1)),
            "orders_exchange_pkey",
        ),
    ],
)
def test_a_read_has_its_index(read: Callable[[], QuerySet[Any]], index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = read().explain()

    assert re.search(rf"Index Scan (?:using|on) (?:{index})\b", plan), plan
