"""What is installed: points, meters, who holds them, and the port of each meter."""

from meters.models.port import HanPort, HanPortQuerySet
from meters.models.register import (
    HeadEnd,
    Holding,
    Installation,
    Meter,
    MeteringPoint,
    MeteringPointQuerySet,
)

__all__ = [
    "HanPort",
    "HanPortQuerySet",
    "HeadEnd",
    "Holding",
    "Installation",
    "Meter",
    "MeteringPoint",
    "MeteringPointQuerySet",
]
