"""What stands between a head-end's queue and the head-end: its breaker and its rate.

One row for each head-end, shared by all workers. Its times are the database's, but for
those that people read.
"""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from hanportal.audit import log
from meters.headend import Fault
from meters.models import HeadEnd
from orders.models.orders import ForbiddenTransition
from orders.states import BREAKER_TRANSITIONS, BreakerState

BREAKER = log.Actor(log.ActorKind.SYSTEM, "breaker")
OPENS_AFTER = 5
"""So many failed sends in a row open it."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=5)
BURST_SECONDS = 10
"""How much of the rate may be saved up while nothing is sent."""


class GateQuerySet(models.QuerySet["Gate"]):
    """Named reads of gates."""

    def of(self, head_end: HeadEnd) -> "Gate | None":
        """The head-end's gate; None where nothing has ever stood in the way."""
        return self.filter(head_end=head_end).first()

    def not_closed(self) -> Self:
        """Those whose breaker keeps commands from leaving, or lets one try."""
        return self.exclude(breaker=BreakerState.CLOSED)

    def locked(self, head_end: HeadEnd) -> "Gate":
        """The head-end's gate, locked until the transaction ends."""
        self.bulk_create([Gate(head_end=head_end)], ignore_conflicts=True)
        return self.select_for_update(no_key=True).get(head_end=head_end)


class Gate(models.Model):
    """Whether commands may leave for a head-end now, and how many."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    head_end = models.OneToOneField(
        HeadEnd, on_delete=models.PROTECT, related_name="gate"
    )
    breaker = models.CharField(
        max_length=10, choices=BreakerState.choices, default=BreakerState.CLOSED
    )
    failures = models.PositiveIntegerField(default=0)
    """Sends that failed since the last that did not."""
    openings = models.PositiveIntegerField(default=0)
    """How often it opened since then: each time it waits longer."""
    opened_at = models.DateTimeField(null=True)
    """Since when commands are parked; by the injected clock."""
    probe_at = models.DateTimeField(null=True)
    """When one may try; while one does, when it counts as lost."""
    last_fault = models.CharField(max_length=20, blank=True, default="")
    last_detail = models.CharField(max_length=300, blank=True, default="")
    last_failed_at = models.DateTimeField(null=True)
    tokens = models.FloatField(default=0)
    """How many commands the rate had left when they were last counted."""
    counted_at = models.DateTimeField(null=True)

    objects = GateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="gate_breaker_is_known",
                condition=Q(breaker__in=BreakerState.values),
            ),
            models.CheckConstraint(
                name="gate_opened_says_when",
                condition=Q(breaker=BreakerState.CLOSED)
                | Q(opened_at__isnull=False, probe_at__isnull=False),
            ),
        ]

    @property
    def is_closed(self) -> bool:
        """True where the breaker stands in nobody's way."""
        return self.breaker == BreakerState.CLOSED

    def room(self, *, at: datetime) -> int | None:
        """How many commands may leave now; None for any number.

        :param at: by the database's clock.
        """
        left = self._left(at)
        if self.is_closed:
            return left
        if self.probe_at is not None and at < self.probe_at:
            return 0
        return 1 if left is None else min(left, 1)

    def let_through(self, number: int, *, at: datetime, until: datetime) -> None:
        """So many leave now; through an open breaker, one that tries.

        :param until: when whoever sends them counts as lost.
        """
        if not number:
            return
        left = self._left(at)
        if left is not None:
            self.tokens = self._tokens(at) - number
            self.counted_at = at
        if not self.is_closed:
            if self.breaker == BreakerState.OPEN:
                self._move(BreakerState.HALF_OPEN)
            self.probe_at = until
        self.save()

    def answered(self, *, at: datetime) -> None:
        """The head-end took something: whatever was parked may leave."""
        was_closed = self.is_closed
        self.failures = self.openings = 0
        self.opened_at = self.probe_at = None
        if not was_closed:
            self._move(BreakerState.CLOSED)
        self.save()
        if not was_closed:
            self._record("head_end.breaker_closed", at=at)

    def failed(
        self, number: int, *, fault: Fault, detail: str, since: datetime, at: datetime
    ) -> None:
        """Nothing of what was sent was taken.

        :param since: the database's time; `at` is the injected clock's.
        """
        self.failures += number
        self.last_fault, self.last_detail = fault, detail[:300]
        self.last_failed_at = at
        opens = fault == Fault.AUTH or self.failures >= OPENS_AFTER
        if self.breaker == BreakerState.OPEN or not opens:
            self.save()
            return
        wait = FIRST_WAIT * 2 ** min(self.openings, 8)
        longest = fault == Fault.AUTH or wait > LONGEST_WAIT
        self.probe_at = since + (LONGEST_WAIT if longest else wait)
        is_first = self.is_closed
        self.openings += 1
        self.opened_at = self.opened_at or at
        self._move(BreakerState.OPEN)
        self.save()
        if is_first:
            self._record("head_end.breaker_opened", at=at, fault=str(fault))

    def _move(self, state: BreakerState) -> None:
        if state not in BREAKER_TRANSITIONS[BreakerState(self.breaker)]:
            raise ForbiddenTransition(
                f"The breaker is {self.breaker} and can't become {state}."
            )
        self.breaker = state

    def _left(self, at: datetime) -> int | None:
        if not self.head_end.commands_per_minute:
            return None
        return max(int(self._tokens(at)), 0)

    def _tokens(self, at: datetime) -> float:
        """A bucket that fills with the rate, and holds a few seconds of it."""
        a_second = self.head_end.commands_per_minute / 60
        holds = max(a_second * BURST_SECONDS, 1.0)
        if self.counted_at is None:
            return holds
        since = max((at - self.counted_at).total_seconds(), 0.0)
        return min(self.tokens + since * a_second, holds)

    def _record(self, what: str, *, at: datetime, **facts: str) -> None:
        log.record(
            chain=log.head_end_chain(self.head_end_id),
            what=what,
            who=BREAKER,
            on=log.Subject("head_end", self.head_end_id),
            at=at,
            facts=dict(facts),
        )
