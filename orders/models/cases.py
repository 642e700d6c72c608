"""Cases: what machines could not settle and a human must."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from hanportal.audit import log
from meters.models import HanPort, HeadEnd
from orders.models.commands import Command
from orders.models.orders import Order
from orders.states import CaseKind


class CaseQuerySet(models.QuerySet["Case"]):
    """Named reads of cases."""

    def about(self, orders: Collection[Order]) -> Self:
        """What humans had to do about these orders, the oldest first."""
        return self.filter(order__in=orders).order_by("opened_at", "id")

    def unsettled(self) -> Self:
        """Cases that still need a human."""
        return self.filter(closed_at__isnull=True)


class Case(models.Model):
    """Work for a human, opened where something would otherwise be lost in silence."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=30, choices=CaseKind.choices)
    head_end = models.ForeignKey(
        HeadEnd, on_delete=models.PROTECT, related_name="cases"
    )
    port = models.ForeignKey(
        HanPort, on_delete=models.PROTECT, null=True, related_name="cases"
    )
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, related_name="cases"
    )
    command = models.ForeignKey(
        Command, on_delete=models.PROTECT, null=True, related_name="cases"
    )
    detail = models.CharField(max_length=300)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "port"],
                condition=Q(closed_at__isnull=True, port__isnull=False),
                name="case_one_open_per_kind_and_port",
            ),
            models.UniqueConstraint(
                fields=["kind", "head_end"],
                condition=Q(closed_at__isnull=True, port__isnull=True),
                name="case_one_open_per_kind_and_head_end",
            ),
        ]

    @classmethod
    def open_for_port(
        cls,
        kind: CaseKind,
        *,
        command: Command,
        detail: str,
        by: log.Actor,
        at: datetime,
    ) -> "Case":
        """Open a case about a command's port, or return the one already open."""
        case, is_new = cls.objects.get_or_create(
            kind=kind,
            port=command.port,
            closed_at=None,
            defaults={
                "head_end": command.port.meter.head_end,
                "order": command.order,
                "command": command,
                "detail": detail[:300],
                "opened_at": at,
            },
        )
        if is_new:
            case._trace(chain=command.chain, by=by, at=at)
        return case

    @classmethod
    def open_at_port(
        cls,
        kind: CaseKind,
        *,
        port: HanPort,
        order: Order | None,
        chain: str,
        detail: str,
        by: log.Actor,
        at: datetime,
    ) -> "Case":
        """Open a case about a port that nothing was sent to, or return the open one.

        :param chain: the audit chain that tells the story.
        """
        case, is_new = cls.objects.get_or_create(
            kind=kind,
            port=port,
            closed_at=None,
            defaults={
                "head_end": port.meter.head_end,
                "order": order,
                "detail": detail[:300],
                "opened_at": at,
            },
        )
        if is_new:
            case._trace(chain=chain, by=by, at=at)
        return case

    @classmethod
    def open_for_head_end(
        cls,
        kind: CaseKind,
        *,
        command: Command,
        detail: str,
        by: log.Actor,
        at: datetime,
    ) -> "Case":
        """Open a case about a whole head-end, or return the one already open."""
        case, is_new = cls.objects.get_or_create(
            kind=kind,
            head_end=command.port.meter.head_end,
            port=None,
            closed_at=None,
            defaults={"detail": detail[:300], "opened_at": at},
        )
        if is_new:
            case._trace(chain=command.chain, by=by, at=at)
        return case

    def _trace(self, *, chain: str, by: log.Actor, at: datetime) -> None:
        log.record(
            chain=chain,
            what="case.opened",
            who=by,
            on=log.Subject("case", self.id),
            at=at,
            facts={"kind": str(self.kind)},
            personal={"detail": self.detail},
        )
