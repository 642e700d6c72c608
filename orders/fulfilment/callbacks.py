"""Works off the inbox: what head-ends told us, applied to commands and ports."""

from http import HTTPStatus
from itertools import chain
from uuid import UUID

from django.db import transaction

from hanportal.audit import log
from meters.headend import (
    CallbackRefused,
    Clock,
    Fault,
    HeadEndAdapter,
    RawCallback,
    Report,
)
from meters.models import HanPort, HeadEnd
from orders.fulfilment.connection import recorded_adapter
from orders.fulfilment.deciding import decide
from orders.fulfilment.locking import locked_command
from orders.fulfilment.plain import Word, settle_plain
from orders.fulfilment.restarts import hear_of_restart
from orders.models import Callback, CallbackQuerySet, Command, database_now
from orders.states import CallbackOutcome

INBOX = log.Actor(log.ActorKind.SYSTEM, "inbox")
BATCH = 100


def work_off_callbacks(*, clock: Clock) -> int:
    """Apply what waits in the inbox; says how many callbacks were worked off.

    A batch for each head-end: one whose callbacks can't be read now holds up no other.
    """
    worked_off = 0
    for head_end in HeadEnd.objects.order_by("code"):
        waiting = Callback.objects.waiting().filter(head_end=head_end)
        worked_off += _work_off_plain(waiting, head_end=head_end, clock=clock)
        for callback_id in list(waiting.values_list("id", flat=True)[:BATCH]):
            worked_off += _work_off(callback_id, clock=clock)
    return worked_off


def apply_report(report: Report, *, head_end: HeadEnd, clock: Clock) -> bool:
    """Apply one report; twice is the same as once. False: no command of ours.

    A report about an older intent decides nothing: the meter is read back instead.
    """
    if report.correlation_id is None and report.hes_reference:
        return _ring_for(report, head_end=head_end)
    if report.correlation_id is None:
        return _look_at(report, head_end=head_end, clock=clock)
    port_id = (
        Command.objects.filter(
            pk=report.correlation_id,
            port__meter__head_end=head_end,
            port__meter__serial=report.serial,
        )
        .values_list("port_id", flat=True)
        .first()
    )
    if port_id is None:
        if hear_of_restart(report, head_end=head_end, clock=clock):
            return True
        return _look_at(report, head_end=head_end, clock=clock)
    with transaction.atomic():
        command = locked_command(port_id=port_id, command_id=report.correlation_id)
        if command.is_live and command.generation == command.port.generation:
            decide(command, report, clock=clock)
        elif report.fault != Fault.NOT_FINAL:
            _reconsider(command, report)
            _take_at_its_word(command.port, report, clock=clock)
    return True


def _ring_for(report: Report, *, head_end: HeadEnd) -> bool:
    """A doorbell: ask for the result now. It says nothing of the port itself."""
    rung = (
        Command.objects.live()
        .filter(
            port__meter__head_end=head_end,
            port__meter__serial=report.serial,
            hes_reference=report.hes_reference,
        )
        .update(not_before=database_now())
    )
    return rung > 0


def _look_at(report: Report, *, head_end: HeadEnd, clock: Clock) -> bool:
    """Nobody asked for this: believe the meter only after reading it back."""
    with transaction.atomic():
        ports = HanPort.objects.filter(
            meter__head_end=head_end, meter__serial=report.serial, generation__gt=0
        ).select_related("meter__head_end")
        for port in ports.locked():
            _take_at_its_word(port, report, clock=clock)
            port.read_back_by(database_now())
    return False


def _take_at_its_word(port: HanPort, report: Report, *, clock: Clock) -> None:
    """Where a meter can't be read back, what it tells against our wish is believed."""
    if report.state is None or report.observed_at is None:
        return
    if report.state == port.desired:
        return
    adapter = recorded_adapter(port.meter.head_end, clock=clock)
    if not adapter.capabilities().read_back:
        port.observe(report.state, at=report.observed_at, source=report.source)


def _work_off_plain(
    waiting: CallbackQuerySet, *, head_end: HeadEnd, clock: Clock
) -> int:
    """Settle together the callbacks that tell nothing but plain results.

    What another worker has in its hands is left to it.
    """
    adapter = recorded_adapter(head_end, clock=clock)
    with transaction.atomic():
        batch = {
            callback: _reports(callback, adapter)
            for callback in waiting.select_for_update(skip_locked=True)[:BATCH]
        }
        words: dict[UUID, Word] = {}
        for report in chain.from_iterable(batch.values()):
            if report.correlation_id is not None:
                # What is said first of a command comes first.
                words.setdefault(report.correlation_id, Word(report=report))
        settled = settle_plain(
            words,
            head_end=head_end,
            reads_back=adapter.capabilities().read_back,
            by=INBOX,
            clock=clock,
        )
        heard = {id(words[command_id].report) for command_id in settled}
        plain = [
            callback
            for callback, reports in batch.items()
            if reports and all(id(report) in heard for report in reports)
        ]
        Callback.objects.worked_off(plain, CallbackOutcome.APPLIED, at=clock())
    return len(plain)


def _work_off(callback_id: UUID, *, clock: Clock) -> bool:
    """Each report in a transaction of its own: two workers at once do no harm."""
    callback = (
        Callback.objects.waiting()
        .select_related("head_end")
        .filter(pk=callback_id)
        .first()
    )
    if callback is None:
        return False
    outcome = _apply(callback, clock=clock)
    if outcome is None:
        return False
    callback.worked_off(outcome, at=clock())
    return True


def _apply(callback: Callback, *, clock: Clock) -> CallbackOutcome | None:
    """None while it can't be read for our own sake: it stays in the inbox."""
    head_end = callback.head_end
    adapter = recorded_adapter(head_end, clock=clock)
    try:
        batch = adapter.parse_callback(_as_it_came(callback))
    except CallbackRefused as refusal:
        if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return None
        return CallbackOutcome.UNREADABLE
    known = [
        apply_report(report, head_end=head_end, clock=clock) for report in batch.reports
    ]
    return CallbackOutcome.APPLIED if any(known) else CallbackOutcome.ORPHANED


def _reports(callback: Callback, adapter: HeadEndAdapter) -> tuple[Report, ...]:
    """What it tells; nothing where it can't be read."""
    try:
        return adapter.parse_callback(_as_it_came(callback)).reports
    except CallbackRefused:
        return ()


def _as_it_came(callback: Callback) -> RawCallback:
    return RawCallback(
        body=bytes(callback.body),
        headers=callback.headers,
        received_at=callback.received_at,
    )


def _reconsider(command: Command, report: Report) -> None:
    """News of what decides nothing any more: has the port changed after all?

    Only the meter's own word on the one attempt there was ends the doubt about it.
    """
    port = command.port
    if not command.is_outcome_unknown and report.state in (None, port.reported):
        return
    is_final = report.fault is None and report.state is not None
    if command.is_outcome_unknown and is_final and command.attempts == 1:
        command.resolve_doubt()
    port.read_back_by(database_now())
