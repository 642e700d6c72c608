"""What people do with orders: one verb per function, one transaction each.

Every verb locks the port first; the newest committed intent (its generation) decides.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction

from hanportal.accounts.models import Customer, Identification
from hanportal.audit import log
from meters.models import HanPort, MeteringPoint
from meters.states import HanCapability, ReportedState
from notifications import outbox
from notifications.models import MessageKind
from orders import intents, notices, tasks
from orders.deadlines import due_date, oslo_date
from orders.models import Consent, Order, Placement, Terms
from orders.states import (
    Channel,
    ConsentEnd,
    OrderKind,
    OrderStatus,
    SecurityPlacement,
)


class NotHolder(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The customer does not hold this metering point today."""


class NoMeter(Exception):  # noqa: N818
    """No meter is installed at this metering point today."""


class ConsentIncomplete(Exception):  # noqa: N818
    """Something that must be confirmed was not; nothing was ordered.

    `missing` holds the keys of the statements, and "security" where none of the three
    ways of placing the meter securely was confirmed.
    """

    def __init__(self, missing: frozenset[str]) -> None:
        super().__init__(f"Not confirmed: {', '.join(sorted(missing))}.")
        self.missing = missing


class IdentificationTooOld(Exception):  # noqa: N818
    """The person must prove who they are again before consenting."""


class MeterCannotOpen(Exception):  # noqa: N818
    """This meter's port can't be opened from here; `capability` says what it takes."""

    def __init__(self, capability: HanCapability) -> None:
        super().__init__(f"The meter's HAN port can't be opened: {capability}.")
        self.capability = capability


class AlreadyOrdered(Exception):  # noqa: N818
    """The same wish is already under way; `order` is the one."""

    def __init__(self, order: Order) -> None:
        super().__init__(f"Order {order.id} is already under way.")
        self.order = order


class AlreadyOpen(Exception):  # noqa: N818
    """The port is open already, under a consent that still holds."""


class NothingToClose(Exception):  # noqa: N818
    """The meter was seen closed, there is no consent, and nothing is under way."""


class NotCancellable(Exception):  # noqa: N818
    """The order has ended, or is a closing: there is nothing to cancel."""


class AlreadySent(Exception):  # noqa: N818
    """The command is on its way to the meter; order the port closed instead."""


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
    channel: Channel,
    by: log.Actor,
    now: datetime,
) -> Order:
    """Record a verified consent and order the port opened.

    :raises NotHolder: the customer does not hold the point today.
    :raises NoMeter: no meter is installed there.
    :raises ConsentIncomplete: a statement or the placement was not confirmed.
    :raises IdentificationTooOld: the login is older than a consent may rest on.
    :raises MeterCannotOpen: it takes a module or a visit, or can't be done.
    :raises AlreadyOrdered: an opening is already under way.
    :raises AlreadyOpen: the port is open under a consent that still holds.
    """
    security = _require_complete(agreement)
    _require_fresh(identification, now=now)
    with _locked_port(customer, metering_point, now=now) as port:
        capability = HanCapability(port.meter.han_capability)
        if capability != HanCapability.REMOTE:
            raise MeterCannotOpen(capability)
        live = intents.live_order(metering_point)
        if live is not None and live.kind == OrderKind.OPEN:
            raise AlreadyOrdered(live)
        if live is None and intents.active_consent(metering_point) is not None:
            raise AlreadyOpen
        if live is not None:
            live.transition_to(OrderStatus.SUPERSEDED, by=by, at=now)
        consent = Consent.give(
            customer=customer,
            metering_point=metering_point,
            meter=port.meter,
            terms=agreement.terms,
            confirmed=sorted(agreement.confirmed),
            security=security,
            identification=identification,
            channel=channel,
            by=by,
            at=now,
        )
        order = _place(
            OrderKind.OPEN,
            port=port,
            consent=consent,
            customer=customer,
            metering_point=metering_point,
            channel=channel,
            by=by,
            at=now,
        )
        intents.want_open(port, order=order, consent=consent, by=by, at=now)
        notices.tell(MessageKind.ORDER_RECEIVED, order, at=now)
        _ring(port)
    return order


def place_closing(
    *,
    customer: Customer,
    metering_point: MeteringPoint,
    channel: Channel,
    by: log.Actor,
    now: datetime,
) -> Order:
    """Withdraw the consent and order the port closed. Needs no reason.

    :raises NotHolder: the customer does not hold the point today.
    :raises NoMeter: no meter is installed there.
    :raises AlreadyOrdered: a closing is already under way.
    :raises NothingToClose: the port is known to be closed, and nothing is under way.
    """
    with _locked_port(customer, metering_point, now=now) as port:
        live = intents.live_order(metering_point)
        if live is not None and live.kind == OrderKind.CLOSE:
            raise AlreadyOrdered(live)
        consent = intents.active_consent(metering_point)
        is_closed = port.reported == ReportedState.CLOSED
        if consent is None and live is None and is_closed:
            raise NothingToClose
        notices.take_back(MessageKind.PORT_OPEN, port, at=now)
        if live is not None:
            live.transition_to(OrderStatus.SUPERSEDED, by=by, at=now)
        if consent is not None:
            consent.end(ConsentEnd.WITHDRAWN, by=by, at=now)
        order = _place(
            OrderKind.CLOSE,
            port=port,
            consent=None,
            customer=customer,
            metering_point=metering_point,
            channel=channel,
            by=by,
            at=now,
        )
        intents.want_closed(port, order=order, by=by, at=now)
        notices.tell(MessageKind.CLOSING_RECEIVED, order, at=now)
        _ring(port)
    return order


def cancel_order(
    *, customer: Customer, order: Order, by: log.Actor, now: datetime
) -> Order:
    """Take an opening back while nothing has been sent; its consent ends with it.

    :raises NotHolder: it is not this customer's order.
    :raises NotCancellable: it has ended, or is a closing.
    :raises AlreadySent: the command has left for the meter.
    """
    with transaction.atomic():
        port = HanPort.objects.locked().get(pk=order.port_id)
        fresh = (
            Order.objects.visible_to(customer)
            .select_related("placement", "consent")
            .select_for_update(of=("self",))
            .filter(pk=order.pk)
            .first()
        )
        if fresh is None:
            raise NotHolder
        if not fresh.is_live or fresh.kind != OrderKind.OPEN:
            raise NotCancellable
        if fresh.status == OrderStatus.IN_PROGRESS:
            raise AlreadySent
        fresh.transition_to(OrderStatus.CANCELLED, by=by, at=now)
        if fresh.consent is not None:
            fresh.consent.end(ConsentEnd.ORDER_CANCELLED, by=by, at=now)
        chain = log.customer_chain(customer.id)
        intents.abandon(port, chain=chain, by=by, at=now)
        notices.tell(MessageKind.ORDER_CANCELLED, fresh, at=now)
        _ring(port)
    return fresh


def _require_complete(agreement: Agreement) -> SecurityPlacement:
    missing = agreement.terms.statement_keys - agreement.confirmed
    if agreement.security is None:
        raise ConsentIncomplete(missing | {"security"})
    if missing:
        raise ConsentIncomplete(missing)
    return agreement.security


def _require_fresh(identification: Identification, *, now: datetime) -> None:
    age = now - identification.authenticated_at
    if age > settings.CONSENT_MAX_AUTHENTICATION_AGE:
        raise IdentificationTooOld


@contextmanager
def _locked_port(
    customer: Customer, metering_point: MeteringPoint, *, now: datetime
) -> Iterator[HanPort]:
    """One transaction around the port of the point's meter, locked first of all."""
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


def _place(
    kind: OrderKind,
    *,
    port: HanPort,
    consent: Consent | None,
    customer: Customer,
    metering_point: MeteringPoint,
    channel: Channel,
    by: log.Actor,
    at: datetime,
) -> Order:
    placement = Placement.make(customer=customer, channel=channel, at=at)
    order = Order.place(
        kind=kind,
        placement=placement,
        port=port,
        metering_point=metering_point,
        consent=consent,
        due_date=due_date(at),
        by=by,
        at=at,
    )
    # From here on, the request's log lines and the bells that it rings say which.
    structlog.contextvars.bind_contextvars(order_id=str(order.id))
    return order


def _ring(port: HanPort) -> None:
    """Wake the workers once this is committed; a bell that fails fails nothing."""
    head_end_id = str(port.meter.head_end_id)

    def ring() -> None:
        tasks.dispatch_commands.delay(head_end_id=head_end_id)

    transaction.on_commit(ring, robust=True)
    outbox.ring()
