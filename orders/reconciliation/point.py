"""A point under the locks: its ports first, then its order and its consent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from hanportal.audit import log
from meters.models import HanPort, Installation, MeteringPoint
from meters.states import DesiredState
from orders import intents
from orders.models import Command, Consent, Order

REGISTER = log.Actor(log.ActorKind.REGISTER, "register")
"""Who ends and carries on what the register changed."""


@dataclass(frozen=True, kw_only=True)
class LockedPoint:
    """Everything about one point that a life event may touch, locked."""

    point: MeteringPoint
    today: date
    here: HanPort | None
    """The port of the meter that sits at the point today."""
    elsewhere: tuple[HanPort, ...]
    """Ports of other meters that still serve the point's consent or order."""
    order: Order | None
    consent: Consent | None

    @property
    def ports(self) -> tuple[HanPort, ...]:
        """Every port, the one here first."""
        here = () if self.here is None else (self.here,)
        return (*here, *self.elsewhere)

    def chains(self) -> set[str]:
        """Every audit chain that what happens here may be written to."""
        chains = {log.head_end_chain(p.meter.head_end_id) for p in self.ports}
        if self.order is not None:
            chains.add(log.customer_chain(self.order.placement.customer_id))
        if self.consent is not None:
            chains.add(log.customer_chain(self.consent.customer_id))
        live = Command.objects.live().filter(port__in=self.ports)
        commands = live.select_related("port__meter", "order__placement")
        chains |= {command.chain for command in commands}
        return chains

    def lock_chains(self, *also: str) -> None:
        """Lock every audit chain that may be written to, before the first event."""
        log.lock_chains(*self.chains(), *also)


@contextmanager
def locked_point(point_id: UUID, *, today: date) -> Iterator[LockedPoint]:
    """One short transaction about one point; its ports are locked before all else."""
    with transaction.atomic():
        point = MeteringPoint.objects.get(pk=point_id)
        ports = _locked_ports(point, today=today)
        here = [port for port in ports if _sits_at(port, point, today=today)]
        yield LockedPoint(
            point=point,
            today=today,
            here=here[0] if here else None,
            elsewhere=tuple(port for port in ports if port not in here),
            order=intents.live_order(point),
            consent=intents.active_consent(point),
        )


def point_at(port: HanPort, point: MeteringPoint, *, today: date) -> LockedPoint:
    """A point whose present port the caller has locked already, and nothing else."""
    return LockedPoint(
        point=point,
        today=today,
        here=port,
        elsewhere=(),
        order=intents.live_order(point),
        consent=intents.active_consent(point),
    )


def sits_somewhere(port: HanPort, *, today: date) -> bool:
    """False for a meter that was taken down: its port is history."""
    return Installation.objects.on(today).filter(meter=port.meter_id).exists()


def _locked_ports(point: MeteringPoint, *, today: date) -> list[HanPort]:
    """Those of today's meter, of the live order, and what a consent still wants open.

    Locked in the order of their ids, so that no two of us wait for each other.
    """
    here = Installation.objects.on(today).filter(metering_point=point)
    live = Order.objects.live().filter(metering_point=point)
    consents = Consent.objects.active().filter(metering_point=point)
    served = Command.objects.filter(consent__in=consents)
    return list(
        HanPort.objects.filter(
            Q(meter__in=here.values("meter"))
            | Q(pk__in=live.values("port"))
            | Q(pk__in=served.values("port"), desired=DesiredState.OPEN)
        )
        .select_related("meter__head_end")
        .order_by("id")
        .locked()
    )


def _sits_at(port: HanPort, point: MeteringPoint, *, today: date) -> bool:
    sits = Installation.objects.on(today)
    return sits.filter(meter=port.meter_id, metering_point=point).exists()
