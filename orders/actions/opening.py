"""Ordering the port opened, with the verified consent that permits it."""

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from hanportal.accounts.models import (
    CallerVerification,
    Customer,
    Identification,
    Representation,
)
from hanportal.audit import log
from meters.models import HanPort, MeteringPoint
from meters.states import HanCapability, ReportedState
from notifications.models import MessageKind
from orders import holds, intents, notices, reconciliation
from orders.actions.locking import NoMeter, NotHolder, locked_port
from orders.actions.origin import (
    AlreadyOrdered,
    Origin,
    identification_of_caller,
    require_living,
    require_right,
    verified_caller,
)
from orders.deadlines import oslo_date
from orders.models import Consent, Order, Placement, Terms
from orders.states import (
    Channel,
    ConsentEnd,
    OrderKind,
    OrderStatus,
    SecurityPlacement,
)


class ConsentIncomplete(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """Something that must be confirmed was not; nothing was ordered.

    `missing` holds the keys of the statements, and "security" where none of the three
    ways of placing the meter securely was confirmed.
    """

    def __init__(self, missing: frozenset[str]) -> None:
        super().__init__(f"Not confirmed: {', '.join(sorted(missing))}.")
        self.missing = missing


class IdentificationTooOld(Exception):  # noqa: N818 -- errors are sentences
    """The person must prove who they are again before consenting."""


class MeterCannotOpen(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """This meter has no port that can be opened; only another meter helps."""

    def __init__(self, capability: HanCapability) -> None:
        super().__init__(f"The meter's HAN port can't be opened: {capability}.")
        self.capability = capability


class AlreadyOpen(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The port is open already, under a consent that still holds."""


class SomeRefused(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """Some of several points can't be ordered, so none was; `refusals` says why, by
    point. Ordering the others helps."""

    def __init__(self, refusals: Mapping[UUID, Exception]) -> None:
        super().__init__(f"{len(refusals)} of the points can't be ordered.")
        self.refusals = refusals


REFUSALS = (NotHolder, NoMeter, MeterCannotOpen, AlreadyOrdered, AlreadyOpen)
"""What may stand against one point."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What a customer ticked: each statement by itself, and how the meter is placed."""

    terms: Terms
    confirmed: frozenset[str]
    security: SecurityPlacement | None


@dataclass(frozen=True, kw_only=True)
class Overtaken:
    """What gives way to an opening: a closing under way, a consent from before."""

    closing: Order | None
    consent: Consent | None
    """From before the portal: replaced by the one that is given now."""

    def make_way(self, *, by: log.Actor, at: datetime) -> None:
        """End both."""
        if self.closing is not None:
            self.closing.transition_to(OrderStatus.SUPERSEDED, by=by, at=at)
        if self.consent is not None:
            self.consent.end(ConsentEnd.REPLACED, by=by, at=at)


def place_opening(
    *,
    customer: Customer,
    metering_point: MeteringPoint,
    agreement: Agreement,
    identification: Identification,
    by: log.Actor,
    now: datetime,
    representation: Representation | None = None,
) -> Order:
    """Record a verified consent and order the port opened, on Min side.

    :param representation: on what the person who was identified gives the customer's
        consent; None for the customer in person.
    :raises NotRepresented: that right was revoked, is over, or is another customer's.
    :raises HolderDead: the customer has died, and no estate orders.
    :raises NotHolder: the customer does not hold the point today.
    :raises NoMeter: no meter is installed there.
    :raises ConsentIncomplete: a statement or the placement was not confirmed.
    :raises IdentificationTooOld: the login is older than a consent may rest on.
    :raises MeterCannotOpen: no module and no visit would help. Where they would, the
        order is placed and held.
    :raises AlreadyOrdered: an opening is already under way.
    :raises AlreadyOpen: the port is open under a consent that still holds.
    """
    _require_fresh(identification, now=now)
    origin = Origin(
        customer=customer,
        by=by,
        channel=Channel.MINSIDE,
        representation=representation,
    )
    return _open(origin, metering_point, agreement, identification, now=now)


def place_opening_for_caller(
    *,
    verification: CallerVerification,
    metering_point: MeteringPoint,
    agreement: Agreement,
    by: log.Actor,
    now: datetime,
) -> Order:
    """Record what a verified caller agreed to, and order the port opened for them.

    :raises NotVerified: the caller's identity is not known to this agent now.
    :raises NotRepresented, HolderDead, NotHolder, NoMeter, ConsentIncomplete,
        MeterCannotOpen, AlreadyOrdered, AlreadyOpen: as on Min side.
    """
    origin = verified_caller(verification, by=by, now=now)
    identification = identification_of_caller(verification)
    return _open(origin, metering_point, agreement, identification, now=now)


def place_openings(
    *,
    customer: Customer,
    metering_points: Collection[MeteringPoint],
    agreement: Agreement,
    identification: Identification,
    by: log.Actor,
    now: datetime,
    representation: Representation | None = None,
) -> list[Order]:
    """Order several ports opened together: one reference, an order and a consent each.

    All of them or none: what stands against one stands against the whole, and is told
    for each point.

    :param agreement: confirmed for each of the meters, the placement too.
    :raises SomeRefused: by point, what `place_opening` would raise of each.
    :raises ConsentIncomplete, IdentificationTooOld, NotRepresented, HolderDead: as
        `place_opening` does.
    """
    _require_fresh(identification, now=now)
    origin = Origin(
        customer=customer,
        by=by,
        channel=Channel.MINSIDE,
        representation=representation,
    )
    security = _require_complete(agreement)
    require_living(origin, now=now)
    with ExitStack() as locks:
        locks.enter_context(transaction.atomic())
        places, refusals = _locked_together(locks, origin, metering_points, now=now)
        require_right(origin, now=now)
        _make_room(places, origin, now=now)
        ports = _all_openable(places, refusals)
        placement = origin.reference(at=now)
        return [
            _open_one(
                origin,
                port,
                point,
                agreement,
                identification,
                security=security,
                overtaken=overtaken,
                placement=placement,
                now=now,
            )
            for point, port, overtaken in ports
        ]


def _locked_together(
    locks: ExitStack,
    origin: Origin,
    metering_points: Collection[MeteringPoint],
    *,
    now: datetime,
) -> tuple[list[tuple[HanPort, MeteringPoint]], dict[UUID, Exception]]:
    """Every port locked, in one order for everybody, before anything is written.

    And what stands against those that have none, by point.
    """
    places: list[tuple[HanPort, MeteringPoint]] = []
    refusals: dict[UUID, Exception] = {}
    for point in _in_order_of_ports(metering_points, on=oslo_date(now)):
        try:
            port = locks.enter_context(locked_port(origin.customer, point, now=now))
            places.append((port, point))
        except REFUSALS as refusal:
            refusals[point.pk] = refusal
    return places, refusals


def _all_openable(
    places: Collection[tuple[HanPort, MeteringPoint]],
    refusals: Mapping[UUID, Exception],
) -> list[tuple[MeteringPoint, HanPort, Overtaken]]:
    """With each port what the opening overtakes; none of them if any is refused."""
    openable: list[tuple[MeteringPoint, HanPort, Overtaken]] = []
    refused = dict(refusals)
    for port, point in places:
        try:
            openable.append((point, port, _require_openable(port, point)))
        except REFUSALS as refusal:
            refused[point.pk] = refusal
    if refused or not openable:
        raise SomeRefused(refused)
    return openable


def _in_order_of_ports(
    metering_points: Collection[MeteringPoint], *, on: date
) -> list[MeteringPoint]:
    """In the order of the ports' ids, as everybody locks several."""
    ports = {
        point.pk: HanPort.objects.at_point(point, on=on).values_list("pk", flat=True)
        for point in metering_points
    }
    return sorted(
        metering_points, key=lambda each: [str(port) for port in ports[each.pk]]
    )


def _open(
    origin: Origin,
    metering_point: MeteringPoint,
    agreement: Agreement,
    identification: Identification,
    *,
    now: datetime,
) -> Order:
    security = _require_complete(agreement)
    require_living(origin, now=now)
    with locked_port(origin.customer, metering_point, now=now) as port:
        require_right(origin, now=now)
        _make_room([(port, metering_point)], origin, now=now)
        overtaken = _require_openable(port, metering_point)
        return _open_one(
            origin,
            port,
            metering_point,
            agreement,
            identification,
            security=security,
            overtaken=overtaken,
            placement=None,
            now=now,
        )


def _open_one(
    origin: Origin,
    port: HanPort,
    metering_point: MeteringPoint,
    agreement: Agreement,
    identification: Identification,
    *,
    security: SecurityPlacement,
    overtaken: Overtaken,
    placement: Placement | None,
    now: datetime,
) -> Order:
    """The consent and the order of one point whose port is locked; and the command,
    or what somebody must do before there can be one."""
    overtaken.make_way(by=origin.by, at=now)
    consent = Consent.give(
        customer=origin.customer,
        metering_point=metering_point,
        meter=port.meter,
        terms=agreement.terms,
        confirmed=sorted(agreement.confirmed),
        security=security,
        identification=identification,
        channel=origin.channel,
        verification=origin.verification,
        representation=origin.representation,
        by=origin.by,
        at=now,
    )
    order = origin.place(
        OrderKind.OPEN,
        port=port,
        metering_point=metering_point,
        consent=consent,
        at=now,
        placement=placement,
    )
    reason = holds.reason_at(port)
    if reason is None:
        intents.want_open(port, order=order, consent=consent, by=origin.by, at=now)
    else:
        holds.hold(order, port, reason, by=origin.by, at=now)
    notices.tell(MessageKind.ORDER_RECEIVED, order, at=now)
    return order


def _make_room(
    places: Collection[tuple[HanPort, MeteringPoint]],
    origin: Origin,
    *,
    now: datetime,
) -> None:
    """What somebody else left behind at the points ends first."""
    chain = log.customer_chain(origin.customer.id)
    reconciliation.make_room_for_holder(places, also_in=chain, now=now)


def _require_fresh(identification: Identification, *, now: datetime) -> None:
    age = now - identification.authenticated_at
    if age > settings.CONSENT_MAX_AUTHENTICATION_AGE:
        raise IdentificationTooOld


def _require_complete(agreement: Agreement) -> SecurityPlacement:
    missing = agreement.terms.statement_keys - agreement.confirmed
    if agreement.security is None:
        raise ConsentIncomplete(missing | {"security"})
    if missing:
        raise ConsentIncomplete(missing)
    return agreement.security


def _require_openable(port: HanPort, metering_point: MeteringPoint) -> Overtaken:
    """Nothing may stand against the opening; gives what it overtakes."""
    capability = HanCapability(port.meter.han_capability)
    if capability == HanCapability.UNSUPPORTED:
        raise MeterCannotOpen(capability)
    live = intents.live_order(metering_point)
    if live is not None and live.kind == OrderKind.OPEN:
        raise AlreadyOrdered(live)
    consent = intents.active_consent(metering_point)
    is_open_by_hand = (
        port.reported == ReportedState.OPEN and holds.reason_at(port) is not None
    )
    # What somebody opened at the meter is not held only to replace its consent.
    stands = consent is not None and (is_open_by_hand or not consent.is_legacy)
    if live is None and stands:
        raise AlreadyOpen
    return Overtaken(closing=live, consent=consent)
