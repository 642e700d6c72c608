"""The caller: the person behind the header, and what they have with us."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Prefetch, Q
from django.http import Http404
from django.utils import timezone

from hanportal.accounts.models import (
    CallerPurpose,
    CallerVerification,
    Customer,
    CustomerKind,
    Representation,
    User,
)
from meters.models import HanPort, Installation, Meter, MeteringPoint
from meters.states import HanCapability, ReportedState, ReportSource
from notifications.models import Delivery, Message
from orders.models import Consent, Order
from orders.states import OrderKind

LATEST = 10
MINUTE = timedelta(minutes=1)
HIDDEN = "••••"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The customer that a call is about, and whether the agent knows it is they."""

    customer: Customer
    verifications: tuple[CallerVerification, ...]
    """This agent's controls that hold, the newest of each purpose."""
    now: datetime

    @property
    def verification(self) -> CallerVerification | None:
        """The newest control that holds, whatever it was made for."""
        return self.verifications[0] if self.verifications else None

    def known_for(self, purpose: CallerPurpose) -> CallerVerification | None:
        """The control that lets this agent do this for the caller."""
        for verification in self.verifications:
            if verification.purpose == purpose:
                return verification
        return None

    @property
    def is_known(self) -> bool:
        """True while any of this agent's controls of this caller holds."""
        return bool(self.verifications)

    @property
    def may_order(self) -> bool:
        """True while the caller's port can be ordered opened and closed."""
        return self.known_for(CallerPurpose.ORDERS) is not None

    @property
    def must_be_represented(self) -> bool:
        """Nobody is a business in person, and nobody speaks for the dead but others."""
        is_business = self.customer.kind == CustomerKind.ORGANISATION
        return is_business or self.customer.died_on is not None

    @property
    def minutes_left(self) -> int:
        """Begun minutes until the control lapses."""
        if self.verification is None:
            return 0
        return -((self.now - self.verification.expires_at) // MINUTE)

    @property
    def customer_number(self) -> str:
        """The customer number, or its end until the caller is known."""
        number = self.customer.customer_number
        return number if self.is_known else HIDDEN

    @property
    def phone(self) -> str:
        """The registered number, hidden until the caller is known."""
        return self.customer.phone if self.is_known else HIDDEN

    @property
    def email(self) -> str:
        """Where notices go, hidden until the caller is known."""
        return self.customer.notice_address if self.is_known else HIDDEN

    @property
    def may_see_address(self) -> bool:
        """A protected address is never shown; others when the caller is known."""
        return self.is_known and not self.customer.has_protected_address


@dataclass(frozen=True, kw_only=True)
class PointRow:
    """One metering point with its port, as the agent sees it."""

    point: MeteringPoint
    meter: Meter | None
    port: HanPort | None
    live_order: Order | None
    consent: Consent | None

    @property
    def has_consent(self) -> bool:
        """True while the customer's consent for this point holds."""
        return self.consent is not None

    @property
    def is_seen(self) -> bool:
        """True when the port's state is the meter's own word."""
        source = "" if self.port is None else self.port.reported_source
        return source != ReportSource.REGISTER

    @property
    def can_be_opened(self) -> bool:
        """An opening can be ordered; what was given before the portal is replaced.

        What somebody opened at the meter on such a consent is left as it is.
        """
        if self.meter is None or self.port is None:
            return False
        is_by_hand = self.takes is not None and self.port.reported == ReportedState.OPEN
        return (
            self.meter.han_capability != HanCapability.UNSUPPORTED
            and (self.consent is None or (self.consent.is_legacy and not is_by_hand))
            and (self.live_order is None or self.live_order.kind == OrderKind.CLOSE)
        )

    @property
    def takes(self) -> HanCapability | None:
        """What must be done before the port can be opened; None where nothing must."""
        if self.meter is None or self.meter.han_capability == HanCapability.REMOTE:
            return None
        return HanCapability(self.meter.han_capability)

    @property
    def can_be_closed(self) -> bool:
        """There is something to close or to stop."""
        if self.port is None:
            return False
        if self.live_order is not None:
            return self.live_order.kind == OrderKind.OPEN
        return self.has_consent or self.port.reported == ReportedState.OPEN


@dataclass(frozen=True, kw_only=True)
class CallerPage:
    """Everything that an agent sees of a caller."""

    points: tuple[PointRow, ...]
    orders: tuple[Order, ...]
    consents: tuple[Consent, ...]
    messages: tuple[Message, ...]
    failed_controls: int
    """Controls of this customer that failed in the last day, whoever made them."""
    representations: tuple[Representation, ...]
    """On what others may act for the customer today."""


def caller_of(customer_id: UUID, *, agent: User, now: datetime) -> Caller:
    """The caller, with this agent's control of them if it holds.

    :raises Http404: no such customer.
    """
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise Http404
    valid = CallerVerification.objects.any_valid(agent=agent, caller=customer, now=now)
    return Caller(
        customer=customer,
        verifications=tuple(valid.select_related("representation")),
        now=now,
    )


def representation_of(caller: Caller, representation_id: UUID) -> Representation:
    """One of those who may act, or might, for this customer.

    :raises Http404: there is no such one.
    """
    of_customer = Representation.objects.of_customer(caller.customer)
    found = of_customer.filter(pk=representation_id).first()
    if found is None:
        raise Http404
    return found


def caller_page(customer: Customer, *, now: datetime) -> CallerPage:
    """The caller's points, orders, consents and what they were told."""
    today = timezone.localdate(now)
    points = list(MeteringPoint.objects.held_by(customer, on=today).by_address())
    deliveries = Prefetch("deliveries", Delivery.objects.order_by("id"))
    messages = Message.objects.visible_to(customer).newest_first()
    consents = Consent.objects.visible_to(customer).select_related("metering_point")
    orders = Order.objects.visible_to(customer).for_pages().newest_first()
    current = Representation.objects.of_customer(customer).current(on=today)
    return CallerPage(
        points=_rows(customer, points, today=today),
        orders=tuple(orders[:LATEST]),
        consents=tuple(consents.order_by("-given_at", "-id")[:LATEST]),
        messages=tuple(messages.prefetch_related(deliveries)[:LATEST]),
        failed_controls=CallerVerification.objects.failed_lately(customer, now=now),
        representations=tuple(current),
    )


def point_of(caller: Caller, point_id: UUID, *, today: date) -> PointRow:
    """One point that the caller holds.

    :raises Http404: the caller holds no such point today.
    """
    held = MeteringPoint.objects.held_by(caller.customer, on=today)
    rows = _rows(caller.customer, list(held.filter(pk=point_id)), today=today)
    if not rows:
        raise Http404
    return rows[0]


def _rows(
    customer: Customer, points: list[MeteringPoint], *, today: date
) -> tuple[PointRow, ...]:
    meters = {
        installation.metering_point_id: installation.meter
        for installation in Installation.objects.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=today),
            metering_point__in=points,
            starts_on__lte=today,
        ).select_related("meter__han_port")
    }
    live = {
        order.metering_point_id: order
        for order in Order.objects.visible_to(customer).live().for_pages()
    }
    active = {
        consent.metering_point_id: consent
        for consent in Consent.objects.visible_to(customer).active()
    }
    return tuple(
        PointRow(
            point=point,
            meter=meters.get(point.id),
            port=meters[point.id].han_port if point.id in meters else None,
            live_order=live.get(point.id),
            consent=active.get(point.id),
        )
        for point in points
    )
