"""What is asked of meters through their head-ends, and how each attempt ended."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.db import connection, models
from django.db.models import Count, Q
from uuid6 import uuid7

from hanportal.audit import log
from meters.headend import Fault
from meters.models import HanPort, HeadEnd
from meters.states import DesiredState, HeadEndMode
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


class CommandQuerySet(models.QuerySet["Command"]):
    """Named reads of commands."""

    def live(self) -> Self:
        """Commands whose outcome is still awaited."""
        return self.filter(status__in=LIVE_COMMAND_STATUSES)

    def due(self, head_end: HeadEnd, *, at: datetime) -> Self:
        """Queued commands that may be sent now; closings before openings.

        What a person ordered goes before what nobody did.
        """
        return (
            self.filter(
                status=CommandStatus.QUEUED,
                not_before__lte=at,
                port__meter__head_end=head_end,
            )
            .alias(is_unordered=Q(order__isnull=True))
            .order_by("desired", "is_unordered", "not_before", "id")
        )

    def to_follow_up(self, head_end: HeadEnd, *, at: datetime) -> Self:
        """Unsettled commands that have waited long enough for a result."""
        return self.filter(
            status__in=[CommandStatus.ACCEPTED, CommandStatus.AMBIGUOUS],
            not_before__lte=at,
            port__meter__head_end=head_end,
        ).order_by("desired", "not_before", "id")

    def under_way_by_segment(
        self, head_end: HeadEnd, *, since: datetime
    ) -> dict[str, int]:
        """How many each concentrator segment has been given since then and not ended.

        :param since: by the database's clock.
        """
        rows = (
            self.filter(
                status__in=UNSETTLED_COMMAND_STATUSES,
                claimed_at__gte=since,
                port__meter__head_end=head_end,
            )
            .exclude(port__meter__segment="")
            .order_by()
            .values_list("port__meter__segment")
            .annotate(number=Count("id"))
        )
        return dict(rows)

    def on_work_list(self, head_end: HeadEnd) -> Self:
        """What somebody at the head-end has been given to do and is still wanted."""
        return (
            self.filter(
                status=CommandStatus.ACCEPTED,
                port__meter__head_end=head_end,
                generation=models.F("port__generation"),
            )
            .select_related("port__meter", "order__placement")
            .order_by("desired", "queued_at", "id")
        )

    def overdue(self, *, at: datetime) -> Self:
        """Openings past their deadline that nobody is sending at this moment.

        What waits for a head-end that is only observed is not given up for that.
        """
        return (
            self.live()
            .exclude(status=CommandStatus.SENDING)
            .exclude(
                claimed_at__isnull=True,
                port__meter__head_end__mode=HeadEndMode.OBSERVE,
            )
            .filter(expires_at__lte=at)
            .order_by("expires_at", "id")
        )

    def with_expired_lease(self, *, at: datetime) -> Self:
        """Commands whose sender has not come back in time."""
        return self.filter(
            status=CommandStatus.SENDING, lease_expires_at__lte=at
        ).order_by("lease_expires_at", "id")

    def claimed(self) -> Self:
        """Port and command locked, without waiting for anyone else's.

        The port comes first also in `of`: a command whose port is another's is not
        held by us, or that other, who locks it last, would wait for us in vain.
        """
        return self.select_related("port__meter", "order__placement").select_for_update(
            of=("port", "self"), skip_locked=True
        )

    def left_undone(self, *, at: datetime) -> Self:
        """Live commands whose next step is due, the longest overdue first.

        A head-end that is switched off lets its commands wait, and one that is only
        observed those that would be sent.
        """
        return (
            self.exclude(
                status=CommandStatus.QUEUED,
                port__meter__head_end__mode=HeadEndMode.OBSERVE,
            )
            .filter(
                status__in=[
                    CommandStatus.QUEUED,
                    CommandStatus.ACCEPTED,
                    CommandStatus.AMBIGUOUS,
                ],
                not_before__lte=at,
                port__meter__head_end__is_active=True,
            )
            .order_by("not_before", "id")
        )

    def under(self, consent: Consent, orders: Collection[Order]) -> Self:
        """What was sent for a consent or these orders, in the order of time."""
        return (
            self.filter(Q(consent=consent) | Q(order__in=orders))
            .select_related("port__meter__head_end")
            .order_by("queued_at", "id")
        )

    def in_doubt(self, port: HanPort) -> Self:
        """Ended commands that may yet be executed late at the meter."""
        return self.filter(port=port, is_outcome_unknown=True).order_by("id")


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
        self.save()
        self._trace(
            f"command.{status}",
            by=by,
            at=at,
            facts={
                "from": str(before),
                "attempt": self.attempts,
                "fence": self.fence,
                "reason": reason,
            },
        )

    def claim(
        self, *, since: datetime, until: datetime, by: log.Actor, at: datetime
    ) -> None:
        """Take it for sending; the lease is measured by the database's clock."""
        self.attempts += 1
        self.fence += 1
        self.claimed_at = since
        self.lease_expires_at = until
        self.transition_to(CommandStatus.SENDING, by=by, at=at)

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
