"""What a report means for the command that it is about."""

from hanportal.audit import log
from meters.headend import Clock, Fault, Report
from meters.states import ReportedState
from orders.fulfilment import settling
from orders.fulfilment.settling import Finding
from orders.models import Command
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
