"""Starts silent ports again: claim with a lease, call without locks, settle.

It passes the same gate as commands do and changes nothing of what a port should be. A
newer intent beats it, and whatever permits the port to be open is looked at last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from hanportal.audit import log
from meters.headend import (
    Clock,
    Fault,
    HeadEndAdapter,
    HeadEndError,
    PortReset,
    Report,
    Submission,
    adapter_for,
)
from meters.models import HanPort, HeadEnd
from meters.states import DesiredState, ReportedState
from orders.deadlines import oslo_date
from orders.fulfilment import restart_settling, settling
from orders.fulfilment.connection import Connect, longest_send, recorded_adapter
from orders.fulfilment.gate import allowance, note_answers
from orders.fulfilment.settling import Finding
from orders.models import Command, Consent, PortRestart, database_now
from orders.states import CommandStatus

RESTARTER = log.Actor(log.ActorKind.SYSTEM, "restart")
SAYS_NOTHING_OF_COMMANDS = frozenset({Fault.AMBIGUOUS, Fault.THROTTLED, Fault.AUTH})
"""A head-end may refuse restarts and take commands: the breaker stays as it is."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A restart taken for sending, with the fence that proves whose it is."""

    reset: PortReset
    port_id: UUID
    fence: int


def restart_ports(
    *, head_end: HeadEnd, clock: Clock, connect: Connect = adapter_for
) -> int:
    """Send one batch of the restarts that are due; says how many were claimed."""
    if not PortRestart.objects.due(head_end, at=database_now()).exists():
        return 0
    claims = _claim(head_end, now=clock())
    if not claims:
        return 0
    adapter = recorded_adapter(head_end, clock=clock, connect=connect)
    if not HeadEnd.objects.get(pk=head_end.pk).may_send:
        for claim in claims:
            _give_back(claim, now=clock())
        return 0
    submissions = _submitted(adapter, [claim.reset for claim in claims])
    is_result = not adapter.capabilities().callbacks
    for claim, submission in zip(claims, submissions, strict=True):
        _settle(claim, submission, is_result=is_result, now=clock())
    told = [each for each in submissions if each.fault not in SAYS_NOTHING_OF_COMMANDS]
    if told:
        note_answers(head_end, told, clock=clock)
    return len(claims)


def look_after_restarts(*, clock: Clock) -> int:
    """Mend what cannot stay as it is: lost senders, missing results, past deadlines."""
    due = PortRestart.objects.to_look_after(at=database_now(), now=clock())
    found = list(due.values_list("id", "port_id"))
    for restart_id, port_id in found:
        with transaction.atomic():
            restart = _locked(port_id=port_id, restart_id=restart_id)
            _look_after(restart, now=clock())
    return len(found)


def hear_of_restart(report: Report, *, head_end: HeadEnd, clock: Clock) -> bool:
    """Take in what became of a restart; False where this is about none of ours.

    Twice is the same as once; of one that has ended it only asks for a read-back. That
    the port is closed is no word about a restart.
    """
    if report.correlation_id is None or report.state == ReportedState.CLOSED:
        return False
    port_id = (
        PortRestart.objects.filter(
            pk=report.correlation_id,
            port__meter__head_end=head_end,
            port__meter__serial=report.serial,
        )
        .values_list("port_id", flat=True)
        .first()
    )
    if port_id is None:
        return False
    with transaction.atomic():
        restart = _locked(port_id=port_id, restart_id=report.correlation_id)
        if not restart.is_live:
            restart_settling.look_again(restart)
        elif _is_past(restart):
            _set_aside(restart, now=clock())
        elif report.fault is None:
            restart_settling.confirm(restart, by=RESTARTER, at=clock())
        elif not _waits_to_be_sent(restart) or report.fault in settling.FINAL_FAULTS:
            finding = Finding(
                fault=report.fault, code=report.code, detail=report.detail
            )
            restart_settling.dispose(restart, finding, by=RESTARTER, at=clock())
    return True


def _claim(head_end: HeadEnd, *, now: datetime) -> list[Claim]:
    """Take what is due and may leave, re-checking each right before it is sent."""
    claims = []
    with transaction.atomic():
        fresh = HeadEnd.objects.held_to_act(head_end)
        if fresh is None:
            return []
        at = database_now()
        allowed = allowance(fresh, at=at, now=now)
        if not allowed.room:
            return []
        until = at + longest_send(fresh)
        due = PortRestart.objects.due(head_end, at=at).claimed()
        restarts = list(due[: allowed.room])
        log.lock_chains(*(restart.chain for restart in restarts))
        for restart in restarts:
            if not _may_be_sent(restart, now=now):
                continue
            restart.claim(until=until, by=RESTARTER, at=now)
            reset = PortReset(
                id=restart.id,
                serial=restart.port.meter.serial,
                tracking_reference=restart.consent.receipt_number,
            )
            claims.append(
                Claim(reset=reset, port_id=restart.port_id, fence=restart.fence)
            )
        allowed.spend(len(claims), at=at, until=until)
    return claims


def _may_be_sent(restart: PortRestart, *, now: datetime) -> bool:
    """The last look before sending: the port is open, wanted open, and may be."""
    port = restart.port
    if _is_past(restart):
        _set_aside(restart, now=now)
        return False
    if restart.expires_at <= now:
        restart_settling.expire(restart, by=RESTARTER, at=now, reason="deadline")
        return False
    if Command.objects.live().filter(port=port).exists():
        # One at a time at a meter; what comes of the command may settle this too.
        restart.not_before = database_now() + timedelta(
            seconds=settings.READ_BACK_INTERVAL_SECONDS
        )
        restart.keep_waiting()
        return False
    if port.reported != ReportedState.OPEN:
        restart_settling.set_aside(
            restart, by=RESTARTER, at=now, reason="the port is not open"
        )
        return False
    consent = Consent.objects.share_locked(restart.consent_id)
    if not consent.permits_opening(port, on=oslo_date(now)):
        restart_settling.set_aside(
            restart, by=RESTARTER, at=now, reason="nothing permits it"
        )
        return False
    return True


def _submitted(
    adapter: HeadEndAdapter, resets: Sequence[PortReset]
) -> list[Submission]:
    """One answer for each, whatever the call came to."""
    try:
        answers = adapter.reset(resets)
    except HeadEndError as error:
        fault, detail = error.fault, error.detail
    else:
        if answers:
            return answers
        fault, detail = Fault.CONTRACT, "This head-end restarts no ports."
    return [
        Submission(command_id=reset.id, fault=fault, detail=detail) for reset in resets
    ]


def _settle(
    claim: Claim, submission: Submission, *, is_result: bool, now: datetime
) -> None:
    """Take in the answer.

    :param is_result: nothing more is to come from such a head-end.
    """
    with transaction.atomic():
        restart = _locked(port_id=claim.port_id, restart_id=claim.reset.id)
        if restart.status != CommandStatus.SENDING or restart.fence != claim.fence:
            return
        restart.hes_reference = submission.hes_reference or restart.hes_reference
        if _is_past(restart):
            _set_aside(restart, now=now)
        elif submission.fault is not None:
            finding = Finding(
                fault=submission.fault,
                code=submission.code,
                detail=submission.detail,
                retry_after=submission.retry_after,
            )
            restart_settling.dispose(restart, finding, by=RESTARTER, at=now)
        elif is_result:
            restart_settling.confirm(restart, by=RESTARTER, at=now)
        else:
            restart_settling.accept(
                restart,
                hes_reference=submission.hes_reference,
                by=RESTARTER,
                at=now,
            )


def _look_after(restart: PortRestart, *, now: datetime) -> None:
    """Somebody may have been quicker, so everything is looked at once more."""
    at = database_now()
    if restart.status == CommandStatus.SENDING:
        lease = restart.lease_expires_at
        if lease is not None and lease <= at:
            finding = Finding(fault=Fault.AMBIGUOUS, detail="The sender was lost.")
            restart_settling.dispose(restart, finding, by=RESTARTER, at=now)
    elif restart.is_live:
        _move_on(restart, at=at, now=now)


def _move_on(restart: PortRestart, *, at: datetime, now: datetime) -> None:
    """Give up what is past, and send again what no result came of; never for ever."""
    is_waiting = restart.status in (CommandStatus.ACCEPTED, CommandStatus.AMBIGUOUS)
    if _is_past(restart):
        _set_aside(restart, now=now)
    elif restart.expires_at <= now:
        restart_settling.expire(restart, by=RESTARTER, at=now, reason="deadline")
    elif is_waiting and restart.not_before <= at:
        if restart.attempts >= restart_settling.MOST_SENDS_IN_DOUBT:
            restart_settling.expire(restart, by=RESTARTER, at=now, reason="no result")
            return
        finding = Finding(fault=Fault.NOT_DELIVERED, detail="No result came of it.")
        restart_settling.dispose(restart, finding, by=RESTARTER, at=now)


def _give_back(claim: Claim, *, now: datetime) -> None:
    """The head-end was switched off before anything left: the attempt is not spent."""
    with transaction.atomic():
        restart = _locked(port_id=claim.port_id, restart_id=claim.reset.id)
        if restart.status == CommandStatus.SENDING and restart.fence == claim.fence:
            restart.attempts -= 1
            restart.transition_to(
                CommandStatus.QUEUED, by=RESTARTER, at=now, reason="nothing was sent"
            )


def _waits_to_be_sent(restart: PortRestart) -> bool:
    """An older attempt's doubt or progress says nothing of the one to come."""
    return restart.status == CommandStatus.QUEUED


def _is_past(restart: PortRestart) -> bool:
    """A newer intent stands at the port, or it is not wanted open."""
    port = restart.port
    return restart.generation != port.generation or port.desired != DesiredState.OPEN


def _set_aside(restart: PortRestart, *, now: datetime) -> None:
    restart_settling.set_aside(restart, by=RESTARTER, at=now, reason="a newer intent")


def _locked(*, port_id: UUID, restart_id: UUID) -> PortRestart:
    """The restart with its port, both locked until the transaction ends."""
    port = HanPort.objects.select_related("meter__head_end").locked().get(pk=port_id)
    restart = (
        PortRestart.objects.select_related("consent__customer")
        .select_for_update(of=("self",))
        .get(pk=restart_id)
    )
    restart.port = port
    return restart
