"""Ordering the port opened, with the verified consent that permits it."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from hanportal.accounts.models import CallerVerification, Customer, Identification
from hanportal.audit import log
from meters.models import HanPort, MeteringPoint
from meters.states import HanCapability
from notifications.models import MessageKind
from orders import intents, notices, reconciliation
from orders.actions.locking import locked_port
from orders.actions.origin import (
    AlreadyOrdered,
    Origin,
    identification_of_caller,
    verified_caller,
)
from orders.models import Consent, Order, Terms
from orders.states import Channel, OrderKind, OrderStatus, SecurityPlacement


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
    """This meter's port can't be opened from here; `capability` says what it takes."""

    def __init__(self, capability: HanCapability) -> None:
        super().__init__(f"The meter's HAN port can't be opened: {capability}.")
        self.capability = capability


class AlreadyOpen(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The port is open already, under a consent that still holds."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What a customer ticked: each statement by itself, and how the meter is placed."""

    terms: Terms
    confirmed: frozenset[str]
    security: SecurityPlacement | None


def place_opening(
    *,
    customer: Customer,
    metering_point: MeteringPoint,
    agreement: Agreement,
    identification: Identification,
    by: log.Actor,
    now: datetime,
) -> Order:
    """Record a verified consent and order the port opened, on Min side.

    :raises NotHolder: the customer does not hold the point today.
    :raises NoMeter: no meter is installed there.
    :raises ConsentIncomplete: a statement or the placement was not confirmed.
    :raises IdentificationTooOld: the login is older than a consent may rest on.
    :raises MeterCannotOpen: it takes a module or a visit, or can't be done.
    :raises AlreadyOrdered: an opening is already under way.
    :raises AlreadyOpen: the port is open under a consent that still holds.
    """
    age = now - identification.authenticated_at
    if age > settings.CONSENT_MAX_AUTHENTICATION_AGE:
        raise IdentificationTooOld
    origin = Origin(customer=customer, by=by, channel=Channel.MINSIDE)
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
    :raises NotHolder, NoMeter, ConsentIncomplete, MeterCannotOpen, AlreadyOrdered,
        AlreadyOpen: as on Min side.
    """
    origin = verified_caller(verification, by=by, now=now)
    identification = identification_of_caller(verification)
    return _open(origin, metering_point, agreement, identification, now=now)


def _open(
    origin: Origin,
    metering_point: MeteringPoint,
    agreement: Agreement,
    identification: Identification,
    *,
    now: datetime,
) -> Order:
    security = _require_complete(agreement)
    with locked_port(origin.customer, metering_point, now=now) as port:
        reconciliation.make_room_for_holder(
            port,
            metering_point,
            also_in=log.customer_chain(origin.customer.id),
            now=now,
        )
        _make_way(port, metering_point, by=origin.by, now=now)
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
            by=origin.by,
            at=now,
        )
        order = origin.place(
            OrderKind.OPEN,
            port=port,
            metering_point=metering_point,
            consent=consent,
            at=now,
        )
        intents.want_open(port, order=order, consent=consent, by=origin.by, at=now)
        notices.tell(MessageKind.ORDER_RECEIVED, order, at=now)
    return order


def _require_complete(agreement: Agreement) -> SecurityPlacement:
    missing = agreement.terms.statement_keys - agreement.confirmed
    if agreement.security is None:
        raise ConsentIncomplete(missing | {"security"})
    if missing:
        raise ConsentIncomplete(missing)
    return agreement.security


def _make_way(
    port: HanPort, metering_point: MeteringPoint, *, by: log.Actor, now: datetime
) -> None:
    """Nothing may stand against the opening; a closing under way is overtaken."""
    capability = HanCapability(port.meter.han_capability)
    if capability != HanCapability.REMOTE:
        raise MeterCannotOpen(capability)
    live = intents.live_order(metering_point)
    if live is None:
        if intents.active_consent(metering_point) is not None:
            raise AlreadyOpen
        return
    if live.kind == OrderKind.OPEN:
        raise AlreadyOrdered(live)
    live.transition_to(OrderStatus.SUPERSEDED, by=by, at=now)
