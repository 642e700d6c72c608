"""The port of a customer's point, locked first of all, and the bell at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from hanportal.accounts.models import Customer
from meters.models import HanPort, MeteringPoint
from notifications import outbox
from orders import tasks
from orders.deadlines import oslo_date


class NotHolder(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The customer does not hold this metering point today."""


class NoMeter(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """No meter is installed at this metering point today."""


@contextmanager
def locked_port(
    customer: Customer, metering_point: MeteringPoint, *, now: datetime
) -> Iterator[HanPort]:
    """One transaction around the port of the point's meter; workers wake at its end.

    :raises NotHolder: the customer does not hold the point today.
    :raises NoMeter: no meter is installed there.
    """
    today = oslo_date(now)
    with transaction.atomic():
        port = (
            HanPort.objects.at_point(metering_point, on=today)
            .select_related("meter__head_end")
            .locked()
            .first()
        )
        held = MeteringPoint.objects.held_by(customer, on=today)
        if not held.filter(pk=metering_point.pk, is_active=True).exists():
            raise NotHolder
        if port is None:
            raise NoMeter
        yield port
        wake_workers(port)


def wake_workers(port: HanPort) -> None:
    """Ring once this is committed; a bell that fails fails nothing."""
    head_end_id = str(port.meter.head_end_id)

    def ring() -> None:
        tasks.dispatch_commands.delay(head_end_id=head_end_id)

    transaction.on_commit(ring, robust=True)
    outbox.ring()
