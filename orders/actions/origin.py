"""Where a wish comes from: the customer's own log-in, or a verified caller."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from hanportal.accounts.models import CallerVerification, Customer, Identification
from hanportal.audit import log
from meters.models import HanPort, MeteringPoint
from orders.deadlines import due_date
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


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who wants it, who types it, through which channel, and how we know."""

    customer: Customer
    by: log.Actor
    channel: Channel
    verification: CallerVerification | None = None

    def place(
        self,
        kind: OrderKind,
        *,
        port: HanPort,
        metering_point: MeteringPoint,
        consent: Consent | None,
        at: datetime,
    ) -> Order:
        """Insert the order under a reference of its own."""
        placement = Placement.make(
            customer=self.customer,
            channel=self.channel,
            verification=self.verification,
            at=at,
        )
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


def verified_caller(
    verification: CallerVerification, *, by: log.Actor, now: datetime
) -> Origin:
    """The caller's wish, as long as this agent's verification of them holds.

    :raises NotVerified: it failed, was ended, has expired, or is another agent's.
    """
    fresh = CallerVerification.objects.select_related("agent", "caller").get(
        pk=verification.pk
    )
    is_by_agent = by == log.Actor(log.ActorKind.STAFF, fresh.agent.staff_number)
    if not is_by_agent or not fresh.is_valid(agent=fresh.agent, now=now):
        raise NotVerified
    return Origin(
        customer=fresh.caller, by=by, channel=Channel.CONSOLE, verification=fresh
    )


def identification_of_caller(verification: CallerVerification) -> Identification:
    """How the caller was identified, in the terms that a consent keeps."""
    return Identification(
        issuer=CALLER_ISSUER,
        subject=str(verification.id),
        level=verification.method,
        authenticated_at=verification.verified_at,
    )
