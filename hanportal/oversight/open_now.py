"""Ports that are seen open and must not be, where the register ended no consent."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Exists, OuterRef

from hanportal.accounts.models import Customer
from meters.models import HanPort, Holding, Installation, MeteringPoint
from meters.states import ReportSource
from orders.models import Consent, LifeEvent

LISTED_AT_MOST: Final = 50


@dataclass(frozen=True, kw_only=True)
class OpenPort:
    """One port, the point where its meter sits, and who holds it today."""

    port: HanPort
    point: MeteringPoint
    holder: Customer | None
    last_consent: Consent | None
    """What permitted it until it ended; None where the portal knows of none."""

    @property
    def is_seen(self) -> bool:
        """True when it is the meter's own word, and not only the register's."""
        return self.port.reported_source != ReportSource.REGISTER


@dataclass(frozen=True, kw_only=True)
class OpenPorts:
    """Those that are listed, and whether there are more."""

    rows: tuple[OpenPort, ...]
    has_more: bool


def other_open_ports(*, today: date) -> OpenPorts:
    """Open without a consent and without an exposure in the report; oldest first."""
    counted = LifeEvent.objects.exposures().filter(
        port=OuterRef("pk"), exposed_until__isnull=True
    )
    found = list(
        HanPort.objects.open_unwanted(on=today)
        .filter(~Exists(counted))
        .select_related("meter")
        .order_by("reported_at", "id")[: LISTED_AT_MOST + 1]
    )
    ports = found[:LISTED_AT_MOST]
    places = {
        installation.meter_id: installation.metering_point
        for installation in Installation.objects.on(today)
        .filter(meter__in=[port.meter_id for port in ports])
        .select_related("metering_point")
    }
    holders = {
        holding.metering_point_id: holding.customer
        for holding in Holding.objects.on(today)
        .filter(metering_point__in=places.values())
        .select_related("customer")
    }
    consents = {
        consent.metering_point_id: consent
        for consent in Consent.objects.filter(
            metering_point__in=places.values()
        ).order_by("given_at", "id")
    }
    return OpenPorts(
        rows=tuple(
            OpenPort(
                port=port,
                point=places[port.meter_id],
                holder=holders.get(places[port.meter_id].id),
                last_consent=consents.get(places[port.meter_id].id),
            )
            for port in ports
        ),
        has_more=len(found) > LISTED_AT_MOST,
    )
