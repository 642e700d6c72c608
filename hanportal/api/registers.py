"""What the register says, for clients that may read it."""

from hanportal.api.schemas import (
    EventAnswer,
    HoldingAnswer,
    InstallationAnswer,
    PointAnswer,
)
from meters.models import MeteringPoint, RegisterEvent


def point_answer(gsrn: str) -> PointAnswer:
    """A point with its holdings and installations, in time.

    :raises MeteringPoint.DoesNotExist: the register has no such point.
    """
    point = MeteringPoint.objects.get(gsrn=gsrn)
    holdings = point.holdings.select_related("customer").order_by("starts_on")
    installations = point.installations.select_related("meter").order_by("starts_on")
    return PointAnswer(
        gsrn=point.gsrn,
        active=point.is_active,
        holdings=[
            HoldingAnswer(
                customer_number=holding.customer.customer_number,
                starts_on=holding.starts_on.isoformat(),
                ends_on=holding.ends_on.isoformat() if holding.ends_on else None,
            )
            for holding in holdings
        ],
        installations=[
            InstallationAnswer(
                manufacturer=each.meter.manufacturer,
                serial=each.meter.serial,
                starts_on=each.starts_on.isoformat(),
                ends_on=each.ends_on.isoformat() if each.ends_on else None,
            )
            for each in installations
        ],
    )


def event_answer(sender: str, sender_id: str) -> EventAnswer:
    """An event of this sender.

    :raises RegisterEvent.DoesNotExist: it sent no such event.
    """
    event = RegisterEvent.objects.of_sender(sender, sender_id).with_standing().get()
    return EventAnswer(
        id=event.sender_id,
        kind=event.kind,
        effective_on=event.effective_on.isoformat() if event.effective_on else None,
        rolls_back=event.rolls_back or None,
        received_at=event.received_at.isoformat(),
        outcome=event.outcome,
        rolled_back=event.is_rolled_back,
    )
