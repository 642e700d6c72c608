"""What brings a port to what it is meant to be, where it differs or is in doubt."""

from datetime import datetime, timedelta

from hanportal.audit import log
from meters.models import HanPort
from meters.states import DesiredState, ReportedState
from orders import intents
from orders.deadlines import oslo_date
from orders.models import (
    Case,
    ClosingBrake,
    Command,
    counts_against_the_brake,
    database_now,
)
from orders.reconciliation.holds import settle_if_opened_by_hand
from orders.states import CaseKind, CommandStatus

RECONCILER = log.Actor(log.ActorKind.SYSTEM, "reconciliation")
OBSERVED_AGAIN_AFTER = timedelta(hours=1)
"""How long what differs is left alone at a head-end that is only observed."""


def mend(port: HanPort, *, last_closed_at: datetime | None, now: datetime) -> None:
    """Queue what is missing; a port that is open without a consent is a case.

    The caller holds the port, and nothing is under way for it.
    """
    if port.meter.head_end.is_observing:
        port.read_back_by(database_now() + OBSERVED_AGAIN_AFTER)
        return
    if settle_if_opened_by_hand(port, by=RECONCILER, at=now):
        return
    command = intents.reconcile(port, by=RECONCILER, at=now)
    is_exposed = (
        port.desired == DesiredState.CLOSED and port.reported == ReportedState.OPEN
    )
    if command is not None and is_exposed:
        case = Case.open_for_port(
            CaseKind.OPEN_WITHOUT_CONSENT,
            command=command,
            detail="The meter was seen open while the port must be closed.",
            by=RECONCILER,
            at=now,
        )
        case.expose(
            last_closed_at=last_closed_at,
            chain=command.chain,
            by=RECONCILER,
            at=now,
        )


def show_held_closing(port: HanPort, *, now: datetime) -> bool:
    """A closing of what may open late is not held by the brake unseen.

    The caller holds the port. True where the brake holds one.
    """
    held = (
        Command.objects.filter(
            counts_against_the_brake(now=now), port=port, status=CommandStatus.QUEUED
        )
        .select_related("order__placement")
        .first()
    )
    if held is None or ClosingBrake.objects.room(on=oslo_date(now)) > 0:
        return False
    held.port = port
    Case.open_for_port(
        CaseKind.CLOSING_HELD,
        command=held,
        detail="An opening that was given up may still be carried out, "
        "and the brake holds the closing.",
        by=RECONCILER,
        at=now,
    )
    return True
