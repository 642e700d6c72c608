"""Polls or reads back where a result is overdue or in doubt, before any resending."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from hanportal.audit import log
from meters.headend import Clock, Fault, HeadEndError, Report, adapter_for
from meters.models import HeadEnd
from meters.states import DesiredState, ReportedState, ReportSource
from orders import consequences
from orders.fulfilment import polling, settling
from orders.fulfilment.connection import Connect, recorded_adapter
from orders.fulfilment.expiry import has_expired
from orders.fulfilment.locking import locked_command
from orders.fulfilment.settling import Finding
from orders.models import Command, database_now
from orders.states import CommandStatus

FOLLOWER = log.Actor(log.ActorKind.SYSTEM, "follow-up")
CLOCK_TOLERANCE = timedelta(minutes=2)


def follow_up(
    *, head_end: HeadEnd, clock: Clock, connect: Connect = adapter_for
) -> int:
    """Look after the unsettled commands that are due; says how many there were.

    Polled first and read back after, as far as the head-end offers either.
    """
    if not HeadEnd.objects.may_be_spoken_to(head_end, now=clock()):
        return 0
    claims = _claim(head_end, now=clock())
    if not claims:
        return 0
    adapter = recorded_adapter(head_end, clock=clock, connect=connect)
    offered = adapter.capabilities()
    waiting = polling.poll(adapter, claims, clock=clock) if offered.poll else claims
    if not offered.read_back:
        at = database_now()
        for command in waiting:
            if polling.is_lost(command, offered=offered, at=at):
                polling.send_again(command, now=clock())
        return len(claims)
    serials = [command.port.meter.serial for command in waiting]
    reports = read_back(head_end, serials, clock=clock, connect=connect)
    for command, report in zip(waiting, reports, strict=True):
        _settle(command, report, now=clock())
    return len(claims)


def read_back(
    head_end: HeadEnd,
    serials: Sequence[str],
    *,
    clock: Clock,
    connect: Connect = adapter_for,
) -> list[Report]:
    """The ports' states as the meters give them: one report a serial, same order.

    A failed call or a meter missing from the answer is a report with a fault.
    """
    adapter = recorded_adapter(head_end, clock=clock, connect=connect)
    try:
        answers = adapter.read_state(serials)
    except HeadEndError as error:
        return [_unread(serial, error.fault, error.detail) for serial in serials]
    by_serial = {report.serial: report for report in answers}
    return [
        by_serial.get(serial, _unread(serial, Fault.AMBIGUOUS, "Not in the answer."))
        for serial in serials
    ]


def _claim(head_end: HeadEnd, *, now: datetime) -> list[Command]:
    interval = timedelta(seconds=settings.READ_BACK_INTERVAL_SECONDS)
    claims = []
    with transaction.atomic():
        at = database_now()
        due = Command.objects.to_follow_up(head_end, at=at).claimed()
        commands = list(due[: head_end.max_concurrency])
        log.lock_chains(*(command.chain for command in commands))
        for command in commands:
            if has_expired(command, now=now):
                settling.expire(command, by=FOLLOWER, at=now)
                continue
            if command.desired == DesiredState.CLOSED:
                settling.alarm_if_late(command, by=FOLLOWER, at=now)
            wait = interval * 2 ** min(command.read_backs, 6)
            command.claim_read_back(next_due=at + wait)
            claims.append(command)
    return claims


def _settle(claimed: Command, report: Report, *, now: datetime) -> None:
    with transaction.atomic():
        command = locked_command(port_id=claimed.port_id, command_id=claimed.id)
        still_open = command.status in (CommandStatus.ACCEPTED, CommandStatus.AMBIGUOUS)
        if not still_open or command.fence != claimed.fence:
            return
        if report.state is None or report.observed_at is None:
            _resend_unread(command, at=now)
            return
        if _is_stale(command, observed_at=report.observed_at):
            _resend_unread(command, at=now)
            return
        if report.state == ReportedState(command.desired):
            settling.confirm(
                command,
                observed_at=report.observed_at,
                source=ReportSource.READ_BACK,
                by=FOLLOWER,
                at=now,
            )
            return
        command.port.observe(
            report.state, at=report.observed_at, source=ReportSource.READ_BACK
        )
        if report.state == ReportedState.OPEN:
            events = consequences.waiting(command.port, chain=command.chain)
            seen_at = report.observed_at
            consequences.seen_open(events, seen_at=seen_at, by=FOLLOWER, at=now)
        patience = settling.RESENDS_AFTER_READ_BACKS
        if command.status == CommandStatus.ACCEPTED and command.read_backs < patience:
            return
        finding = Finding(
            fault=Fault.NOT_DELIVERED, detail="Read back: not carried out."
        )
        settling.dispose(command, finding, by=FOLLOWER, at=now)


def _resend_unread(command: Command, *, at: datetime) -> None:
    """A closing does not wait for ever for a reading: closing twice does no harm."""
    if command.desired == DesiredState.OPEN:
        return
    if command.read_backs >= settling.RESENDS_AFTER_READ_BACKS:
        finding = Finding(fault=Fault.NOT_DELIVERED, detail="Could not be read back.")
        settling.dispose(command, finding, by=FOLLOWER, at=at)


def _is_stale(command: Command, *, observed_at: datetime) -> bool:
    """Read before the command was sent, or before something newer was seen."""
    claimed_at, reported_at = command.claimed_at, command.port.reported_at
    if claimed_at is not None and observed_at < claimed_at - CLOCK_TOLERANCE:
        return True
    return reported_at is not None and observed_at < reported_at


def _unread(serial: str, fault: Fault, detail: str) -> Report:
    return Report(
        serial=serial, source=ReportSource.READ_BACK, fault=fault, detail=detail
    )
