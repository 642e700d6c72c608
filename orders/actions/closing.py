"""Ordering the port closed: as easy as opening it, and no reason is asked for."""

from datetime import datetime
from typing import TypeGuard

from hanportal.accounts.models import CallerVerification, Customer, Representation
from hanportal.audit import log
from meters.models import HanPort, MeteringPoint
from meters.states import ReportedState
from notifications.models import MessageKind
from orders import intents, notices, reconciliation
from orders.actions.cancelling import take_back
from orders.actions.locking import locked_port
from orders.actions.origin import (
    AlreadyOrdered,
    Origin,
    require_right,
    verified_caller,
)
from orders.models import Order
from orders.states import Channel, ConsentEnd, OrderKind, OrderStatus


class NothingToClose(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The meter was seen closed, there is no consent, and nothing is under way."""


def place_closing(
    *,
    customer: Customer,
    metering_point: MeteringPoint,
    by: log.Actor,
    now: datetime,
    representation: Representation | None = None,
) -> Order:
    """Withdraw the consent and order the port closed, on Min side.

    An opening that is still on hold, at a port that is closed, is taken back instead:
    there is nothing to send. It is that order which is returned, cancelled.

    :param representation: on what somebody else does it for the customer.
    :raises NotRepresented: that right was revoked, is over, or is another customer's.
    :raises NotHolder: the customer does not hold the point today.
    :raises NoMeter: no meter is installed there.
    :raises AlreadyOrdered: a closing is already under way.
    :raises NothingToClose: the port is known to be closed, and nothing is under way.
    """
    origin = Origin(
        customer=customer,
        by=by,
        channel=Channel.MINSIDE,
        representation=representation,
    )
    return _close(origin, metering_point, now=now)


def place_closing_for_caller(
    *,
    verification: CallerVerification,
    metering_point: MeteringPoint,
    by: log.Actor,
    now: datetime,
) -> Order:
    """Withdraw a verified caller's consent and order the port closed for them.

    :raises NotVerified: the caller's identity is not known to this agent now.
    :raises NotRepresented, NotHolder, NoMeter, AlreadyOrdered, NothingToClose: as on
        Min side.
    """
    origin = verified_caller(verification, by=by, now=now)
    return _close(origin, metering_point, now=now)


def _close(origin: Origin, metering_point: MeteringPoint, *, now: datetime) -> Order:
    with locked_port(origin.customer, metering_point, now=now) as port:
        require_right(origin, now=now)
        chain = log.customer_chain(origin.customer.id)
        reconciliation.make_room_for_holder(
            [(port, metering_point)], also_in=chain, now=now
        )
        live = intents.live_order(metering_point)
        if live is not None and live.kind == OrderKind.CLOSE:
            _refuse_own(live, origin)
        consent = intents.active_consent(metering_point)
        is_closed = port.reported == ReportedState.CLOSED
        if consent is None and live is None and is_closed:
            raise NothingToClose
        if _is_only_held(live, port):
            take_back(port, live, origin, now=now)
            return live
        _take_back_what_was_told(port, live, now=now)
        if live is not None:
            live.transition_to(OrderStatus.SUPERSEDED, by=origin.by, at=now)
        if consent is not None:
            consent.end(ConsentEnd.WITHDRAWN, by=origin.by, at=now)
        order = origin.place(
            OrderKind.CLOSE,
            port=port,
            metering_point=metering_point,
            consent=None,
            at=now,
        )
        intents.want_closed(port, order=order, by=origin.by, at=now)
        notices.tell(MessageKind.CLOSING_RECEIVED, order, at=now)
    return order


def _take_back_what_was_told(
    port: HanPort, live: Order | None, *, now: datetime
) -> None:
    """What is unsent and no longer true once the port is to be closed."""
    with log.together():
        notices.take_back(MessageKind.PORT_OPEN, port, at=now)
        if live is not None:
            notices.take_back_hold(live, at=now)


def _is_only_held(live: Order | None, port: HanPort) -> TypeGuard[Order]:
    """An opening waits, and the meter was never asked to open."""
    is_held = live is not None and live.status == OrderStatus.ON_HOLD
    return is_held and intents.is_known_closed(port)


def _refuse_own(live: Order, origin: Origin) -> None:
    """A closing that somebody left behind is no answer to who lives there now."""
    if live.placement.customer_id == origin.customer.id:
        raise AlreadyOrdered(live)
