"""How what stands in the two files lands, each change with its event."""

from datetime import date, datetime, time
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, F, OuterRef, Q
from psycopg2.sql import SQL, Literal

from hanportal.audit import log
from meters.models import HanPort
from meters.states import DesiredState, ReportedState, ReportSource
from orders import intents
from orders.deadlines import OSLO, oslo_date
from orders.models import Command, Consent, Order
from orders.states import Channel

CHAIN = "legacy"
"""The audit chain of what was brought in from before the portal."""

IMPORTER = log.Actor(log.ActorKind.REGISTER, CHAIN)

ROWS_AT_A_TIME = 1000

_LANDING_CONSENTS = """
SELECT p.id, p.gsrn, k.id, s.given_on, s.method, s.evidence, s.security, s.terms
FROM staged_consents AS s
JOIN meters_meteringpoint AS p ON p.gsrn = s.gsrn
JOIN accounts_customer AS k ON k.customer_number = s.customer_number
WHERE s.problem IS NULL
AND NOT EXISTS (SELECT FROM known_consents AS n WHERE n.line = s.line)
ORDER BY s.line
"""

# The meter's own word is never overruled by a register's.
_LAND_PORTS = """
UPDATE meters_hanport AS p SET reported = s.state, reported_at = s.observed_at,
    reported_source = {register}
FROM staged_ports AS s
JOIN meters_meter AS m ON m.manufacturer = s.manufacturer AND m.serial = s.serial
WHERE s.problem IS NULL AND p.meter_id = m.id
AND p.reported_source IN ('', {register})
AND (p.reported_at IS NULL OR p.reported_at < s.observed_at)
RETURNING p.id, p.reported, p.reported_at
"""

# In the order of their ids, as everybody locks many: two imports never cross.
_LOCK_PORTS = """
SELECT p.id FROM meters_hanport AS p WHERE p.meter_id IN (
    SELECT m.id FROM meters_meter AS m JOIN staged_ports AS s
        ON m.manufacturer = s.manufacturer AND m.serial = s.serial
    UNION
    SELECT i.meter_id FROM meters_installation AS i
    JOIN meters_meteringpoint AS t ON t.id = i.metering_point_id
    JOIN staged_consents AS s ON s.gsrn = t.gsrn
    WHERE i.starts_on <= {today} AND (i.ends_on IS NULL OR i.ends_on > {today})
) ORDER BY p.id FOR NO KEY UPDATE
"""


def lock_ports(cursor: CursorWrapper, *, now: datetime) -> None:
    """Hold every port that the two files concern, before anything is checked."""
    cursor.execute(SQL(_LOCK_PORTS).format(today=Literal(oslo_date(now))))


def land_consents(cursor: CursorWrapper, *, now: datetime) -> int:
    """Bring the consents in as what they are; says how many were new."""
    cursor.execute(_LANDING_CONSENTS)
    rows = map(_Row._make, cursor.fetchall())
    landed = 0
    while some := [_consent(row, now=now) for row in islice(rows, ROWS_AT_A_TIME)]:
        # The event first: a consent that finds none is refused.
        log.record_many(chain=CHAIN, notes=map(_note, some), who=IMPORTER, at=now)
        Consent.objects.bulk_create(some)
        landed += len(some)
    return landed


def land_ports(cursor: CursorWrapper, *, now: datetime) -> int:
    """Take on the states that are news; says how many. Open ones get an event each."""
    cursor.execute(
        SQL(_LAND_PORTS).format(register=Literal(ReportSource.REGISTER.value))
    )
    rows = cursor.fetchall()
    opened = [
        log.Note(
            what="port.registered_open",
            on=log.Subject("han_port", port_id),
            facts={"observed_at": observed_at.isoformat()},
        )
        for port_id, state, observed_at in rows
        if state == ReportedState.OPEN
    ]
    if opened:
        log.record_many(chain=CHAIN, notes=opened, who=IMPORTER, at=now)
    return len(rows)


def want_open_what_is_consented_to(*, now: datetime) -> int:
    """Ports that are open with a consent from before shall be open; says how many.

    Nothing is sent, and an automatic closing that waits is called off. A port without
    such a consent stays meant to be closed.
    """
    ports = _open_with_consent(on=oslo_date(now))
    if not ports:
        return 0
    head_ends = {log.head_end_chain(port.meter.head_end_id) for port in ports}
    log.lock_chains(CHAIN, *head_ends)
    busy = set(
        Command.objects.live().filter(port__in=ports).values_list("port_id", flat=True)
    )
    idle = [port for port in ports if port.id not in busy]
    HanPort.objects.filter(pk__in=[port.pk for port in idle]).want(DesiredState.OPEN)
    log.record_many(chain=CHAIN, notes=map(_wanted, idle), who=IMPORTER, at=now)
    for port in ports:
        if port.id in busy:
            intents.want_as_it_is(port, chain=CHAIN, by=IMPORTER, at=now)
    return len(ports)


def _open_with_consent(*, on: date) -> list[HanPort]:
    """Locked. Where something is ordered, the order decides and not the past."""
    consents = Consent.objects.active().filter(
        Q(metering_point__installations__ends_on__isnull=True)
        | Q(metering_point__installations__ends_on__gt=on),
        Q(metering_point__holdings__ends_on__isnull=True)
        | Q(metering_point__holdings__ends_on__gt=on),
        channel=Channel.LEGACY,
        metering_point__is_active=True,
        metering_point__installations__meter=OuterRef("meter"),
        metering_point__installations__starts_on__lte=on,
        metering_point__holdings__customer=F("customer"),
        metering_point__holdings__starts_on__lte=on,
    )
    return list(
        HanPort.objects.open_unwanted(on=on)
        .filter(Exists(consents))
        .exclude(Exists(Order.objects.live().filter(port=OuterRef("pk"))))
        .select_related("meter__head_end")
        .locked()
        .order_by("id")
    )


class _Row(NamedTuple):
    """What a consent's row lands as."""

    metering_point_id: UUID
    gsrn: str
    customer_id: UUID
    given_on: date
    method: str
    evidence: str
    security: str
    terms: str


def _consent(row: _Row, *, now: datetime) -> Consent:
    return Consent(
        metering_point_id=row.metering_point_id,
        customer_id=row.customer_id,
        gsrn=row.gsrn,
        channel=Channel.LEGACY,
        confirmed=[],
        security=row.security,
        given_at=datetime.combine(row.given_on, time.min, tzinfo=OSLO),
        legacy_method=row.method,
        legacy_evidence=row.evidence,
        legacy_terms=row.terms,
        imported_at=now,
    )


def _note(consent: Consent) -> log.Note:
    return log.Note(
        what="consent.imported",
        on=log.Subject("consent", consent.id),
        facts=consent.evidence,
        personal={"gsrn": consent.gsrn, "evidence": consent.legacy_evidence},
    )


def _wanted(port: HanPort) -> log.Note:
    """Of a port as it was read, before its intent changed."""
    return log.Note(
        what="port.wanted",
        on=log.Subject("han_port", port.id),
        facts={
            "state": DesiredState.OPEN.value,
            "generation": port.generation + 1,
        },
    )
