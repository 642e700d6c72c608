"""The adapter to a head-end, with every exchange recorded."""

from datetime import timedelta
from typing import Protocol

from django.conf import settings
from uuid6 import uuid7

from meters.headend import (
    Clock,
    HeadEndAdapter,
    IdSource,
    PortCommand,
    Recorder,
    adapter_for,
)
from meters.models import HeadEnd
from meters.states import DesiredState
from orders.fulfilment.recorder import ExchangeRecorder
from orders.models import Command


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


def longest_send(head_end: HeadEnd) -> timedelta:
    """How long whoever sends holds what was claimed: the slowest call, and a margin."""
    return settings.SEND_LEASE_MARGIN + timedelta(
        seconds=head_end.connect_timeout_seconds + head_end.read_timeout_seconds
    )


def port_command(command: Command) -> PortCommand:
    """The command as an adapter takes it."""
    reference = str(command.id)
    if command.order is not None:
        reference = command.order.placement.reference
    return PortCommand(
        id=command.id,
        serial=command.port.meter.serial,
        desired=DesiredState(command.desired),
        tracking_reference=reference,
        attempt=command.attempts,
        hes_reference=command.hes_reference,
    )
