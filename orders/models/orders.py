"""Orders: what a person asked for, and how far it has come."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from hanportal.accounts.models import CallerVerification, Customer, Representation
from hanportal.audit import log
from meters.models import HanPort, MeteringPoint
from orders import deadlines
from orders.models.consents import Consent, on_behalf
from orders.models.references import new_reference
from orders.states import (
    LIVE_ORDER_STATUSES,
    ORDER_TRANSITIONS,
    Channel,
    FailureReason,
    HoldReason,
    OrderKind,
    OrderStatus,
)

if TYPE_CHECKING:
    from orders.models.cases import Case
    from orders.models.commands import Command


class ForbiddenTransition(Exception):  # noqa: N818 -- it names what was tried
    """A state was asked for that the transition table does not allow from here."""


class Placement(models.Model):
    """Several orders placed together: one reference, one receipt."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(
        max_length=20, unique=True, default=new_reference, editable=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="placements"
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    caller_verification = models.ForeignKey(
        CallerVerification,
        on_delete=models.PROTECT,
        null=True,
        related_name="placements",
    )
    """How the customer centre knew who was calling; none on Min side."""
    representation = models.ForeignKey(
        Representation, on_delete=models.PROTECT, null=True, related_name="placements"
    )
    """On what somebody else ordered for the customer; none in person."""
    placed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="placement_for_a_caller_rests_on_a_verification",
                condition=Q(channel=Channel.CONSOLE, caller_verification__isnull=False)
                | Q(channel=Channel.MINSIDE, caller_verification__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @classmethod
    def make(
        cls,
        *,
        customer: Customer,
        channel: Channel,
        verification: CallerVerification | None,
        at: datetime,
        representation: Representation | None = None,
    ) -> Self:
        """Insert a placement with a reference of its own."""
        placement = cls(
            customer=customer,
            channel=channel,
            caller_verification=verification,
            representation=representation,
            placed_at=at,
        )
        placement.save(force_insert=True)
        return placement


class OrderQuerySet(models.QuerySet["Order"]):
    """Named reads of orders."""

    def visible_to(self, customer: Customer) -> Self:
        """A customer sees the orders placed for them."""
        return self.filter(placement__customer=customer)

    def live(self) -> Self:
        """Orders that still want something to happen."""
        return self.filter(status__in=LIVE_ORDER_STATUSES)

    def late(self, *, on: date) -> Self:
        """Live orders whose promised Oslo date has passed, the latest first."""
        return self.live().filter(due_date__lt=on).order_by("due_date", "id")

    def under(self, consent: Consent, *, until: datetime | None) -> Self:
        """What was ordered under a consent: the opening, and what closed it again.

        :param until: when the point's next consent was given; None where none was.
        """
        closings = Q(
            kind=OrderKind.CLOSE,
            placement__customer=consent.customer_id,
            metering_point=consent.metering_point_id,
            placed_at__gte=consent.given_at,
        )
        if until is not None:
            closings &= Q(placed_at__lt=until)
        return self.filter(Q(consent=consent) | closings).order_by("placed_at", "id")

    def newest_under(self, consent: Consent) -> "Order | None":
        """The last order to open that rests on this consent; a legacy one has none."""
        return self.filter(consent=consent).newest_first().first()

    def newest_first(self) -> Self:
        """Total order, the latest placed first."""
        return self.order_by("-placed_at", "-id")

    def for_pages(self) -> Self:
        """With all that an order's page shows, in one query."""
        return self.select_related(
            "placement__representation", "metering_point", "port__meter", "consent"
        )

    def to_be_told(self) -> Self:
        """With all that the news of an order says, in one query."""
        return self.for_pages().select_related(
            "placement__customer", "placement__caller_verification__agent"
        )


class Order(models.Model):
    """One wish about one point's port: to open it, or to close it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    placement = models.ForeignKey(
        Placement, on_delete=models.PROTECT, related_name="orders"
    )
    kind = models.CharField(max_length=10, choices=OrderKind.choices)
    metering_point = models.ForeignKey(
        MeteringPoint, on_delete=models.PROTECT, related_name="orders"
    )
    port = models.ForeignKey(HanPort, on_delete=models.PROTECT, related_name="orders")
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, null=True, related_name="orders"
    )
    """The consent that an opening rests on; a closing needs none."""
    status = models.CharField(
        max_length=20, choices=OrderStatus.choices, default=OrderStatus.PLACED
    )
    placed_at = models.DateTimeField()
    due_date = models.DateField()
    """The promised Oslo date; late from midnight after it."""
    sent_at = models.DateTimeField(null=True)
    """When the head-end acknowledged the command."""
    confirmed_at = models.DateTimeField(null=True)
    """The meter's own time of the state that fulfilled the order."""
    ended_at = models.DateTimeField(null=True)
    hold_reason = models.CharField(
        max_length=20, choices=HoldReason.choices, blank=True, default=""
    )
    """What it waits for while it is on hold."""
    resumed_at = models.DateTimeField(null=True)
    """When what it last waited for was in place."""
    failure_reason = models.CharField(
        max_length=20, choices=FailureReason.choices, blank=True, default=""
    )

    objects = OrderQuerySet.as_manager()

    if TYPE_CHECKING:
        commands: models.Manager["Command"]
        cases: models.Manager["Case"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["metering_point"],
                condition=Q(status__in=LIVE_ORDER_STATUSES),
                name="order_one_live_per_point",
            ),
            models.CheckConstraint(
                name="order_opening_rests_on_a_consent",
                condition=~Q(kind=OrderKind.OPEN) | Q(consent__isnull=False),
            ),
            models.CheckConstraint(
                name="order_is_ended_when_its_status_says_so",
                condition=Q(status__in=LIVE_ORDER_STATUSES, ended_at__isnull=True)
                | (~Q(status__in=LIVE_ORDER_STATUSES) & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="order_completed_only_when_the_meter_confirmed",
                condition=~Q(status=OrderStatus.COMPLETED)
                | Q(confirmed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="order_only_held_waits_for_something",
                condition=Q(hold_reason="") | Q(status=OrderStatus.ON_HOLD),
            ),
            models.CheckConstraint(
                name="order_failed_says_why",
                condition=~Q(status=OrderStatus.FAILED) | ~Q(failure_reason=""),
            ),
            models.CheckConstraint(
                name="order_states_are_known",
                condition=Q(status__in=OrderStatus.values)
                & Q(kind__in=OrderKind.values),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_date", "id"],
                condition=Q(status__in=LIVE_ORDER_STATUSES),
                name="order_live_by_due_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_live(self) -> bool:
        """True while something is still to happen."""
        return self.status in LIVE_ORDER_STATUSES

    @property
    def given_up_from(self) -> datetime:
        """When an opening that has not succeeded is given up.

        One that was held is tried for as long again from when it could be carried on;
        the promised date stays.
        """
        last = self.due_date
        if self.resumed_at is not None:
            last = max(last, deadlines.due_date(self.resumed_at))
        return deadlines.late_from(last)

    @classmethod
    def place(
        cls,
        *,
        kind: OrderKind,
        placement: Placement,
        port: HanPort,
        metering_point: MeteringPoint,
        consent: Consent | None,
        due_date: date,
        by: log.Actor,
        at: datetime,
    ) -> Self:
        """Insert the order with its trace."""
        order = cls(
            kind=kind,
            placement=placement,
            port=port,
            metering_point=metering_point,
            consent=consent,
            due_date=due_date,
            placed_at=at,
        )
        order.save(force_insert=True)
        order._trace(
            "order.placed",
            by=by,
            at=at,
            facts={
                "kind": str(kind),
                "reference": placement.reference,
                "due_date": str(due_date),
                **on_behalf(placement.representation),
            },
            personal={"gsrn": metering_point.gsrn},
        )
        return order

    def transition_to(
        self, status: OrderStatus, *, by: log.Actor, at: datetime, reason: str = ""
    ) -> None:
        """Move the order and leave the trace.

        :raises ForbiddenTransition: the table does not allow it from here.
        """
        if status not in ORDER_TRANSITIONS[OrderStatus(self.status)]:
            raise ForbiddenTransition(
                f"Order {self.id} is {self.status} and can't become {status}."
            )
        before = self.status
        self.status = status
        if status not in LIVE_ORDER_STATUSES:
            self.ended_at = at
        if status != OrderStatus.ON_HOLD:
            self.hold_reason = ""
        self.save()
        self._trace(
            f"order.{status}",
            by=by,
            at=at,
            facts={"from": str(before), "reason": reason},
        )

    def hold(self, reason: HoldReason, *, by: log.Actor, at: datetime) -> None:
        """It waits for this; also where it waited for something else until now."""
        self.hold_reason = reason
        if self.status != OrderStatus.ON_HOLD:
            self.transition_to(OrderStatus.ON_HOLD, by=by, at=at, reason=str(reason))
            return
        self.save(update_fields=["hold_reason"])
        self._trace("order.held_anew", by=by, at=at, facts={"reason": str(reason)})

    def resume(self, *, by: log.Actor, at: datetime) -> None:
        """What it waited for is in place."""
        self.resumed_at = at
        self.transition_to(OrderStatus.IN_PROGRESS, by=by, at=at, reason="resumed")

    def carry_over(self, port: HanPort, *, by: log.Actor, at: datetime) -> None:
        """The meter was exchanged: the order goes on at the new one's port."""
        self.port = port
        self.save(update_fields=["port"])
        self._trace(
            "order.carried_over",
            by=by,
            at=at,
            facts={},
            personal={"meter_serial": port.meter.serial},
        )

    def acknowledged(self, *, by: log.Actor, at: datetime) -> None:
        """The head-end has taken the command; what the customer reads as "sent"."""
        if self.sent_at is not None:
            return
        self.sent_at = at
        self.save(update_fields=["sent_at"])
        self._trace("order.sent", by=by, at=at, facts={})

    def complete(self, *, confirmed_at: datetime, by: log.Actor, at: datetime) -> None:
        """The meter has confirmed what was asked for."""
        self.confirmed_at = confirmed_at
        self.transition_to(OrderStatus.COMPLETED, by=by, at=at)

    def fail(self, reason: FailureReason, *, by: log.Actor, at: datetime) -> None:
        """It can't be carried out; the reason is one that the customer reads."""
        self.failure_reason = reason
        self.transition_to(OrderStatus.FAILED, by=by, at=at, reason=str(reason))

    def _trace(
        self,
        what: str,
        *,
        by: log.Actor,
        at: datetime,
        facts: dict[str, log.Json],
        personal: dict[str, str] | None = None,
    ) -> None:
        log.record(
            chain=log.customer_chain(self.placement.customer_id),
            what=what,
            who=by,
            on=log.Subject("order", self.id),
            at=at,
            facts=facts,
            personal=personal,
        )
