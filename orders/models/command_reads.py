"""Named reads of commands, and moves of many at once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, Q

from hanportal.audit import log
from meters.models import HanPort, HeadEnd
from meters.states import HeadEndMode
from orders.models.consents import Consent
from orders.models.orders import Order
from orders.states import (
    LIVE_COMMAND_STATUSES,
    UNSETTLED_COMMAND_STATUSES,
    CommandStatus,
)

if TYPE_CHECKING:
    from orders.models.commands import Command

MOVING = [
    "status",
    "attempts",
    "not_before",
    "claimed_at",
    "lease_expires_at",
    "passed_brake_on",
    "fence",
    "hes_reference",
    "fault",
    "fault_detail",
    "is_outcome_unknown",
    "ended_at",
]
"""What changes on a command's way."""


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

    def claim_together(
        self,
        commands: Sequence["Command"],
        *,
        since: datetime,
        until: datetime,
        by: log.Actor,
        at: datetime,
    ) -> None:
        """Take these, which are locked, for sending.

        :param since: by the database's clock, as `until`, when the lease is over.
        """
        for command in commands:
            command.attempts += 1
            command.fence += 1
            command.claimed_at = since
            command.lease_expires_at = until
        self.transition_together(commands, CommandStatus.SENDING, by=by, at=at)

    def transition_together(
        self,
        commands: Sequence["Command"],
        status: CommandStatus,
        *,
        by: log.Actor,
        at: datetime,
        reason: str = "",
    ) -> None:
        """Move each of these, which are locked, as its `transition_to` does.

        :raises ForbiddenTransition: for one of them; then none is moved.
        """
        before = [command.move(status, at=at) for command in commands]
        # An upsert of rows that are there: one statement, however many there are.
        self.bulk_create(
            commands,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=MOVING,
        )
        for command, left in zip(commands, before, strict=True):
            command.trace_move(left, by=by, at=at, reason=reason)
