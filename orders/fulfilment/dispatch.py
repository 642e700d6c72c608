"""Sends what is due: claim with a lease, call without locks, settle by the fence."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from hanportal.audit import log
from meters.headend import (
    Clock,
    Fault,
    HeadEndError,
    PortCommand,
    Report,
    Submission,
    adapter_for,
)
from meters.models import HeadEnd
from meters.states import DesiredState
from orders.deadlines import oslo_date
from orders.fulfilment import settling
from orders.fulfilment.brake import claimable, record_held
from orders.fulfilment.connection import (
    Connect,
    longest_send,
    port_command,
    recorded_adapter,
)
from orders.fulfilment.deciding import decide
from orders.fulfilment.expiry import has_expired
from orders.fulfilment.gate import allowance, note_answers
from orders.fulfilment.locking import locked_command
from orders.fulfilment.plain import Word, settle_plain
from orders.fulfilment.settling import Finding
from orders.models import Command, Consent, database_now
from orders.states import CommandStatus, OrderStatus

DISPATCHER = log.Actor(log.ActorKind.SYSTEM, "dispatch")
NOT_YET_SENT = frozenset({OrderStatus.PLACED, OrderStatus.ON_HOLD})


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A command taken for sending, with the fence that proves whose it is."""

    command: PortCommand
    fence: int


def dispatch(*, head_end: HeadEnd, clock: Clock, connect: Connect = adapter_for) -> int:
    """Send one batch of what is due at this head-end; says how many were claimed.

    Nothing leaves for one that is switched off, only observed or in maintenance; and
    what was claimed just before it was, is given back. The gate says how much leaves.
    """
    claims = _claim(head_end, now=clock())
    if not claims:
        return 0
    adapter = recorded_adapter(head_end, clock=clock, connect=connect)
    if not HeadEnd.objects.get(pk=head_end.pk).may_send:
        for claim in claims:
            _give_back(claim, now=clock())
        return 0
    try:
        submissions = adapter.submit([claim.command for claim in claims])
    except HeadEndError as error:
        submissions = [
            Submission(
                command_id=claim.command.id, fault=error.fault, detail=error.detail
            )
            for claim in claims
        ]
    answers = list(zip(claims, submissions, strict=True))
    words = {
        claim.command.id: Word(
            report=submission.report,
            hes_reference=submission.hes_reference,
            fence=claim.fence,
        )
        for claim, submission in answers
        if submission.fault is None
    }
    settled = settle_plain(
        words,
        head_end=head_end,
        reads_back=adapter.capabilities().read_back,
        by=DISPATCHER,
        clock=clock,
    )
    for claim, submission in answers:
        if claim.command.id not in settled:
            _settle(claim, submission, clock=clock)
    note_answers(head_end, submissions, clock=clock)
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
            is_sending = command.status == CommandStatus.SENDING
            if is_sending or not command.is_live:
                continue
            if has_expired(command, now=now):
                settling.expire(command, by=DISPATCHER, at=now)
                given_up += 1
    return given_up


def _claim(head_end: HeadEnd, *, now: datetime) -> list[Claim]:
    """Take what is due, re-checking each right before it is sent.

    The lease outlasts the slowest send; closings come first.
    """
    with transaction.atomic(), log.together():
        fresh = HeadEnd.objects.held_to_act(head_end)
        if fresh is None:
            return []
        lease_start = database_now()
        allowed = allowance(fresh, at=lease_start, now=now)
        if not allowed.room:
            return []
        lease = lease_start + longest_send(head_end)
        batch = claimable(head_end, allowed=allowed, at=lease_start, now=now)
        chains = {command.chain for command in batch.commands}
        if batch.holds_the_first:
            chains.add(log.head_end_chain(head_end.id))
        log.lock_chains(*chains)
        if batch.holds_the_first:
            record_held(head_end, now=now)
        commands = [each for each in batch.commands if _may_be_sent(each, now=now)]
        for command in commands:
            order = command.order
            if order is not None and order.status in NOT_YET_SENT:
                order.transition_to(OrderStatus.IN_PROGRESS, by=DISPATCHER, at=now)
        Command.objects.claim_together(
            commands, since=lease_start, until=lease, by=DISPATCHER, at=now
        )
        allowed.spend(len(commands), at=lease_start, until=lease)
    return [
        Claim(command=port_command(command), fence=command.fence)
        for command in commands
    ]


def _may_be_sent(command: Command, *, now: datetime) -> bool:
    """The last look before sending: intent, deadline and consent still stand."""
    if command.generation != command.port.generation:
        command.transition_to(
            CommandStatus.SUPERSEDED, by=DISPATCHER, at=now, reason="an older intent"
        )
        return False
    if has_expired(command, now=now):
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


def _give_back(claim: Claim, *, now: datetime) -> None:
    """The head-end was switched off before anything left: the attempt is not spent."""
    with transaction.atomic():
        port_id = Command.objects.values_list("port_id", flat=True).get(
            pk=claim.command.id
        )
        command = locked_command(port_id=port_id, command_id=claim.command.id)
        if command.status == CommandStatus.SENDING and command.fence == claim.fence:
            command.attempts -= 1
            command.transition_to(
                CommandStatus.QUEUED, by=DISPATCHER, at=now, reason="nothing was sent"
            )


def _settle(claim: Claim, submission: Submission, *, clock: Clock) -> None:
    now = clock()
    with transaction.atomic():
        port_id = Command.objects.values_list("port_id", flat=True).get(
            pk=claim.command.id
        )
        command = locked_command(port_id=port_id, command_id=claim.command.id)
        if command.status != CommandStatus.SENDING or command.fence != claim.fence:
            return
        if submission.fault is None and submission.report is not None:
            command.hes_reference = submission.hes_reference or command.hes_reference
            _apply_result(command, submission.report, clock=clock)
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


def _apply_result(command: Command, report: Report, *, clock: Clock) -> None:
    """The answer was the result. For an intent that is past, it is read back."""
    if command.generation == command.port.generation:
        decide(command, report, clock=clock)
        return
    finding = Finding(fault=Fault.AMBIGUOUS, detail="An answer to an older intent.")
    settling.dispose(command, finding, by=DISPATCHER, at=clock())
