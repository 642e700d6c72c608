"""Ports that are started again because nothing comes out of them."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from uuid6 import uuid7

from hanportal.accounts.models import Customer
from hanportal.audit import log
from meters.headend import Fault
from meters.models import HanPort, HeadEnd
from orders.models.commands import database_now
from orders.models.consents import Consent
from orders.models.orders import ForbiddenTransition
from orders.states import (
    COMMAND_TRANSITIONS,
    LIVE_COMMAND_STATUSES,
    UNSETTLED_COMMAND_STATUSES,
    CommandStatus,
)

GOOD_FOR = timedelta(hours=24)
"""A restart that has not succeeded by then is given up, and a human looks."""


class PortRestartQuerySet(models.QuerySet["PortRestart"]):
    """Named reads of restarts."""

    def visible_to(self, customer: Customer) -> Self:
        """A customer sees those under their own consents."""
        return self.filter(consent__customer=customer)

    def confirmed(self) -> Self:
        """Those that the meter has carried out, the oldest first."""
        return self.filter(
            status=CommandStatus.CONFIRMED, ended_at__isnull=False
        ).order_by("ended_at", "id")

    def live(self) -> Self:
        """Those whose outcome is still awaited."""
        return self.filter(status__in=LIVE_COMMAND_STATUSES)

    def due(self, head_end: HeadEnd, *, at: datetime) -> Self:
        """Those that may be sent now, the longest due first."""
        return self.filter(
            status=CommandStatus.QUEUED,
            not_before__lte=at,
            port__meter__head_end=head_end,
        ).order_by("not_before", "id")

    def claimed(self) -> Self:
        """Port and restart locked, without waiting for anyone else's."""
        return self.select_related(
            "port__meter__head_end", "consent"
        ).select_for_update(of=("port", "self"), skip_locked=True)

    def to_look_after(self, *, at: datetime, now: datetime) -> Self:
        """What nobody sends at this moment and cannot stay as it is.

        A lost sender, a result that did not come, a newer intent, or the deadline.

        :param at: by the database's clock.
        """
        is_sending = Q(status=CommandStatus.SENDING)
        is_waiting = Q(status__in=(CommandStatus.ACCEPTED, CommandStatus.AMBIGUOUS))
        is_over = Q(expires_at__lte=now) | ~Q(generation=F("port__generation"))
        return (
            self.live()
            .filter(
                (is_sending & Q(lease_expires_at__lte=at))
                | (is_waiting & Q(not_before__lte=at))
                | (~is_sending & is_over)
            )
            .order_by("not_before", "id")
        )

    def under(self, consent: Consent) -> Self:
        """Those that a consent permitted, in the order of time."""
        return self.filter(consent=consent).order_by("asked_at", "id")

    def at_port(self, port: HanPort) -> Self:
        """Those of this port, the newest first."""
        return self.filter(port=port).order_by("-asked_at", "-id")


class PortRestart(models.Model):
    """One attempt chain to start a port again; its id is every attempt's CorrelationID.

    It changes nothing of what the port should be, so it is no Command (docs/adr/0018).
    It lives as one does, by the same table.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    port = models.ForeignKey(HanPort, on_delete=models.PROTECT, related_name="restarts")
    generation = models.PositiveBigIntegerField()
    """The port's intent that it belongs to; with a newer one it is history."""
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, related_name="restarts"
    )
    """What permits the port to be open; checked again right before each send."""
    status = models.CharField(
        max_length=20, choices=CommandStatus.choices, default=CommandStatus.QUEUED
    )
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    """By the database's clock: when the next step is due."""
    expires_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    """Grows with every claim; who comes back with an older one is not heard."""
    hes_reference = models.CharField(max_length=100, blank=True, default="")
    fault = models.CharField(
        max_length=20, choices=[(f.value, f.value) for f in Fault], blank=True
    )
    fault_detail = models.CharField(max_length=300, blank=True, default="")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = PortRestartQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["port"],
                condition=Q(status__in=LIVE_COMMAND_STATUSES),
                name="restart_one_live_per_meter",
            ),
            models.CheckConstraint(
                name="restart_sending_has_a_lease",
                condition=~Q(status=CommandStatus.SENDING)
                | Q(lease_expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="restart_status_is_known",
                condition=Q(status__in=CommandStatus.values),
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                condition=Q(status__in=LIVE_COMMAND_STATUSES),
                name="restart_live_by_time",
            ),
        ]

    def __str__(self) -> str:
        return f"restart {self.id} ({self.status})"

    @property
    def is_live(self) -> bool:
        """True while its outcome is awaited."""
        return self.status in LIVE_COMMAND_STATUSES

    @property
    def chain(self) -> str:
        """The audit chain that tells its story: the customer's."""
        return log.customer_chain(self.consent.customer_id)

    @classmethod
    def queue(
        cls, *, port: HanPort, consent: Consent, by: log.Actor, at: datetime
    ) -> Self:
        """Queue a restart of what is open and permitted to be."""
        restart = cls(
            port=port,
            generation=port.generation,
            consent=consent,
            not_before=database_now(),
            expires_at=at + GOOD_FOR,
            asked_at=at,
        )
        restart.save(force_insert=True)
        log.record(
            chain=restart.chain,
            what="restart.queued",
            who=by,
            on=log.Subject("restart", restart.id),
            at=at,
            facts={"generation": restart.generation},
            personal={"meter_serial": port.meter.serial},
        )
        return restart

    def transition_to(
        self, status: CommandStatus, *, by: log.Actor, at: datetime, reason: str = ""
    ) -> None:
        """Move it, with whatever was set on it before, and leave the trace.

        :raises ForbiddenTransition: the table does not allow it from here.
        """
        before = CommandStatus(self.status)
        if status not in COMMAND_TRANSITIONS[before]:
            raise ForbiddenTransition(
                f"Restart {self.id} is {self.status} and can't become {status}."
            )
        if status not in LIVE_COMMAND_STATUSES:
            self.ended_at = at
        if status != CommandStatus.SENDING:
            self.lease_expires_at = None
        self.status = status
        self.save()
        log.record(
            chain=self.chain,
            what=f"restart.{status}",
            who=by,
            on=log.Subject("restart", self.id),
            at=at,
            facts={
                "from": str(before),
                "attempt": self.attempts,
                "fence": self.fence,
                "reason": reason,
            },
        )

    def claim(self, *, until: datetime, by: log.Actor, at: datetime) -> None:
        """Take it for sending; the lease is measured by the database's clock."""
        self.attempts += 1
        self.fence += 1
        self.lease_expires_at = until
        self.transition_to(CommandStatus.SENDING, by=by, at=at)

    def set_aside(self, *, by: log.Actor, at: datetime, reason: str) -> None:
        """It decides nothing any more; nobody waits for what may have left."""
        may_have_left = self.status in UNSETTLED_COMMAND_STATUSES or self.attempts > 0
        end = CommandStatus.SUPERSEDED if may_have_left else CommandStatus.CANCELLED
        self.transition_to(end, by=by, at=at, reason=reason)

    def keep_waiting(self) -> None:
        """Stay as it is until `not_before`, with what was learnt on the way."""
        self.save(update_fields=["not_before", "fault", "fault_detail"])
