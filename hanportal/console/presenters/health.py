"""How talking with each head-end goes: what holds it up, and what went wrong last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.functional import Promise

from hanportal.console.presenters.cases import FAULTS
from meters.models import HeadEnd
from orders.deadlines import oslo_date
from orders.models import Exchange, Gate, Order
from orders.states import OrderStatus

COUNTED = timedelta(hours=1)
REMEMBERED = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Health:
    """One head-end, as it has answered lately."""

    exchanges: int
    """In the last hour."""
    faults: int
    """Of them."""
    last_success_at: datetime | None
    """None where it was more than a day ago."""
    last_error: Exchange | None
    """The last within a day."""
    gate: Gate | None
    maintenance_until: datetime | None
    """When the maintenance that it is in now ends."""
    next_maintenance_at: datetime | None
    hurried: int
    """Orders whose promised day comes before this maintenance is over."""

    @property
    def is_held(self) -> bool:
        """True while the breaker keeps commands back."""
        return self.gate is not None and not self.gate.is_closed

    @property
    def why_held(self) -> str | Promise:
        """What the breaker opened for, in words."""
        return FAULTS.get(self.gate.last_fault, "") if self.gate else ""

    @property
    def error_in_words(self) -> str | Promise:
        """What the last error was."""
        return FAULTS.get(self.last_error.fault, "") if self.last_error else ""


def health_of(head_ends: Sequence[HeadEnd], *, now: datetime) -> Mapping[UUID, Health]:
    """Each head-end's health; a query more for each that is in maintenance."""
    counted = Exchange.objects.since(now - COUNTED).counted()
    remembered = Exchange.objects.since(now - REMEMBERED)
    gates = {gate.head_end_id: gate for gate in Gate.objects.all()}
    successes, errors = remembered.newest_success(), remembered.newest_fault()
    found = {}
    for head_end in head_ends:
        window = head_end.maintenance_at(now)
        ahead = head_end.next_maintenance(now)
        success = successes.get(head_end.id)
        exchanges, faults = counted.get(head_end.id, (0, 0))
        found[head_end.id] = Health(
            exchanges=exchanges,
            faults=faults,
            last_success_at=None if success is None else success.answered_at,
            last_error=errors.get(head_end.id),
            gate=gates.get(head_end.id),
            maintenance_until=None if window is None else window.ends_at,
            next_maintenance_at=None if ahead is None else ahead.starts_at,
            hurried=0 if window is None else _hurried(head_end, window.ends_at),
        )
    return found


def _hurried(head_end: HeadEnd, until: datetime) -> int:
    live = Order.objects.live().exclude(status=OrderStatus.ON_HOLD)
    return live.filter(
        port__meter__head_end=head_end, due_date__lte=oslo_date(until)
    ).count()
