"""What a report means for the command that it is about."""

from datetime import timedelta

from django.conf import settings

from hanportal.audit import log
from meters.headend import Clock, Fault, Report
from meters.states import DesiredState, ReportedState
from orders.fulfilment import settling
from orders.fulfilment.connection import recorded_adapter
from orders.fulfilment.settling import Finding
from orders.models import Command, database_now
from orders.states import CommandStatus


def decide(command: Command, report: Report, *, clock: Clock) -> None:
    """Settle a live command of the port's present intent by what is reported of it.

    Callers hold the locks of the port and the command, in that order.
    """
    head_end = log.Actor(log.ActorKind.HEAD_END, command.port.meter.head_end.code)
    at = clock()
    is_final = report.fault is None and report.state is not None
    if is_final and report.state == ReportedState(command.desired):
        settling.confirm(
            command,
            observed_at=report.observed_at or at,
            source=report.source,
            by=head_end,
            at=at,
        )
        if command.desired == DesiredState.CLOSED:
            _look_again_later(command, clock=clock)
        return
    finding = Finding(
        fault=report.fault or Fault.AMBIGUOUS,
        code=report.code,
        detail=report.detail or "The report does not match the command.",
    )
    waits_to_be_sent = command.status == CommandStatus.QUEUED
    if waits_to_be_sent and finding.fault not in settling.FINAL_FAULTS:
        return
    settling.dispose(command, finding, by=head_end, at=at)


def _look_again_later(command: Command, *, clock: Clock) -> None:
    """What was told is not always what is, and a port that stays open is the worst of
    it: a closing is read once more. An opening that is none is noticed by its customer.
    """
    adapter = recorded_adapter(command.port.meter.head_end, clock=clock)
    if adapter.capabilities().read_back:
        wait = timedelta(seconds=settings.READ_BACK_INTERVAL_SECONDS)
        command.port.read_back_by(database_now() + wait)
