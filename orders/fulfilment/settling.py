"""What follows from an answer or a report: the one place where faults decide.

Callers hold the locks of the port and the command, in that order.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings

from hanportal.audit import log
from meters.headend import Fault
from meters.models import HanPort
from meters.states import DesiredState, ReportedState, ReportSource
from notifications.models import MessageKind
from orders import consequences, intents, notices
from orders.deadlines import late_from
from orders.models import Case, Command, Order, database_now
from orders.states import (
    CaseKind,
    CommandStatus,
    ConsentEnd,
    FailureReason,
    OrderKind,
)

FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=15)
FIRST_RETRY_OF_SILENT_METER = timedelta(minutes=15)
LONGEST_RETRY_OF_SILENT_METER = timedelta(hours=6)
BUSY_RETRY = timedelta(seconds=30)
REFUSED_RETRY = timedelta(minutes=5)
REFUSED_BY_METER_RETRY = timedelta(minutes=15)
RESENDS_AFTER_READ_BACKS = 3
STALE_NEWS: Mapping[DesiredState, MessageKind] = {
    DesiredState.OPEN: MessageKind.PORT_CLOSED,
    DesiredState.CLOSED: MessageKind.PORT_OPEN,
}
"""What is no longer true once the meter has confirmed this."""
FINAL_FAULTS = frozenset({Fault.REJECTED, Fault.CONTRACT})

_jitter = random.SystemRandom()
_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What an answer, a report or a missing answer comes down to for one command."""

    fault: Fault | None
    code: str = ""
    detail: str = ""
    retry_after: timedelta | None = None


def accept(
    command: Command, *, hes_reference: str, by: log.Actor, at: datetime
) -> None:
    """The head-end has the command; the meter's own result is still to come."""
    if command.status == CommandStatus.ACCEPTED:
        return
    accept_together([command], {command.id: hes_reference}, by=by, at=at)


def accept_together(
    commands: Sequence[Command],
    hes_references: Mapping[UUID, str],
    *,
    by: log.Actor,
    at: datetime,
) -> None:
    """The head-end has these, and calls them so; none of them is accepted yet."""
    now = database_now()
    for command in commands:
        command.hes_reference = hes_references[command.id] or command.hes_reference
        command.fault = ""
        command.not_before = now + _result_wait(command)
    Command.objects.transition_together(commands, CommandStatus.ACCEPTED, by=by, at=at)
    for command in commands:
        if command.order is not None:
            command.order.acknowledged(by=by, at=at)


def confirm(
    command: Command,
    *,
    observed_at: datetime,
    source: ReportSource,
    by: log.Actor,
    at: datetime,
) -> None:
    """The meter has been seen in the state that the command asks for."""
    port, desired = command.port, DesiredState(command.desired)
    notices.take_back(STALE_NEWS[desired], port, at=at)
    events = consequences.waiting(port, chain=command.chain)
    confirm_together([command], {command.id: observed_at}, source=source, by=by, at=at)
    consequences.confirmed(events, desired, confirmed_at=observed_at, by=by, at=at)


def confirm_together(
    commands: Sequence[Command],
    observed: Mapping[UUID, datetime],
    *,
    source: ReportSource,
    by: log.Actor,
    at: datetime,
) -> None:
    """The meters have been seen, then and so, as these commands ask for.

    Whatever else waits for the meters' word is the caller's.
    """
    HanPort.objects.observe_together(
        [
            (command.port, ReportedState(command.desired), observed[command.id])
            for command in commands
        ],
        source=source,
    )
    for command in commands:
        command.fault = ""
    Command.objects.transition_together(
        commands, CommandStatus.CONFIRMED, by=by, at=at, reason=str(source)
    )
    for command in commands:
        observed_at, order = observed[command.id], command.order
        log.record(
            chain=command.chain,
            what=f"port.reported_{command.desired}",
            who=by,
            on=log.Subject("han_port", command.port_id),
            at=at,
            facts={
                "generation": command.generation,
                "observed_at": observed_at.isoformat(),
                "source": str(source),
            },
        )
        if order is not None and order.is_live:
            fulfil(order, confirmed_at=observed_at, by=by, at=at)


def fulfil(
    order: Order, *, confirmed_at: datetime, by: log.Actor, at: datetime
) -> None:
    """The meter is as the order wants it: it is done, and the customer hears so."""
    order.acknowledged(by=by, at=at)
    order.complete(confirmed_at=confirmed_at, by=by, at=at)
    opens = order.kind == OrderKind.OPEN
    news = MessageKind.PORT_OPEN if opens else MessageKind.PORT_CLOSED
    notices.tell(news, order, at=at)


def dispose(command: Command, finding: Finding, *, by: log.Actor, at: datetime) -> None:
    """Do what this fault demands. An unknown fault is a programming error."""
    fault = finding.fault
    if fault is None:
        raise ValueError("A finding without a fault is accepted or confirmed instead.")
    if fault != Fault.NOT_FINAL:
        _logger.warning(
            "command_fault",
            command_id=command.id,
            order_id=command.order_id,
            head_end=command.port.meter.head_end.code,
            fault=fault,
            fault_code=finding.code,
            attempt=command.attempts,
        )
    command.fault = fault
    command.fault_detail = f"{finding.code} {finding.detail}".strip()[:300]
    _DISPOSITIONS[fault](command, finding, by, at)


def expire(command: Command, *, by: log.Actor, at: datetime) -> None:
    """The deadline has passed without a final result: give the opening up."""
    command.transition_to(CommandStatus.EXPIRED, by=by, at=at, reason="deadline")
    _give_up(
        command,
        CaseKind.COMMAND_EXPIRED,
        Finding(fault=Fault.UNREACHABLE, detail="Not confirmed before the deadline."),
        by=by,
        at=at,
    )


def alarm_if_late(command: Command, *, by: log.Actor, at: datetime) -> None:
    """A closing never expires, but from its due date on people see that it is late."""
    order = command.order
    if order is None or not order.is_live or at < late_from(order.due_date):
        return
    Case.open_for_port(
        CaseKind.COMMAND_EXPIRED,
        command=command,
        detail="The port is not closed yet, and the promised date has passed.",
        by=by,
        at=at,
    )


def withdraw(command: Command, *, by: log.Actor, at: datetime) -> None:
    """What permitted the opening is gone: never send it; the port shall be closed."""
    order = command.order
    if order is not None and order.is_live:
        _fail_order(order, FailureReason.NOT_PERMITTED, by=by, at=at)
    intents.abandon(command.port, chain=command.chain, by=by, at=at)


def await_register(command: Command) -> None:
    """The register has changed under an opening: `follow_register` will say how.

    It is not sent until then; a consent is not ended by a worker that sends.
    """
    command.not_before = database_now() + timedelta(
        seconds=settings.READ_BACK_INTERVAL_SECONDS
    )
    command.keep_waiting()


def backoff(attempts: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Full jitter: anything up to the doubled delay, but at least a tenth of it."""
    ceiling = min(longest, first * 2 ** min(attempts, 16))
    share: float = _jitter.uniform(0.1, 1.0)
    delay: timedelta = ceiling * share
    return delay


def _retry(command: Command, finding: Finding, by: log.Actor, at: datetime) -> None:
    command.not_before = database_now() + backoff(
        command.attempts, first=FIRST_RETRY, longest=LONGEST_RETRY
    )
    command.transition_to(CommandStatus.QUEUED, by=by, at=at, reason=_reason(finding))


def _wait_for_silent_meter(
    command: Command, finding: Finding, by: log.Actor, at: datetime
) -> None:
    command.not_before = database_now() + backoff(
        command.attempts - 1,
        first=FIRST_RETRY_OF_SILENT_METER,
        longest=LONGEST_RETRY_OF_SILENT_METER,
    )
    command.transition_to(CommandStatus.QUEUED, by=by, at=at, reason=_reason(finding))


def _delay(command: Command, finding: Finding, by: log.Actor, at: datetime) -> None:
    """The head-end is busy: the attempt is not spent."""
    command.attempts -= 1
    command.not_before = database_now() + (finding.retry_after or BUSY_RETRY)
    command.transition_to(CommandStatus.QUEUED, by=by, at=at, reason=_reason(finding))


def _park(command: Command, finding: Finding, by: log.Actor, at: datetime) -> None:
    """The head-end refuses us, not the meter: people are told, nothing dies."""
    command.attempts -= 1
    command.not_before = database_now() + REFUSED_RETRY
    command.transition_to(CommandStatus.QUEUED, by=by, at=at, reason=_reason(finding))
    Case.open_for_head_end(
        CaseKind.HEAD_END_REFUSES_US,
        command=command,
        detail=_account(finding),
        by=by,
        at=at,
    )


def _doubt(command: Command, finding: Finding, by: log.Actor, at: datetime) -> None:
    """It may have been executed: read back before anything is sent again."""
    command.not_before = database_now() + timedelta(
        seconds=settings.READ_BACK_INTERVAL_SECONDS
    )
    if command.status != CommandStatus.AMBIGUOUS:
        command.transition_to(
            CommandStatus.AMBIGUOUS, by=by, at=at, reason=_reason(finding)
        )
    else:
        command.keep_waiting()


def _hold(command: Command, finding: Finding, by: log.Actor, at: datetime) -> None:
    """In progress at the head-end: that is an acknowledgement, not a result."""
    command.not_before = database_now() + _result_wait(command)
    if command.status != CommandStatus.ACCEPTED:
        command.transition_to(
            CommandStatus.ACCEPTED, by=by, at=at, reason=_reason(finding)
        )
    else:
        command.keep_waiting()
    if command.order is not None:
        command.order.acknowledged(by=by, at=at)


def _reject(command: Command, finding: Finding, by: log.Actor, at: datetime) -> None:
    command.transition_to(CommandStatus.REJECTED, by=by, at=at, reason=_reason(finding))
    _give_up(command, CaseKind.COMMAND_REJECTED, finding, by=by, at=at)


def _bury(command: Command, finding: Finding, by: log.Actor, at: datetime) -> None:
    command.transition_to(CommandStatus.DEAD, by=by, at=at, reason=_reason(finding))
    _give_up(command, CaseKind.COMMAND_DEAD, finding, by=by, at=at)


_Disposition = Callable[[Command, Finding, log.Actor, datetime], None]

_DISPOSITIONS: Mapping[Fault, _Disposition] = {
    Fault.NOT_DELIVERED: _retry,
    Fault.AMBIGUOUS: _doubt,
    Fault.THROTTLED: _delay,
    Fault.AUTH: _park,
    Fault.UNREACHABLE: _wait_for_silent_meter,
    Fault.REJECTED: _reject,
    Fault.NOT_FINAL: _hold,
    Fault.CONTRACT: _bury,
}


_FAILURE_REASONS: Mapping[CaseKind, FailureReason] = {
    CaseKind.COMMAND_REJECTED: FailureReason.METER_REFUSED,
    CaseKind.COMMAND_EXPIRED: FailureReason.NO_CONFIRMATION,
    CaseKind.COMMAND_DEAD: FailureReason.TECHNICAL,
}


def _give_up(
    command: Command, kind: CaseKind, finding: Finding, *, by: log.Actor, at: datetime
) -> None:
    """An order to open fails with a Case and ends its consent.

    A closing, and the reopening of a port that drifted, are tried again later.
    """
    Case.open_for_port(kind, command=command, detail=_account(finding), by=by, at=at)
    port, order = command.port, command.order
    opens = command.desired == DesiredState.OPEN
    if opens and order is not None and order.is_live:
        _fail_order(order, _FAILURE_REASONS[kind], by=by, at=at)
        intents.abandon(port, chain=command.chain, by=by, at=at)
        return
    port.read_back_by(database_now() + REFUSED_BY_METER_RETRY)


def _fail_order(
    order: Order, reason: FailureReason, *, by: log.Actor, at: datetime
) -> None:
    order.fail(reason, by=by, at=at)
    if order.consent is not None:
        order.consent.end(ConsentEnd.ORDER_FAILED, by=by, at=at)
    notices.tell(MessageKind.ORDER_FAILED, order, at=at, reason=reason.label)


def _result_wait(command: Command) -> timedelta:
    return timedelta(seconds=command.port.meter.head_end.result_wait_seconds)


def _reason(finding: Finding) -> str:
    """What the log keeps: our own word for the fault, and the head-end's code."""
    return f"{finding.fault} {finding.code}".strip()


def _account(finding: Finding) -> str:
    """What a human reads in a Case: also the head-end's own words."""
    return f"{finding.fault}: {finding.code} {finding.detail}".strip()
