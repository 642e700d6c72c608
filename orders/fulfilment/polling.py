"""Asks for results where a head-end is polled, and gives up by our own clock.

Too early and lost look the same there, so what stays unanswered past the deadline
counts as lost: setting a port again does no harm.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from hanportal.audit import log
from meters.headend import (
    Capabilities,
    Clock,
    Fault,
    HeadEndAdapter,
    HeadEndError,
    Report,
)
from orders.fulfilment import settling
from orders.fulfilment.connection import port_command
from orders.fulfilment.deciding import decide
from orders.fulfilment.locking import locked_command
from orders.fulfilment.settling import Finding
from orders.models import Command
from orders.states import CommandStatus

POLLER = log.Actor(log.ActorKind.SYSTEM, "poll")


def poll(
    adapter: HeadEndAdapter, claims: Sequence[Command], *, clock: Clock
) -> list[Command]:
    """Settle what has a result; gives those that have none yet."""
    asked = [port_command(command) for command in claims]
    try:
        reports = adapter.poll(asked)
    except HeadEndError:
        # Our own trouble says nothing of the commands; it shows where they are sent.
        return list(claims)
    by_id = {report.correlation_id: report for report in reports}
    for command in claims:
        if command.id in by_id:
            _apply(command, by_id[command.id], clock=clock)
    return [command for command in claims if command.id not in by_id]


def is_lost(command: Command, *, offered: Capabilities, at: datetime) -> bool:
    """No result will come of it any more; `at` is by the database's clock.

    Only for head-ends without a read-back, which would know.
    """
    if command.status == CommandStatus.AMBIGUOUS:
        return not (offered.poll and command.hes_reference) or _is_past(
            command, offered, at
        )
    if offered.poll:
        return _is_past(command, offered, at)
    return command.read_backs >= settling.RESENDS_AFTER_READ_BACKS


def send_again(claimed: Command, *, now: datetime) -> None:
    """What counts as lost is sent again, under the same id."""
    with transaction.atomic():
        command = locked_command(port_id=claimed.port_id, command_id=claimed.id)
        if _is_ours(command, claimed):
            finding = Finding(fault=Fault.NOT_DELIVERED, detail="No result came of it.")
            settling.dispose(command, finding, by=POLLER, at=now)


def _is_past(command: Command, offered: Capabilities, at: datetime) -> bool:
    sent_at = command.claimed_at
    if offered.poll_for is None or sent_at is None:
        return False
    return at > sent_at + offered.poll_for


def _apply(claimed: Command, report: Report, *, clock: Clock) -> None:
    with transaction.atomic():
        command = locked_command(port_id=claimed.port_id, command_id=claimed.id)
        is_wanted = command.generation == command.port.generation
        if _is_ours(command, claimed) and is_wanted:
            decide(command, report, clock=clock)


def _is_ours(command: Command, claimed: Command) -> bool:
    still_open = command.status in (CommandStatus.ACCEPTED, CommandStatus.AMBIGUOUS)
    return still_open and command.fence == claimed.fence
