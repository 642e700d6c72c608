"""The adapter to a head-end, with every exchange recorded."""

from typing import Protocol

from uuid6 import uuid7

from meters.headend import Clock, HeadEndAdapter, IdSource, Recorder, adapter_for
from meters.models import HeadEnd
from orders.fulfilment.recorder import ExchangeRecorder


class Connect(Protocol):
    """How workers come by an adapter; `meters.headend.adapter_for` unless told."""

    def __call__(
        self, head_end: HeadEnd, *, recorder: Recorder, clock: Clock, new_id: IdSource
    ) -> HeadEndAdapter:
        """The adapter that talks to this head-end."""


def recorded_adapter(
    head_end: HeadEnd, *, clock: Clock, connect: Connect = adapter_for
) -> HeadEndAdapter:
    """An adapter whose exchanges are kept in the database."""
    recorder = ExchangeRecorder(head_end, clock=clock)
    return connect(head_end, recorder=recorder, clock=clock, new_id=uuid7)
