"""What is installed: points, meters, who holds them, and the port of each meter."""

from meters.models.deliveries import (
    DeliveryKind,
    DeliveryState,
    RegisterDelivery,
    RegisterDeliveryQuerySet,
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
    "DeliveryKind",
    "DeliveryState",
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
]
