"""How it stands with the head-ends, with the brake, and with the register."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Min
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hanportal.accounts.models import User
from hanportal.console.presenters.health import Health, health_of
from meters.models import HeadEnd, RegisterDelivery
from orders.deadlines import oslo_date
from orders.differences import Summary, summaries
from orders.models import (
    ClosingBrake,
    ClosingRelease,
    Command,
    database_now,
    waiting_closings,
)
from orders.states import CommandStatus


class SwitchVerb(StrEnum):
    """What can be done to a head-end; the names are in the address bar."""

    OFF = "sla-av"
    ON = "sla-pa"
    OBSERVE = "bare-se"
    ACT = "handle"


class VerbText(NamedTuple):
    """What a verb is called, and what it leads to."""

    question: str | Promise
    leads_to: str | Promise
    button: str | Promise


VERB_TEXTS: Mapping[SwitchVerb, VerbText] = {
    SwitchVerb.OFF: VerbText(
        _("Slå av frontsystemet?"),
        _(
            "Ingenting mer sendes til eller leses fra det. Det som er bestilt, venter, "
            "og ingenting går tapt. Kundenes frister løper."
        ),
        _("Ja, slå av"),
    ),
    SwitchVerb.ON: VerbText(
        _("Slå på frontsystemet?"),
        _("Målerne leses igjen. Om noe sendes, avhenger av hva det er satt til."),
        _("Ja, slå på"),
    ),
    SwitchVerb.OBSERVE: VerbText(
        _("Bare se på dette frontsystemet?"),
        _(
            "Målerne leses og sammenlignes, men ingenting sendes. Det som er bestilt, "
            "venter til det skal handle igjen."
        ),
        _("Ja, bare se"),
    ),
    SwitchVerb.ACT: VerbText(
        _("La dette frontsystemet handle?"),
        _(
            "Det som er bestilt, sendes. Porter som er åpne uten samtykke, leses på "
            "nytt og stenges, så mange om dagen som bremsen slipper gjennom."
        ),
        _("Ja, la det handle"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class HeadEndRow:
    """One head-end as those who run the system see it."""

    head_end: HeadEnd
    backlog: int
    """Commands that wait to be sent."""
    waiting_since: datetime | None
    """When the oldest of them was to be sent."""
    before_the_brake: int
    """Automatic closings among them that count against the brake."""
    summary: Summary
    health: Health

    @property
    def verbs(self) -> tuple[SwitchVerb, SwitchVerb]:
        """What can be done to it as it is now."""
        is_on, observes = self.head_end.is_active, self.head_end.is_observing
        return (
            SwitchVerb.ACT if observes else SwitchVerb.OBSERVE,
            SwitchVerb.OFF if is_on else SwitchVerb.ON,
        )


@dataclass(frozen=True, kw_only=True)
class BrakePage:
    """How it stands with the brake today."""

    limit: int
    passed: int
    held: int
    begun: ClosingRelease | None
    """What one person has released and another has not yet."""


@dataclass(frozen=True, kw_only=True)
class OperationsPage:
    """Everything on one page."""

    head_ends: tuple[HeadEndRow, ...]
    brake: BrakePage
    deliveries: tuple[RegisterDelivery, ...]


def operations_page(*, now: datetime) -> OperationsPage:
    """How it stands, in a fixed number of queries."""
    at, today = database_now(), oslo_date(now)
    waiting = _waiting()
    held = dict(
        waiting_closings(at=at, now=now)
        .order_by()
        .values_list("port__meter__head_end_id")
        .annotate(number=Count("pk"))
    )
    found = summaries(on=today)
    head_ends = list(HeadEnd.objects.by_name())
    health = health_of(head_ends, now=now)
    return OperationsPage(
        head_ends=tuple(
            HeadEndRow(
                head_end=head_end,
                backlog=waiting.get(head_end.id, (0, None))[0],
                waiting_since=waiting.get(head_end.id, (0, None))[1],
                before_the_brake=held.get(head_end.id, 0),
                summary=found.get(head_end.id, Summary()),
                health=health[head_end.id],
            )
            for head_end in head_ends
        ),
        brake=_brake(sum(held.values()), today=today),
        deliveries=tuple(RegisterDelivery.objects.held()),
    )


def brake_page(*, now: datetime) -> BrakePage:
    """The brake alone."""
    waiting = waiting_closings(at=database_now(), now=now).count()
    return _brake(waiting, today=oslo_date(now))


def found_head_end(head_end_id: UUID) -> HeadEnd:
    """The head-end.

    :raises Http404: there is none with this id.
    """
    head_end = HeadEnd.objects.filter(pk=head_end_id).first()
    if head_end is None:
        raise Http404
    return head_end


def held_delivery(delivery_id: UUID) -> RegisterDelivery:
    """A delivery that waits for two people.

    :raises Http404: none that is held has this id.
    """
    delivery = RegisterDelivery.objects.held().filter(pk=delivery_id).first()
    if delivery is None:
        raise Http404
    return delivery


def has_released(first: User | None, person: User) -> bool:
    """Whether this person is the one of the two who has released already."""
    return first is not None and first.pk == person.pk


def _brake(waiting: int, *, today: date) -> BrakePage:
    limit = ClosingBrake.objects.limit(on=today)
    passed = limit - ClosingBrake.objects.room(on=today)
    begun = ClosingRelease.objects.begun(on=today).select_related("first_released_by")
    return BrakePage(
        limit=limit,
        passed=passed,
        held=max(waiting - max(limit - passed, 0), 0),
        begun=begun.first(),
    )


def _waiting() -> dict[UUID, tuple[int, datetime | None]]:
    """How many commands wait at each head-end, and since when the oldest does."""
    rows = (
        Command.objects.filter(status=CommandStatus.QUEUED)
        .order_by()
        .values_list("port__meter__head_end_id")
        .annotate(number=Count("pk"), oldest=Min("not_before"))
    )
    return {head_end_id: (number, oldest) for head_end_id, number, oldest in rows}
