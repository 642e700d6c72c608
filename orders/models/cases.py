"""Cases: what machines could not settle and a human must."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from uuid6 import uuid7

from hanportal.audit import log
from meters.models import HanPort, HeadEnd
from orders.models.case_reads import CaseQuerySet
from orders.models.commands import Command
from orders.models.orders import Order
from orders.states import (
    HOLD_CASES,
    CaseEnd,
    CaseKind,
    HoldReason,
)


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
    ended_as = models.CharField(
        max_length=20, choices=CaseEnd.choices, blank=True, default=""
    )
    closed_by = models.CharField(max_length=60, blank=True, default="")
    """The staff number, or the name of what found that it was over."""
    closing_note = models.CharField(max_length=300, blank=True, default="")
    visit_asked_at = models.DateTimeField(null=True)
    """Since when somebody is to go there."""
    module_sent_at = models.DateTimeField(null=True)
    """When the module was posted to the customer."""
    exposed_after = models.DateTimeField(null=True)
    """When the meter was last seen closed before; None where it never was."""
    exposed_from = models.DateTimeField(null=True)
    """When the meter was seen open without a consent."""
    exposed_until = models.DateTimeField(null=True)
    """When it was seen closed again, or a consent stood behind it."""

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "port"],
                condition=Q(closed_at__isnull=True, port__isnull=False)
                & ~Q(kind__in=list(HOLD_CASES.values())),
                name="case_one_open_per_kind_and_port",
            ),
            models.UniqueConstraint(
                fields=["kind", "head_end"],
                condition=Q(closed_at__isnull=True, port__isnull=True),
                name="case_one_open_per_kind_and_head_end",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(closed_at__isnull=True, kind__in=list(HOLD_CASES.values())),
                name="case_one_open_per_held_order",
            ),
            models.CheckConstraint(
                name="case_closed_says_how",
                condition=Q(closed_at__isnull=True, ended_as="", closed_by="")
                | (Q(closed_at__isnull=False) & ~Q(ended_as="") & ~Q(closed_by="")),
            ),
            models.CheckConstraint(
                name="case_exposure_begins_before_it_ends",
                condition=Q(exposed_until__isnull=True)
                | Q(exposed_until__gte=F("exposed_from")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["opened_at", "id"],
                condition=Q(closed_at__isnull=True),
                name="case_unsettled",
            ),
            models.Index(
                fields=["-closed_at", "-id"],
                condition=Q(closed_at__isnull=False),
                name="case_settled",
            ),
        ]

    @property
    def is_settled(self) -> bool:
        """True when nobody has to look at it any more."""
        return self.closed_at is not None

    @property
    def chain(self) -> str:
        """The audit chain that tells how it was settled."""
        if self.order is not None:
            return log.customer_chain(self.order.placement.customer_id)
        return log.head_end_chain(self.head_end_id)

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
    def open_for_held(
        cls, order: Order, *, port: HanPort, by: log.Actor, at: datetime
    ) -> "Case":
        """Open the case about what a held order waits for, or return the open one."""
        reason = HoldReason(order.hold_reason)
        case, is_new = cls.objects.get_or_create(
            kind=HOLD_CASES[reason],
            order=order,
            closed_at=None,
            defaults={
                "port": port,
                "head_end": port.meter.head_end,
                "detail": f"The order is on hold: {reason}.",
                "opened_at": at,
            },
        )
        if is_new:
            case._trace(chain=case.chain, by=by, at=at)
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
        head_end, chain = command.port.meter.head_end, command.chain
        return cls.open_at_head_end(
            kind, head_end=head_end, chain=chain, detail=detail, by=by, at=at
        )

    @classmethod
    def open_at_head_end(
        cls,
        kind: CaseKind,
        *,
        head_end: HeadEnd,
        chain: str,
        detail: str,
        by: log.Actor,
        at: datetime,
    ) -> "Case":
        """The same where it was no command that showed it.

        :param chain: the audit chain that tells the story.
        """
        case, is_new = cls.objects.get_or_create(
            kind=kind,
            head_end=head_end,
            port=None,
            closed_at=None,
            defaults={"detail": detail[:300], "opened_at": at},
        )
        if is_new:
            case._trace(chain=chain, by=by, at=at)
        return case

    def expose(
        self,
        *,
        last_closed_at: datetime | None,
        chain: str,
        by: log.Actor,
        at: datetime,
    ) -> None:
        """The port is open and nothing permits it: keep since when, once.

        :param chain: the audit chain that the caller holds.
        """
        if self.exposed_from is not None or self.port is None:
            return
        self.exposed_from = self.port.reported_at
        self.exposed_after = last_closed_at
        self.save(update_fields=["exposed_from", "exposed_after"])
        self._record(
            "case.exposed",
            chain=chain,
            by=by,
            at=at,
            facts={
                "exposed_after": _said(self.exposed_after),
                "exposed_from": _said(self.exposed_from),
            },
        )

    def ask_for_visit(self, *, by: log.Actor, at: datetime) -> None:
        """Somebody is to go there."""
        self.visit_asked_at = at
        self.save(update_fields=["visit_asked_at"])
        self._record("case.visit_asked", chain=self.chain, by=by, at=at, facts={})

    def send_module(self, *, by: log.Actor, at: datetime) -> None:
        """The module is in the post."""
        self.module_sent_at = at
        self.save(update_fields=["module_sent_at"])
        self._record("case.module_sent", chain=self.chain, by=by, at=at, facts={})

    def note_retry(self, command: Command, *, by: log.Actor, at: datetime) -> None:
        """A person had it tried again, by this command."""
        self.command = command
        self.save(update_fields=["command"])
        self._record(
            "case.retried",
            chain=command.chain,
            by=by,
            at=at,
            facts={"command": str(command.id)},
        )

    def close(
        self,
        end: CaseEnd,
        *,
        by: log.Actor,
        at: datetime,
        note: str = "",
        exposed_until: datetime | None = None,
    ) -> None:
        """Nobody has to look at it any more."""
        self.closed_at, self.closed_by = at, by.reference
        self.ended_as, self.closing_note = end, note[:300]
        if self.exposed_from is not None and exposed_until is not None:
            self.exposed_until = max(exposed_until, self.exposed_from)
        self.save()
        self._record(
            "case.closed",
            chain=self.chain,
            by=by,
            at=at,
            facts={
                "kind": str(self.kind),
                "end": str(end),
                "exposed_from": _said(self.exposed_from),
                "exposed_until": _said(self.exposed_until),
            },
            personal={"note": self.closing_note} if note else None,
        )

    def _record(
        self,
        what: str,
        *,
        chain: str,
        by: log.Actor,
        at: datetime,
        facts: dict[str, log.Json],
        personal: dict[str, str] | None = None,
    ) -> None:
        log.record(
            chain=chain,
            what=what,
            who=by,
            on=log.Subject("case", self.id),
            at=at,
            facts=facts,
            personal=personal,
        )

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


def _said(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
