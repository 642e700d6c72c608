"""Where a wish comes from: the customer's own log-in, or a verified caller."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from hanportal.accounts.models import (
    CallerPurpose,
    CallerVerification,
    Customer,
    CustomerKind,
    Identification,
    Representation,
)
from hanportal.audit import log
from meters.models import HanPort, MeteringPoint
from orders.deadlines import due_date, oslo_date
from orders.models import Consent, Order, Placement
from orders.states import Channel, OrderKind

CALLER_ISSUER = "caller-verification"


class AlreadyOrdered(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The same wish is already under way; `order` is the one."""

    def __init__(self, order: Order) -> None:
        super().__init__(f"Order {order.id} is already under way.")
        self.order = order


class NotVerified(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The caller's identity is not known to this agent now; verify the caller again."""


class NotRepresented(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The person may not act for this customer now. Only a new right helps."""


class HolderDead(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The customer has died: only who represents the estate may consent."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who wants it, who types it, through which channel, and how we know."""

    customer: Customer
    by: log.Actor
    channel: Channel
    representation: Representation | None = None
    """On what somebody else wants it for the customer; None in person."""
    verification: CallerVerification | None = None

    def reference(self, *, at: datetime) -> Placement:
        """One reference, for an order or for several that are placed together."""
        return Placement.make(
            customer=self.customer,
            channel=self.channel,
            verification=self.verification,
            representation=self.representation,
            at=at,
        )

    def place(
        self,
        kind: OrderKind,
        *,
        port: HanPort,
        metering_point: MeteringPoint,
        consent: Consent | None,
        at: datetime,
        placement: Placement | None = None,
    ) -> Order:
        """Insert the order, under a reference of its own or beside others."""
        placement = placement or self.reference(at=at)
        order = Order.place(
            kind=kind,
            placement=placement,
            port=port,
            metering_point=metering_point,
            consent=consent,
            due_date=due_date(at),
            by=self.by,
            at=at,
        )
        # From here on, the request's log lines and the bells that it rings say which.
        structlog.contextvars.bind_contextvars(order_id=str(order.id))
        return order


def require_right(origin: Origin, *, now: datetime) -> None:
    """Whoever acts for another still may, until this transaction is over.

    Called with the port locked and before anything is written to the audit chain, in
    the order that revoking takes its locks.

    :raises NotRepresented: revoked, over, or another customer's.
    """
    if origin.representation is None:
        return
    held = Representation.objects.share_locked(origin.representation.id)
    is_theirs = held.represented_id == origin.customer.pk
    if not is_theirs or not held.is_current(on=oslo_date(now)):
        raise NotRepresented("The right to act for this customer has ended.")


def require_living(origin: Origin, *, now: datetime) -> None:
    """Nobody consents in the name of the dead but their estate.

    :raises HolderDead: the customer has died, and it is wanted in person.
    """
    died_on = origin.customer.died_on
    has_died = died_on is not None and died_on <= oslo_date(now)
    if has_died and origin.representation is None:
        raise HolderDead("The estate's representative can order.")


def verified_caller(
    verification: CallerVerification, *, by: log.Actor, now: datetime
) -> Origin:
    """The caller's wish, as long as this agent's verification of them holds.

    :raises NotVerified: it failed, was ended, has expired, is another agent's, or was
        made for another purpose.
    :raises NotRepresented: nobody is a business in person; the caller was not known as
        somebody who acts for it.
    """
    fresh = CallerVerification.objects.select_related(
        "agent", "caller", "representation"
    ).get(pk=verification.pk)
    is_by_agent = by == log.Actor(log.ActorKind.STAFF, fresh.agent.staff_number)
    holds = fresh.is_valid(agent=fresh.agent, purpose=CallerPurpose.ORDERS, now=now)
    if not is_by_agent or not holds:
        raise NotVerified
    is_business = fresh.caller.kind == CustomerKind.ORGANISATION
    if is_business and fresh.representation is None:
        raise NotRepresented("Only somebody who acts for the business can order.")
    return Origin(
        customer=fresh.caller,
        by=by,
        channel=Channel.CONSOLE,
        representation=fresh.representation,
        verification=fresh,
    )


def identification_of_caller(verification: CallerVerification) -> Identification:
    """How the caller was identified, in the terms that a consent keeps."""
    return Identification(
        issuer=CALLER_ISSUER,
        subject=str(verification.id),
        level=verification.method,
        authenticated_at=verification.verified_at,
    )
