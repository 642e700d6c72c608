"""Messages to customers and their deliveries. The rows are the outbox."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from uuid6 import uuid7

from hanportal.accounts.models import Customer
from hanportal.audit.log import Actor, Subject, customer_chain, record
from notifications.states import (
    PENDING_STATUSES,
    TRANSITIONS,
    UNREACHED_STATUSES,
    ChannelName,
    DeliveryStatus,
    MessageKind,
)

__all__ = [
    "ChannelName",
    "Delivery",
    "DeliveryStatus",
    "ForbiddenDeliveryTransition",
    "Message",
    "MessageKind",
]


class ForbiddenDeliveryTransition(Exception):  # noqa: N818 -- it names what was tried
    """The delivery may not move that way; trying again cannot help."""


class DatabaseClock(Func):
    """The database's own time now, also late in a transaction. Leases use it."""

    function = "clock_timestamp"
    output_field = models.DateTimeField()


class MessageQuerySet(models.QuerySet["Message"]):
    """Named reads of messages."""

    def visible_to(self, customer: Customer) -> Self:
        """What the customer finds in the inbox: everything that was not withdrawn."""
        return self.filter(customer=customer, withdrawn_at__isnull=True)

    def unread(self) -> Self:
        """Messages that nobody has opened on Min side."""
        return self.filter(read_at__isnull=True)

    def newest_first(self) -> Self:
        """Newest first; total through the id."""
        return self.order_by("-created_at", "-id")

    def about_any(self, about: Collection[UUID]) -> Self:
        """What was told about any of these, with its deliveries, the oldest first."""
        return (
            self.filter(about__in=about)
            .prefetch_related("deliveries")
            .order_by("created_at", "id")
        )

    def told_about(self, about: UUID, kinds: Collection[MessageKind]) -> Self:
        """Messages about one thing that still stand."""
        return self.filter(about=about, kind__in=kinds, withdrawn_at__isnull=True)

    def withdrawable(
        self, *, about: Collection[UUID], kinds: Collection[MessageKind]
    ) -> Self:
        """What may still be taken back, in whole or in part, of what stands."""
        deliveries = Delivery.objects.filter(message=OuterRef("pk"))
        gone_out = (DeliveryStatus.SENT, DeliveryStatus.BOUNCED)
        unseen = Q(read_at__isnull=True) & ~Exists(
            deliveries.filter(status__in=gone_out)
        )
        return self.filter(
            unseen | Exists(deliveries.pending()),
            about__in=about,
            kind__in=kinds,
            withdrawn_at__isnull=True,
        )

    def locked(self) -> Self:
        """The rows, locked until the transaction ends; in a fixed order."""
        return self.order_by("id").select_for_update(of=("self",))


class Message(models.Model):
    """One outcome told to one customer, rendered once in the customer's language.

    `outcome` names what happened; a second telling of the same outcome is the same
    row. `body_html` is a fragment without styles: Min side shows it as it is, the
    e-mail dresses it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=MessageKind.choices)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="messages"
    )
    about = models.UUIDField()
    outcome = models.CharField(max_length=120, unique=True)
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=200)
    body_text = models.TextField()
    body_html = models.TextField()
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="message_kind_is_known",
                condition=Q(kind__in=MessageKind.values),
            ),
            models.CheckConstraint(
                name="message_language_is_known",
                condition=Q(language__in=["nb", "nn", "en"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "-created_at", "-id"], name="message_inbox"
            ),
            models.Index(fields=["about"], name="message_about"),
        ]

    def mark_read(self, *, at: datetime) -> None:
        """Remember when the customer first opened the message."""
        if self.read_at is None:
            self.read_at = at
            self.save(update_fields=["read_at"])

    def withdraw(self, *, at: datetime) -> None:
        """Take back what nobody has seen."""
        self.withdrawn_at = at
        self.save(update_fields=["withdrawn_at"])

    def restore(self) -> None:
        """It went out after all, so it must stand in the inbox too."""
        self.withdrawn_at = None
        self.save(update_fields=["withdrawn_at"])


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Named reads and claims of deliveries."""

    def pending(self) -> Self:
        """Nothing of these has left the house."""
        return self.filter(status__in=PENDING_STATUSES)

    def due(self) -> Self:
        """What a sender may take: waiting long enough, or left by a dead sender."""
        return self.filter(
            Q(status__in=PENDING_STATUSES, not_before__lte=DatabaseClock())
            | Q(
                status=DeliveryStatus.INFLIGHT,
                lease_expires_at__lte=DatabaseClock(),
            )
        ).order_by("not_before", "id")

    def unsettled(self) -> Self:
        """Still on their way."""
        return self.filter(status__in=[*PENDING_STATUSES, DeliveryStatus.INFLIGHT])

    def given_up(self) -> Self:
        """Never reached their address; the message stands on Min side all the same."""
        return self.filter(status__in=UNREACHED_STATUSES)

    def claim_next(self) -> "Delivery | None":
        """Take the most overdue delivery for one lease; no two senders get the same.

        Must be called in a transaction of its own. The fence rises with every claim,
        so whoever held the row before can no longer settle it.
        """
        delivery = self.due().select_for_update(skip_locked=True, of=("self",)).first()
        if delivery is None:
            return None
        delivery.claim(for_the_next=settings.NOTICE_LEASE)
        return self.select_related("message__customer").get(pk=delivery.pk)

    def held(self, delivery: "Delivery") -> Self:
        """The row, while this claim of it still counts."""
        return self.filter(
            pk=delivery.pk, status=DeliveryStatus.INFLIGHT, fence=delivery.fence
        )


class Delivery(models.Model):
    """One message on its way through one channel, with its attempts.

    `mail_message_id` is fixed before the first attempt: a repeat after a crash is the
    same e-mail to every mail program.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(
        Message, on_delete=models.PROTECT, related_name="deliveries"
    )
    channel = models.CharField(
        max_length=10, choices=ChannelName.choices, default=ChannelName.EMAIL
    )
    address = models.CharField(max_length=254)
    status = models.CharField(
        max_length=20, choices=DeliveryStatus.choices, default=DeliveryStatus.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=DatabaseClock())
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    mail_message_id = models.CharField(max_length=200, unique=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True, default="")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "channel"], name="delivery_one_per_channel"
            ),
            models.CheckConstraint(
                name="delivery_status_is_known",
                condition=Q(status__in=DeliveryStatus.values),
            ),
            models.CheckConstraint(
                name="delivery_inflight_has_a_lease",
                condition=~Q(status=DeliveryStatus.INFLIGHT)
                | Q(lease_expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="delivery_sent_has_its_time",
                condition=~Q(status__in=["sent", "bounced"]) | Q(sent_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                condition=Q(status__in=["queued", "awaiting_retry", "inflight"]),
                name="delivery_due",
            ),
            models.Index(
                fields=["status"],
                condition=Q(status__in=UNREACHED_STATUSES),
                name="delivery_given_up",
            ),
        ]

    def claim(self, *, for_the_next: timedelta) -> None:
        """Take the delivery; who held it before no longer may settle it."""
        self._move(DeliveryStatus.INFLIGHT)
        Delivery.objects.filter(pk=self.pk).update(
            status=DeliveryStatus.INFLIGHT,
            attempts=F("attempts") + 1,
            fence=F("fence") + 1,
            lease_expires_at=DatabaseClock() + for_the_next,
        )

    def give_back(self, *, wait: timedelta, error: str) -> None:
        """Let another attempt be made after the wait, counted by the database."""
        self._move(DeliveryStatus.AWAITING_RETRY)
        Delivery.objects.filter(pk=self.pk).update(
            status=DeliveryStatus.AWAITING_RETRY,
            lease_expires_at=None,
            not_before=DatabaseClock() + wait,
            last_error=error[:300],
        )

    def transition_to(
        self, status: DeliveryStatus, *, by: Actor, at: datetime, reason: str = ""
    ) -> None:
        """Move to a final state and leave the trace in the customer's chain.

        :raises ForbiddenDeliveryTransition: the table has no such way.
        """
        self._move(status)
        self.lease_expires_at = None
        self.last_error = reason[:300]
        if status == DeliveryStatus.SENT:
            self.sent_at = at
        self.save(update_fields=["status", "lease_expires_at", "last_error", "sent_at"])
        record(
            chain=customer_chain(self.message.customer_id),
            what=f"notice.{status.value}",
            who=by,
            on=Subject(kind="message", id=self.message_id),
            at=at,
            facts={"channel": self.channel, "outcome": self.message.outcome},
        )

    def _move(self, status: DeliveryStatus) -> None:
        if status not in TRANSITIONS[DeliveryStatus(self.status)]:
            raise ForbiddenDeliveryTransition(
                f"A delivery that is {self.status} cannot become {status.value}."
            )
        self.status = status
