"""What follows from an answer about a restart; faults decide as they do for commands.

Callers hold the locks of the port and the restart, in that order.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.conf import settings

from hanportal.audit import log
from meters.headend import Fault, reads_back
from notifications.models import MessageKind
from orders import notices
from orders.fulfilment import settling
from orders.fulfilment.settling import Finding
from orders.models import Case, Order, PortRestart, database_now
from orders.states import CaseKind, CommandStatus

MOST_SENDS_IN_DOUBT = 3
"""A restart that may have been carried out is sent so often, and never blindly more."""


def accept(
    restart: PortRestart, *, hes_reference: str, by: log.Actor, at: datetime
) -> None:
    """The head-end has it; that the meter has carried it out is still to come."""
    restart.hes_reference = hes_reference or restart.hes_reference
    restart.fault = ""
    restart.not_before = database_now() + _result_wait(restart)
    restart.transition_to(CommandStatus.ACCEPTED, by=by, at=at)


def confirm(restart: PortRestart, *, by: log.Actor, at: datetime) -> None:
    """The meter has carried it out. Whether data come is nothing that anyone said."""
    restart.fault = ""
    restart.transition_to(CommandStatus.CONFIRMED, by=by, at=at)
    look_again(restart)
    notices.tell_restart(MessageKind.PORT_RESTARTED, restart, at=at)


def dispose(
    restart: PortRestart, finding: Finding, *, by: log.Actor, at: datetime
) -> None:
    """Do what this fault demands. An unknown fault is a programming error."""
    fault = finding.fault
    if fault is None:
        raise ValueError("A finding without a fault is accepted or confirmed instead.")
    restart.fault = fault
    restart.fault_detail = f"{finding.code} {finding.detail}".strip()[:300]
    _DISPOSITIONS[fault](restart, finding, by, at)


def expire(restart: PortRestart, *, by: log.Actor, at: datetime, reason: str) -> None:
    """No result has come of it: a human must look."""
    restart.transition_to(CommandStatus.EXPIRED, by=by, at=at, reason=reason)
    look_again(restart)
    _give_up(restart, f"The restart came to nothing: {reason}.", by=by, at=at)


def set_aside(
    restart: PortRestart, *, by: log.Actor, at: datetime, reason: str
) -> None:
    """Something newer decides, or nothing permits it any more."""
    restart.set_aside(by=by, at=at, reason=reason)
    if restart.status == CommandStatus.SUPERSEDED:
        look_again(restart)


def look_again(restart: PortRestart) -> None:
    """See how the port is by now, where the meter can be asked."""
    if reads_back(restart.port.meter.head_end):
        restart.port.read_back_by(database_now())


def _retry(restart: PortRestart, finding: Finding, by: log.Actor, at: datetime) -> None:
    _send_again_in(
        restart,
        settling.backoff(
            restart.attempts,
            first=settling.FIRST_RETRY,
            longest=settling.LONGEST_RETRY,
        ),
        finding,
        by=by,
        at=at,
    )


def _wait_for_meter(
    restart: PortRestart, finding: Finding, by: log.Actor, at: datetime
) -> None:
    delay = settling.backoff(
        restart.attempts - 1,
        first=settling.FIRST_RETRY_OF_SILENT_METER,
        longest=settling.LONGEST_RETRY_OF_SILENT_METER,
    )
    _send_again_in(restart, delay, finding, by=by, at=at)


def _delay(restart: PortRestart, finding: Finding, by: log.Actor, at: datetime) -> None:
    """The head-end is busy: the attempt is not spent."""
    restart.attempts -= 1
    delay = finding.retry_after or settling.BUSY_RETRY
    _send_again_in(restart, delay, finding, by=by, at=at)


def _park(restart: PortRestart, finding: Finding, by: log.Actor, at: datetime) -> None:
    """The head-end refuses us, not the meter."""
    restart.attempts -= 1
    _send_again_in(restart, settling.REFUSED_RETRY, finding, by=by, at=at)
    Case.open_at_head_end(
        CaseKind.HEAD_END_REFUSES_US,
        head_end=restart.port.meter.head_end,
        chain=restart.chain,
        detail=_account(finding),
        by=by,
        at=at,
    )


def _doubt(restart: PortRestart, finding: Finding, by: log.Actor, at: datetime) -> None:
    """It may have been carried out: its result is awaited before it is sent again."""
    restart.not_before = database_now() + _result_wait(restart)
    if restart.status != CommandStatus.AMBIGUOUS:
        restart.transition_to(
            CommandStatus.AMBIGUOUS, by=by, at=at, reason=_reason(finding)
        )
    else:
        restart.keep_waiting()


def _hold(restart: PortRestart, finding: Finding, by: log.Actor, at: datetime) -> None:
    """In progress at the head-end."""
    restart.not_before = database_now() + _result_wait(restart)
    if restart.status != CommandStatus.ACCEPTED:
        restart.transition_to(
            CommandStatus.ACCEPTED, by=by, at=at, reason=_reason(finding)
        )
    else:
        restart.keep_waiting()


def _reject(
    restart: PortRestart, finding: Finding, by: log.Actor, at: datetime
) -> None:
    restart.transition_to(CommandStatus.REJECTED, by=by, at=at, reason=_reason(finding))
    _give_up(restart, _account(finding), by=by, at=at)


def _bury(restart: PortRestart, finding: Finding, by: log.Actor, at: datetime) -> None:
    restart.transition_to(CommandStatus.DEAD, by=by, at=at, reason=_reason(finding))
    _give_up(restart, _account(finding), by=by, at=at)


_Disposition = Callable[[PortRestart, Finding, log.Actor, datetime], None]

_DISPOSITIONS: Mapping[Fault, _Disposition] = {
    Fault.NOT_DELIVERED: _retry,
    Fault.AMBIGUOUS: _doubt,
    Fault.THROTTLED: _delay,
    Fault.AUTH: _park,
    Fault.UNREACHABLE: _wait_for_meter,
    Fault.REJECTED: _reject,
    Fault.NOT_FINAL: _hold,
    Fault.CONTRACT: _bury,
}


def _send_again_in(
    restart: PortRestart,
    delay: timedelta,
    finding: Finding,
    *,
    by: log.Actor,
    at: datetime,
) -> None:
    restart.not_before = database_now() + delay
    if restart.status == CommandStatus.QUEUED:
        restart.keep_waiting()
        return
    restart.transition_to(CommandStatus.QUEUED, by=by, at=at, reason=_reason(finding))


def _give_up(restart: PortRestart, detail: str, *, by: log.Actor, at: datetime) -> None:
    """The port stays as it is; a human must find out why nothing comes of it."""
    Case.open_at_port(
        CaseKind.PORT_SILENT,
        port=restart.port,
        order=Order.objects.newest_under(restart.consent),
        chain=restart.chain,
        detail=detail,
        by=by,
        at=at,
    )
    notices.tell_restart(MessageKind.RESTART_FAILED, restart, at=at)


def _result_wait(restart: PortRestart) -> timedelta:
    seconds = restart.port.meter.head_end.result_wait_seconds
    return timedelta(seconds=max(seconds, settings.READ_BACK_INTERVAL_SECONDS))


def _reason(finding: Finding) -> str:
    return f"{finding.fault} {finding.code}".strip()


def _account(finding: Finding) -> str:
    return f"{finding.fault}: {finding.code} {finding.detail}".strip()
