"""Settles what is plain in one transaction, however much of it there is.

Most of what head-ends say is plain: taken, or done as wanted, of a command that is
still asked for, at a port where nothing else waits for the meter's word. The rest, and
what somebody else holds at this moment, is left to whoever settles one at a time.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from hanportal.audit import log
from meters.headend import Clock, Report
from meters.models import HanPort, HeadEnd
from meters.states import DesiredState, ReportedState, ReportSource
from orders import notices
from orders.fulfilment import settling
from orders.models import Command, LifeEvent, Order, database_now
from orders.states import UNSETTLED_COMMAND_STATUSES, CommandStatus


@dataclass(frozen=True, kw_only=True)
class Word:
    """What a head-end says of one command."""

    report: Report | None
    """None where it has only taken the command."""
    hes_reference: str = ""
    fence: int | None = None
    """The claim that is answered; None for what comes of its own accord."""


def settle_plain(
    words: Mapping[UUID, Word],
    *,
    head_end: HeadEnd,
    reads_back: bool,
    by: log.Actor,
    clock: Clock,
) -> set[UUID]:
    """Settle what is plain of what one head-end says of commands; gives their ids.

    :param by: who takes note that a command was taken; a result is the head-end's.
    """
    if not words:
        return set()
    at = clock()
    with transaction.atomic(), log.together():
        commands = _locked(words, head_end=head_end)
        taken = [each for each in commands if _is_taken(each, words[each.id])]
        done = _without_company(
            [each for each in commands if _is_done(each, words[each.id])]
        )
        _attach_orders([*taken, *done])
        references = {each.id: words[each.id].hes_reference for each in taken}
        settling.accept_together(taken, references, by=by, at=at)
        _confirm(done, words, head_end=head_end, reads_back=reads_back, at=at)
    return {command.id for command in [*taken, *done]}


def _locked(words: Mapping[UUID, Word], *, head_end: HeadEnd) -> list[Command]:
    """Those that nobody else holds, with their ports, in the order of their ids."""
    known = Command.objects.filter(
        pk__in=list(words),
        port__meter__head_end=head_end,
        status__in=UNSETTLED_COMMAND_STATUSES,
    )
    commands = []
    for command in known.order_by("id").claimed():
        word = words[command.id]
        command.port.meter.head_end = head_end
        if word.report is not None and word.report.serial != command.port.meter.serial:
            continue
        if command.generation == command.port.generation:
            commands.append(command)
    return commands


def _answers_claim(command: Command, word: Word) -> bool:
    is_sending = command.status == CommandStatus.SENDING
    return word.fence is None or (is_sending and command.fence == word.fence)


def _is_taken(command: Command, word: Word) -> bool:
    return (
        word.report is None
        and command.status == CommandStatus.SENDING
        and _answers_claim(command, word)
    )


def _is_done(command: Command, word: Word) -> bool:
    report = word.report
    return (
        report is not None
        and report.fault is None
        and report.state == ReportedState(command.desired)
        and _answers_claim(command, word)
    )


def _without_company(commands: list[Command]) -> list[Command]:
    """Without those whose port a life event waits at, or has unsent news to take back.

    Whoever adds either locks the port first, so what is found stays true.
    """
    ports = [command.port for command in commands]
    busy = LifeEvent.objects.ports_waited_at(ports)
    for state in DesiredState:
        wanted = [each.port for each in commands if each.desired == state]
        busy |= notices.ports_with_unsent(settling.STALE_NEWS[state], wanted)
    return [command for command in commands if command.port_id not in busy]


def _attach_orders(commands: list[Command]) -> None:
    """Read the orders anew: what was read with the locks may be older than these."""
    ids = [each.order_id for each in commands if each.order_id is not None]
    orders = Order.objects.to_be_told().in_bulk(ids) if ids else {}
    for command in commands:
        if command.order_id is not None:
            command.order = orders[command.order_id]
            command.order.port = command.port


def _confirm(
    commands: list[Command],
    words: Mapping[UUID, Word],
    *,
    head_end: HeadEnd,
    reads_back: bool,
    at: datetime,
) -> None:
    by = log.Actor(log.ActorKind.HEAD_END, head_end.code)
    alike: dict[ReportSource, list[Command]] = defaultdict(list)
    observed: dict[UUID, datetime] = {}
    for command in commands:
        word = words[command.id]
        if word.report is None:
            continue
        command.hes_reference = word.hes_reference or command.hes_reference
        observed[command.id] = word.report.observed_at or at
        alike[word.report.source].append(command)
    for source, group in alike.items():
        settling.confirm_together(group, observed, source=source, by=by, at=at)
    if reads_back:
        wait = timedelta(seconds=settings.READ_BACK_INTERVAL_SECONDS)
        closed = [c.port_id for c in commands if c.desired == DesiredState.CLOSED]
        HanPort.objects.filter(pk__in=closed).ask_for_read_back(
            at=database_now() + wait
        )
