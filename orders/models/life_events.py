"""Life events: what the register said about people and meters, and what we did."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from uuid6 import uuid7

from hanportal.accounts.models import Customer
from hanportal.audit import log
from meters.models import HanPort, MeteringPoint
from meters.states import DesiredState
from orders.models.consents import Consent
from orders.models.orders import Order
from orders.states import ENDINGS, REVERSIBLE, LifeEventKind


class LifeEventQuerySet(models.QuerySet["LifeEvent"]):
    """Named reads of life events."""

    def unsettled(self) -> Self:
        """Events that still wait for the meter's word."""
        return self.filter(settled_at__isnull=True)

    def waiting_at(self, port: HanPort) -> Self:
        """What waits for this port's meter, locked, in a fixed order."""
        return (
            self.unsettled()
            .filter(port=port)
            .select_related("customer", "consent", "metering_point", "order")
            .order_by("id")
            .select_for_update(of=("self",))
        )

    def ports_waited_at(self, ports: Collection[HanPort]) -> set[UUID]:
        """The ids of those ports where something waits for the meter."""
        found = self.unsettled().filter(port__in=ports).values_list("port_id")
        return {port_id for (port_id,) in found}

    def reversible(self) -> Self:
        """Endings that the register may still take back."""
        return self.filter(kind__in=REVERSIBLE, undone_by__isnull=True)

    def concerning(self, consent: Consent) -> Self:
        """What happened to one consent, the oldest first; total through the id."""
        return (
            self.filter(consent=consent)
            .select_related("port__meter")
            .order_by("found_at", "id")
        )

    def exposures(self) -> Self:
        """Where a port stood open without a consent, what was found last first."""
        endings = self.filter(exposed_from__isnull=False, kind__in=ENDINGS)
        return endings.order_by("-found_at", "-id")

    def found_before(self, found_at: datetime, event_id: UUID) -> Self:
        """What stands behind this place when the newest is first."""
        return self.filter(
            Q(found_at__lt=found_at) | Q(found_at=found_at, id__lt=event_id),
            found_at__lte=found_at,
        )

    def ending(self, consent: Consent) -> "LifeEvent | None":
        """The event that ended this consent, unless it was taken back."""
        endings = self.concerning(consent).filter(
            kind=consent.end_reason, undone_by__isnull=True
        )
        return endings.first()

    def newest_at(self, port: HanPort, *, awaits: DesiredState) -> "LifeEvent | None":
        """The last event that wanted this of the port, whatever became of it."""
        return (
            self.filter(port=port, awaits=awaits).order_by("-found_at", "-id").first()
        )


class LifeEvent(models.Model):
    """One thing that the register said and what followed for one customer.

    The exposure is the time in which the port stood open on a consent that no longer
    held: from then, until the meter was confirmed closed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=LifeEventKind.choices)
    metering_point = models.ForeignKey(
        MeteringPoint, on_delete=models.PROTECT, related_name="life_events"
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="life_events"
    )
    """Whom it concerns, and who is told."""
    consent = models.ForeignKey(
        Consent, on_delete=models.PROTECT, null=True, related_name="life_events"
    )
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, null=True, related_name="life_events"
    )
    """The order under way that it ended, or carried on to another meter."""
    port = models.ForeignKey(
        HanPort, on_delete=models.PROTECT, null=True, related_name="life_events"
    )
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="followed_by"
    )
    """The event that this one came of: what is taken back, or who left it open."""
    effective_date = models.DateField()
    """The Oslo date from which the register says so."""
    found_at = models.DateTimeField()
    awaits = models.CharField(
        max_length=10, choices=DesiredState.choices, blank=True, default=""
    )
    """What the meter must confirm; empty where nothing was asked of it."""
    obstacle = models.CharField(max_length=20, blank=True, default="")
    """What stands against opening the new meter from here."""
    exposed_from = models.DateTimeField(null=True)
    exposed_until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    """The meter's own time of the state that was awaited."""
    settled_at = models.DateTimeField(null=True)
    """When nothing more was to come: confirmed, or overtaken by something newer."""
    undone_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="undoes"
    )

    objects = LifeEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="life_event_kind_is_known",
                condition=Q(kind__in=LifeEventKind.values),
            ),
            models.CheckConstraint(
                name="life_event_confirmed_is_settled",
                condition=Q(confirmed_at__isnull=True) | Q(settled_at__isnull=False),
            ),
            models.CheckConstraint(
                name="life_event_exposure_begins_before_it_ends",
                condition=Q(exposed_until__isnull=True) | Q(exposed_from__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["follows", "customer"],
                condition=Q(kind=LifeEventKind.STOOD_OPEN),
                name="life_event_stood_open_is_told_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["port"],
                condition=Q(settled_at__isnull=True),
                name="life_event_unsettled",
            ),
            models.Index(
                fields=["found_at"],
                condition=Q(kind__in=REVERSIBLE, undone_by__isnull=True),
                name="life_event_reversible",
            ),
            models.Index(
                fields=["found_at"],
                condition=Q(exposed_from__isnull=False),
                name="life_event_exposed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_exposure(self) -> bool:
        """True where its port stood open on the consent that it ended."""
        return self.exposed_from is not None and self.kind in ENDINGS

    @classmethod
    def note(
        cls,
        kind: LifeEventKind,
        *,
        metering_point: MeteringPoint,
        customer: Customer,
        effective_date: date,
        by: log.Actor,
        at: datetime,
        consent: Consent | None = None,
        order: Order | None = None,
        port: HanPort | None = None,
        follows: "LifeEvent | None" = None,
        awaits: DesiredState | None = None,
        obstacle: str = "",
        exposed_from: datetime | None = None,
        exposed_until: datetime | None = None,
    ) -> Self:
        """Record what the register said; where no meter is asked, that settles it."""
        event = cls(
            kind=kind,
            metering_point=metering_point,
            customer=customer,
            consent=consent,
            order=order,
            port=port,
            follows=follows,
            effective_date=effective_date,
            found_at=at,
            awaits="" if awaits is None else awaits,
            obstacle=obstacle,
            exposed_from=exposed_from,
            exposed_until=exposed_until,
            settled_at=at if awaits is None else None,
        )
        event.save(force_insert=True)
        event._trace(
            f"life_event.{kind}",
            by=by,
            at=at,
            facts={
                "effective_date": str(effective_date),
                "awaits": str(event.awaits),
                "obstacle": obstacle,
                "exposed_from": _said(exposed_from),
            },
            personal={"gsrn": metering_point.gsrn},
        )
        return event

    def confirm(self, *, confirmed_at: datetime, by: log.Actor, at: datetime) -> None:
        """The meter is as the event wanted it; an exposure has ended."""
        self.confirmed_at = confirmed_at
        self._settle("life_event.confirmed", until=confirmed_at, by=by, at=at)

    def overtake(self, *, by: log.Actor, at: datetime) -> None:
        """Something newer decides about the port: nothing more is awaited."""
        self._settle("life_event.overtaken", until=at, by=by, at=at)

    def expose(self, *, since: datetime, by: log.Actor, at: datetime) -> None:
        """The port was seen open after all, while it had to be closed."""
        if self.exposed_from is not None:
            return
        self.exposed_from = since
        self.save(update_fields=["exposed_from"])
        self._trace(
            "life_event.exposed", by=by, at=at, facts={"exposed_from": _said(since)}
        )

    def undo(self, *, rollback: "LifeEvent", by: log.Actor, at: datetime) -> None:
        """The register has taken it back."""
        self.undone_by = rollback
        if self.settled_at is None:
            self.settled_at = at
            if self.exposed_from is not None:
                self.exposed_until = at
        self.save(update_fields=["undone_by", "settled_at", "exposed_until"])
        self._trace("life_event.undone", by=by, at=at, facts={})

    def _settle(
        self, what: str, *, until: datetime, by: log.Actor, at: datetime
    ) -> None:
        self.settled_at = at
        if self.exposed_from is not None:
            self.exposed_until = max(until, self.exposed_from)
        self.save(update_fields=["confirmed_at", "settled_at", "exposed_until"])
        self._trace(
            what,
            by=by,
            at=at,
            facts={
                "confirmed_at": _said(self.confirmed_at),
                "exposed_from": _said(self.exposed_from),
                "exposed_until": _said(self.exposed_until),
            },
        )

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
            chain=log.customer_chain(self.customer_id),
            what=what,
            who=by,
            on=log.Subject("life_event", self.id),
            at=at,
            facts=facts,
            personal=personal,
        )


def chains_of(events: Collection[LifeEvent]) -> set[str]:
    """The audit chains in which these events are told."""
    return {log.customer_chain(event.customer_id) for event in events}


def _said(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat()
