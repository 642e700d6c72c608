"""Sends what is due: claim with a lease, call without locks, settle by the fence."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from hanportal.audit import log
from meters.headend import (
    Clock,
    Fault,
    HeadEndError,
    PortCommand,
    Submission,
    adapter_for,
)
from meters.models import HeadEnd
from meters.states import DesiredState
from orders.deadlines import oslo_date
from orders.fulfilment import settling
from orders.fulfilment.connection import Connect, recorded_adapter
from orders.fulfilment.locking import locked_command
from orders.fulfilment.settling import Finding
from orders.models import Command, Consent, database_now
from orders.states import CommandStatus, OrderStatus

DISPATCHER = log.Actor(log.ActorKind.SYSTEM, "dispatch")
LEASE_MARGIN = timedelta(seconds=15)
NOT_YET_SENT = frozenset({OrderStatus.PLACED, OrderStatus.ON_HOLD})


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A command taken for sending, with the fence that proves whose it is."""

    command: PortCommand
    fence: int


def dispatch(*, head_end: HeadEnd, clock: Clock, connect: Connect = adapter_for) -> int:
    """Send one batch of what is due at this head-end; says how many were claimed."""
    claims = _claim(head_end, now=clock())
    if not claims:
        return 0
    adapter = recorded_adapter(head_end, clock=clock, connect=connect)
    try:
        submissions = adapter.submit([claim.command for claim in claims])
    except HeadEndError as error:
        submissions = [
            Submission(
                command_id=claim.command.id, fault=error.fault, detail=error.detail
            )
            for claim in claims
        ]
    for claim, submission in zip(claims, submissions, strict=True):
        _settle(claim, submission, now=clock())
    return len(claims)


def recover_expired_leases(*, clock: Clock) -> int:
    """Who claimed these did not come back: they may have been sent, so read back."""
    expired = Command.objects.with_expired_lease(at=database_now())
    recovered = 0
    for command_id, port_id in expired.values_list("id", "port_id"):
        with transaction.atomic():
            command = locked_command(port_id=port_id, command_id=command_id)
            lease = command.lease_expires_at
            if command.status != CommandStatus.SENDING or lease is None:
                continue
            if lease > database_now():
                continue
            finding = Finding(fault=Fault.AMBIGUOUS, detail="The sender was lost.")
            settling.dispose(command, finding, by=DISPATCHER, at=clock())
            recovered += 1
    return recovered


def give_up_overdue(*, clock: Clock) -> int:
    """End the openings whose deadline has passed, whatever else they wait for.

    Also where the head-end is switched off: the customer's clock runs on.
    """
    given_up = 0
    now = clock()
    overdue = Command.objects.overdue(at=now)
    for command_id, port_id in list(overdue.values_list("id", "port_id")):
        with transaction.atomic():
            command = locked_command(port_id=port_id, command_id=command_id)
            if command.is_live and command.status != CommandStatus.SENDING:
                settling.expire(command, by=DISPATCHER, at=now)
                given_up += 1
    return given_up


def _claim(head_end: HeadEnd, *, now: datetime) -> list[Claim]:
    """Take what is due, re-checking each right before it is sent.

    The lease outlasts the slowest send; closings come first.
    """
    claims = []
    with transaction.atomic():
        lease_start = database_now()
        lease = lease_start + LEASE_MARGIN + _longest_call(head_end)
        due = Command.objects.due(head_end, at=lease_start).claimed()
        commands = list(due[: head_end.max_concurrency])
        log.lock_chains(*(command.chain for command in commands))
        for command in commands:
            if not _may_be_sent(command, now=now):
                continue
            order = command.order
            if order is not None and order.status in NOT_YET_SENT:
                order.transition_to(OrderStatus.IN_PROGRESS, by=DISPATCHER, at=now)
            command.claim(since=lease_start, until=lease, by=DISPATCHER, at=now)
            claims.append(
                Claim(
                    command=PortCommand(
                        id=command.id,
                        serial=command.port.meter.serial,
                        desired=DesiredState(command.desired),
                        tracking_reference=_tracking_reference(command),
                        attempt=command.attempts,
                    ),
                    fence=command.fence,
                )
            )
    return claims


def _may_be_sent(command: Command, *, now: datetime) -> bool:
    """The last look before sending: intent, deadline and consent still stand."""
    if command.generation != command.port.generation:
        command.transition_to(
            CommandStatus.SUPERSEDED, by=DISPATCHER, at=now, reason="an older intent"
        )
        return False
    if command.expires_at is not None and command.expires_at <= now:
        settling.expire(command, by=DISPATCHER, at=now)
        return False
    if command.desired == DesiredState.CLOSED:
        settling.alarm_if_late(command, by=DISPATCHER, at=now)
        return True
    consent_id = command.consent_id
    if consent_id is not None:
        consent = Consent.objects.share_locked(consent_id)
        if consent.permits_opening(command.port, on=oslo_date(now)):
            return True
        if consent.is_active:
            settling.await_register(command)
            return False
    settling.withdraw(command, by=DISPATCHER, at=now)
    return False


def _settle(claim: Claim, submission: Submission, *, now: datetime) -> None:
    with transaction.atomic():
        port_id = Command.objects.values_list("port_id", flat=True).get(
            pk=claim.command.id
        )
        command = locked_command(port_id=port_id, command_id=claim.command.id)
        if command.status != CommandStatus.SENDING or command.fence != claim.fence:
            return
        if submission.fault is None:
            settling.accept(
                command, hes_reference=submission.hes_reference, by=DISPATCHER, at=now
            )
            return
        finding = Finding(
            fault=submission.fault,
            code=submission.code,
            detail=submission.detail,
            retry_after=submission.retry_after,
        )
        settling.dispose(command, finding, by=DISPATCHER, at=now)


def _longest_call(head_end: HeadEnd) -> timedelta:
    return timedelta(
        seconds=head_end.connect_timeout_seconds + head_end.read_timeout_seconds
    )


def _tracking_reference(command: Command) -> str:
    if command.order is not None:
        return command.order.placement.reference
    return str(command.id)
