"""What a delivery of the register would mean for those who have consented."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TextIO
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from meters.models import HanPort
from meters.register import Progress, Rehearsal, rehearse_import
from meters.states import DesiredState, ReportedState
from orders.deadlines import oslo_date
from orders.models import Consent


@dataclass(frozen=True, kw_only=True)
class Touched:
    """How many would lose what they stand on."""

    consents: int
    """Active consents that would end: who gave them no longer holds the point or has
    died, or the point is out of use."""
    open_ports: int
    """Ports that are open, or shall be, and that no consent would stand behind."""


def rehearse(
    folder: Path,
    *,
    now: datetime,
    progress: Progress | None = None,
    rejections: TextIO | None = None,
) -> tuple[Rehearsal, Touched]:
    """Do all that an import would do, look at the consents, and undo it.

    :raises RegisterUnusable, ImportRunning: as `meters.register.import_register`.
    """
    today = oslo_date(now)
    before = _standing(today)
    after: list[_Standing] = []
    look: Callable[[], None] = lambda: after.append(_standing(today))  # noqa: E731 -- one line
    rehearsal = rehearse_import(
        folder, now=now, look=look, progress=progress, rejections=rejections
    )
    return rehearsal, Touched(
        consents=len(before.consents - after[0].consents),
        open_ports=len(before.open_ports - after[0].open_ports),
    )


@dataclass(frozen=True)
class _Standing:
    consents: frozenset[UUID]
    open_ports: frozenset[UUID]


def _standing(today: date) -> _Standing:
    """The consents that hold today, and the open ports that they stand behind."""
    dead = Consent.objects.of_the_dead(on=today)
    holding = Consent.objects.still_held(on=today).exclude(pk__in=dead.values("pk"))
    behind = holding.filter(
        Q(metering_point__installations__ends_on__isnull=True)
        | Q(metering_point__installations__ends_on__gt=today),
        metering_point__installations__meter=OuterRef("meter"),
        metering_point__installations__starts_on__lte=today,
    )
    is_open = Q(desired=DesiredState.OPEN) | Q(reported=ReportedState.OPEN)
    ports = HanPort.objects.filter(is_open, Exists(behind))
    return _Standing(
        frozenset(holding.values_list("pk", flat=True)),
        frozenset(ports.values_list("pk", flat=True)),
    )
