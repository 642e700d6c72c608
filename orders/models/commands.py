"""What is asked of meters through their head-ends, and how each attempt ended."""

from datetime import datetime
from typing import Self

from django.db import connection, models
from django.db.models import Q
from uuid6 import uuid7

from hanportal.audit import log
from meters.headend import Fault
from meters.models import HanPort
from meters.states import DesiredState
from orders.models.command_reads import CommandQuerySet
from orders.models.consents import Consent
from orders.models.orders import ForbiddenTransition, Order
from orders.states import (
    COMMAND_TRANSITIONS,
    LIVE_COMMAND_STATUSES,
    UNRESOLVED_ENDS,
    UNSETTLED_COMMAND_STATUSES,
    CommandCause,
    CommandStatus,
)


def database_now() -> datetime:
    """The database's clock: the only one that leases and delays are measured by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    moment: datetime = now
    return moment


class Command(models.Model):
    """One attempt chain at a head-end; its id is the CorrelationID of every attempt."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    port = models.ForeignKey(HanPort, on_delete=models.PROTECT, related_name="commands")
    generation = models.PositiveBigIntegerField()
    """The port's intent that this command serves; an older one is history."""
    desired = models.CharField(max_length=10, choices=DesiredState.choices)
    cause = models.CharField(max_length=20, choices=CommandCause.choices)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, related_name="commands"
    )
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, null=True, related_name="commands"
    )
    """What permits an opening; checked again right before each send."""
    status = models.CharField(
        max_length=20, choices=CommandStatus.choices, default=CommandStatus.QUEUED
    )
    attempts = models.PositiveIntegerField(default=0)
    read_backs = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    """By the database's clock: when the next step is due."""
    expires_at = models.DateTimeField(null=True)
    """An opening that has not succeeded by then is given up; a closing never is."""
    claimed_at = models.DateTimeField(null=True)
    """By the database's clock: when it was last taken for sending."""
    lease_expires_at = models.DateTimeField(null=True)
    passed_brake_on = models.DateField(null=True)
    """The Oslo date on which the brake let it through; only automatic closings."""
    fence = models.PositiveBigIntegerField(default=0)
    """Grows with every claim; who comes back with an older one is not heard."""
    hes_reference = models.CharField(max_length=100, blank=True, default="")
    fault = models.CharField(
        max_length=20, choices=[(f.value, f.value) for f in Fault], blank=True
    )
    fault_detail = models.CharField(max_length=300, blank=True, default="")
    is_outcome_unknown = models.BooleanField(default=False)
    """Ended, but an attempt of it may still be executed late."""
    queued_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = CommandQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["port"],
                condition=Q(status__in=LIVE_COMMAND_STATUSES),
                name="command_one_live_per_meter",
            ),
            models.CheckConstraint(
                name="command_opening_rests_on_a_consent",
                condition=~Q(desired=DesiredState.OPEN) | Q(consent__isnull=False),
            ),
            models.CheckConstraint(
                name="command_sending_has_a_lease",
                condition=~Q(status=CommandStatus.SENDING)
                | Q(lease_expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="command_status_is_known",
                condition=Q(status__in=CommandStatus.values),
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"],
                condition=Q(status__in=LIVE_COMMAND_STATUSES),
                name="command_live_by_time",
            ),
            models.Index(
                fields=["port"],
                condition=Q(is_outcome_unknown=True),
                name="command_outcome_unknown",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.desired} {self.id} ({self.status})"

    @property
    def is_live(self) -> bool:
        """True while its outcome is awaited."""
        return self.status in LIVE_COMMAND_STATUSES

    @property
    def chain(self) -> str:
        """The audit chain that tells this command's story."""
        if self.order is not None:
            return log.customer_chain(self.order.placement.customer_id)
        return log.head_end_chain(self.port.meter.head_end_id)

    @classmethod
    def queue(
        cls,
        *,
        port: HanPort,
        cause: CommandCause,
        order: Order | None,
        consent: Consent | None,
        expires_at: datetime | None,
        by: log.Actor,
        at: datetime,
    ) -> Self:
        """Queue what serves the port's present intent."""
        command = cls(
            port=port,
            generation=port.generation,
            desired=port.desired,
            cause=cause,
            order=order,
            consent=consent,
            expires_at=expires_at,
            not_before=database_now(),
            queued_at=at,
        )
        command.save(force_insert=True)
        command._trace(
            "command.queued",
            by=by,
            at=at,
            facts={
                "desired": str(command.desired),
                "generation": command.generation,
                "cause": str(cause),
            },
            personal={"meter_serial": port.meter.serial},
        )
        return command

    def transition_to(
        self, status: CommandStatus, *, by: log.Actor, at: datetime, reason: str = ""
    ) -> None:
        """Move the command, with whatever was set on it before, and leave the trace.

        :raises ForbiddenTransition: the table does not allow it from here.
        """
        before = self.move(status, at=at)
        self.save()
        self.trace_move(before, by=by, at=at, reason=reason)

    def move(self, status: CommandStatus, *, at: datetime) -> CommandStatus:
        """Change it, unsaved: half of `transition_to`. Gives the status before.

        :raises ForbiddenTransition: the table does not allow it from here.
        """
        before = CommandStatus(self.status)
        if status not in COMMAND_TRANSITIONS[before]:
            raise ForbiddenTransition(
                f"Command {self.id} is {self.status} and can't become {status}."
            )
        if status in UNRESOLVED_ENDS:
            may_have_left = before in UNSETTLED_COMMAND_STATUSES or self.attempts > 0
            self.is_outcome_unknown = may_have_left
        elif status == CommandStatus.REJECTED:
            self.is_outcome_unknown = self.attempts > 1
        if status not in LIVE_COMMAND_STATUSES:
            self.ended_at = at
        if status != CommandStatus.SENDING:
            self.lease_expires_at = None
        self.status = status
        return before

    def trace_move(
        self, before: CommandStatus, *, by: log.Actor, at: datetime, reason: str
    ) -> None:
        """Tell the log of a move: the other half of `transition_to`."""
        self._trace(
            f"command.{self.status}",
            by=by,
            at=at,
            facts={
                "from": str(before),
                "attempt": self.attempts,
                "fence": self.fence,
                "reason": reason,
            },
        )

    def claim_read_back(self, *, next_due: datetime) -> None:
        """Take it for a read-back; if that is lost, the next is due on its own."""
        self.fence += 1
        self.read_backs += 1
        self.not_before = next_due
        self.save(update_fields=["fence", "read_backs", "not_before"])

    def keep_waiting(self) -> None:
        """Stay as it is until `not_before`, with what was learnt on the way."""
        self.save(update_fields=["not_before", "fault", "fault_detail"])

    def resolve_doubt(self) -> None:
        """Its late outcome is known: nothing more can come of it."""
        self.is_outcome_unknown = False
        self.save(update_fields=["is_outcome_unknown"])

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
            chain=self.chain,
            what=what,
            who=by,
            on=log.Subject("command", self.id),
            at=at,
            facts=facts,
            personal=personal,
        )
