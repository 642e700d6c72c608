"""The brake on closings that no person ordered, and the people who release it."""

from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from uuid6 import uuid7

from hanportal.accounts.models import User
from meters.models import HeadEnd
from meters.states import DesiredState, HeadEndMode
from orders.deadlines import oslo_date
from orders.models.commands import Command
from orders.models.orders import Order
from orders.states import CommandCause, CommandStatus, OrderKind, OrderStatus


def counts_against_the_brake(*, now: datetime) -> Q:
    """Closings that no person ordered, and whose port none was let through for today.

    One that was let through once is not held again, however often it is tried. Nor is
    one that mends what a person ordered last: a port that opened again, or was open
    when they took their opening back.
    """
    earlier = Command.objects.filter(
        port=OuterRef("port"), passed_brake_on=oslo_date(now)
    )
    at_port = Order.objects.filter(port=OuterRef("port"))
    since = Order.objects.filter(
        port=OuterRef("port"), placed_at__gt=OuterRef("placed_at")
    )
    wanted_closed = Q(kind=OrderKind.CLOSE) | Q(status=OrderStatus.CANCELLED)
    asked_for = Q(
        Exists(at_port.filter(wanted_closed).filter(~Exists(since))),
        cause=CommandCause.RECONCILIATION,
    )
    return Q(
        ~Exists(earlier),
        ~asked_for,
        desired=DesiredState.CLOSED,
        order__isnull=True,
        passed_brake_on__isnull=True,
    )


def waiting_closings(*, at: datetime, now: datetime) -> "models.QuerySet[Command]":
    """Those of them that would leave now if nothing held them.

    :param at: by the database's clock.
    """
    return Command.objects.filter(
        counts_against_the_brake(now=now),
        status=CommandStatus.QUEUED,
        not_before__lte=at,
        port__meter__head_end__in=HeadEnd.objects.filter(
            is_active=True, mode=HeadEndMode.ACT
        ),
    )


class ClosingBrakeQuerySet(models.QuerySet["ClosingBrake"]):
    """Named reads of the brake."""

    def room(self, *, on: date) -> int:
        """How many more automatic closings may leave on this Oslo date."""
        passed = self.filter(day=on).values_list("passed", flat=True).first() or 0
        return self.limit(on=on) - passed

    def limit(self, *, on: date) -> int:
        """How many may leave on this Oslo date, with what two people released."""
        released = ClosingRelease.objects.filter(day=on).released()
        limit: int = settings.CLOSING_BRAKE_PER_DAY + released
        return limit

    def held(self, *, at: datetime, now: datetime) -> int:
        """How many automatic closings wait for two people, or for midnight."""
        room = max(self.room(on=oslo_date(now)), 0)
        return max(waiting_closings(at=at, now=now).count() - room, 0)

    def locked(self, *, on: date) -> "ClosingBrake":
        """The day's row, locked: workers pass one after the other."""
        self.bulk_create([ClosingBrake(day=on)], ignore_conflicts=True)
        return self.select_for_update().get(day=on)


class ClosingBrake(models.Model):
    """One Oslo day: how many automatic closings have left."""

    day = models.DateField(primary_key=True)
    passed = models.PositiveIntegerField(default=0)
    engaged_at = models.DateTimeField(null=True)
    """When the first was held on that day."""

    objects = ClosingBrakeQuerySet.as_manager()

    def let_through(self, number: int) -> None:
        """That many leave now. The caller holds the row."""
        self.passed += number
        self.save(update_fields=["passed"])

    def engage(self, *, at: datetime) -> None:
        """It holds the first one of the day."""
        self.engaged_at = at
        self.save(update_fields=["engaged_at"])


class ClosingReleaseQuerySet(models.QuerySet["ClosingRelease"]):
    """Named reads of releases."""

    def released(self) -> int:
        """How many closings two people have let through."""
        total = self.filter(second_released_by__isnull=False).aggregate(
            total=models.Sum("number")
        )["total"]
        return total or 0

    def begun(self, *, on: date) -> Self:
        """The day's release that one person has begun; there is at most one."""
        return self.filter(day=on, second_released_by__isnull=True)


class ClosingRelease(models.Model):
    """Two people let a number of held closings through, on one Oslo day.

    The database holds that they are different. What one person alone began lapses at
    midnight.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    day = models.DateField()
    number = models.PositiveIntegerField()
    """How many were held when it was released."""
    first_released_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+"
    )
    first_released_at = models.DateTimeField()
    second_released_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+"
    )
    second_released_at = models.DateTimeField(null=True)

    objects = ClosingReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="closing_release_releasers_differ",
                condition=Q(second_released_by__isnull=True)
                | ~Q(first_released_by=F("second_released_by")),
            ),
            models.CheckConstraint(
                name="closing_release_second_has_its_time",
                condition=Q(
                    second_released_by__isnull=True, second_released_at__isnull=True
                )
                | Q(second_released_by__isnull=False, second_released_at__isnull=False),
            ),
            models.CheckConstraint(
                name="closing_release_lets_something_through",
                condition=Q(number__gte=1),
            ),
            models.UniqueConstraint(
                fields=["day"],
                condition=Q(second_released_by__isnull=True),
                name="closing_release_one_begun_a_day",
            ),
        ]

    @classmethod
    def begin(cls, *, number: int, on: date, by: User, at: datetime) -> Self:
        """The first of two people lets this many through."""
        release = cls(day=on, number=number, first_released_by=by, first_released_at=at)
        release.save(force_insert=True)
        return release

    def complete(self, *, number: int, by: User, at: datetime) -> None:
        """The second one does too, for no more than the first saw."""
        self.number = min(self.number, number)
        self.second_released_by = by
        self.second_released_at = at
        self.save(update_fields=["number", "second_released_by", "second_released_at"])
