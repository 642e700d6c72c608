"""What is installed: points, meters, who holds them, and the port of each meter."""

from meters.models.deliveries import (
    DeliveryKind,
    DeliveryState,
    RegisterDelivery,
    RegisterDeliveryQuerySet,
)
from meters.models.events import (
    ACTIVITY_KINDS,
    HOLDING_KINDS,
    DeliveredHolding,
    DeliveredInstallation,
    EventKind,
    EventOutcome,
    RegisterEvent,
    RegisterEventQuerySet,
)
from meters.models.port import HanPort, HanPortQuerySet
from meters.models.register import (
    HeadEnd,
    HeadEndQuerySet,
    Holding,
    Installation,
    Meter,
    MeteringPoint,
    MeteringPointQuerySet,
)

__all__ = [
    "ACTIVITY_KINDS",
    "HOLDING_KINDS",
    "DeliveredHolding",
    "DeliveredInstallation",
    "DeliveryKind",
    "DeliveryState",
    "EventKind",
    "EventOutcome",
    "HanPort",
    "HanPortQuerySet",
    "HeadEnd",
    "HeadEndQuerySet",
    "Holding",
    "Installation",
    "Meter",
    "MeteringPoint",
    "MeteringPointQuerySet",
    "RegisterDelivery",
    "RegisterDeliveryQuerySet",
    "RegisterEvent",
    "RegisterEventQuerySet",
]
