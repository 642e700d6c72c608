"""The head-ends' way in: a callback is authenticated, stored once, answered at once."""

import hashlib
from http import HTTPStatus

from django.db import transaction

from meters.headend import (
    CallbackBatch,
    CallbackRefused,
    Clock,
    RawCallback,
    address_of,
)
from meters.models import HeadEnd
from orders import tasks
from orders.fulfilment.connection import recorded_adapter
from orders.models import Callback

KEPT_HEADERS = frozenset(
    {
        "content-type",
        "x-hes-client-certificate",
        "x-hes-signature",
        "x-hes-timestamp",
    }
)


def receive_callback(
    *, head_end: HeadEnd, raw: RawCallback, clock: Clock
) -> CallbackBatch:
    """Store a callback and ring for its working off; gives what to answer.

    The same message again is answered again and stored once.

    :raises meters.headend.CallbackRefused: not from where the head-end's come from, not
        authentic, or not readable.
    """
    if not head_end.is_called_from(address_of(raw)):
        raise CallbackRefused(HTTPStatus.FORBIDDEN, "Not taken from this address.")
    adapter = recorded_adapter(head_end, clock=clock)
    batch = adapter.parse_callback(raw)
    kept = {name: raw.headers[name] for name in KEPT_HEADERS & raw.headers.keys()}
    with transaction.atomic():
        Callback.objects.keep_once(
            Callback(
                head_end=head_end,
                digest=hashlib.sha256(raw.body).hexdigest(),
                headers=kept,
                body=raw.body,
                received_at=raw.received_at,
            )
        )
        transaction.on_commit(tasks.work_off_callbacks.delay, robust=True)
    return batch
