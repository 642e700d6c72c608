"""The fitters' work list: what is accepted at a head-end without wires.

A list can be written at any time and as often as anybody likes: it is what the
database says is to be done.
"""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from hanportal.audit import log
from meters.headend import (
    Clock,
    HandedIn,
    Refused,
    Report,
    WorkItem,
    WorkResult,
    read_results,
    reported,
    wish,
)
from meters.models import HeadEnd, Holding, Installation, MeteringPoint
from meters.states import DesiredState
from orders.deadlines import oslo_date
from orders.fulfilment.callbacks import apply_report
from orders.fulfilment.connection import port_command
from orders.models import Command
from orders.states import CommandStatus


class Task(NamedTuple):
    """What a line that comes back is about: our command, and the meter it names."""

    command_id: UUID
    serial: str


@transaction.atomic
def work_list(*, head_end: HeadEnd, by: log.Actor, now: datetime) -> list[WorkItem]:
    """What fitters shall do now, closings first; that somebody took it is written down.

    The list holds people's addresses, but for protected ones, and order references.
    """
    items = work_items(list(Command.objects.on_work_list(head_end)), now=now)
    log.record(
        chain=log.head_end_chain(head_end.id),
        what="head_end.work_list_taken",
        who=by,
        on=log.Subject("head_end", head_end.id),
        at=now,
        facts={"lines": len(items)},
    )
    return items


def hand_in(data: bytes, *, head_end: HeadEnd, by: log.Actor, clock: Clock) -> HandedIn:
    """Apply a list that was filled in; the same list twice is the same as once.

    Each line in a transaction of its own, so that what is applied stays applied.

    :raises ResultsUnreadable: the file is not such a list; nothing was applied.
    """
    handed_in = read_results(data, received_at=clock())
    return _applied(handed_in, head_end=head_end, by=by, clock=clock)


def hand_in_one(
    task: Task,
    result: WorkResult,
    *,
    observed_at: datetime,
    note: str,
    head_end: HeadEnd,
    by: log.Actor,
    clock: Clock,
) -> HandedIn:
    """Apply one result, by the road of a list with this one line filled in."""
    report = reported(
        result,
        command_id=task.command_id,
        serial=task.serial,
        observed_at=observed_at,
        note=note,
    )
    handed_in = HandedIn(reports=(report,), refused=())
    return _applied(handed_in, head_end=head_end, by=by, clock=clock)


def _applied(
    handed_in: HandedIn, *, head_end: HeadEnd, by: log.Actor, clock: Clock
) -> HandedIn:
    """What was applied, and what was not; that it came back is written down.

    Not where all of it had been said before.
    """
    unknown = []
    applied = []
    is_news = bool(handed_in.refused) or not handed_in.reports
    lines = handed_in.lines or (0,) * len(handed_in.reports)
    for report, line in zip(handed_in.reports, lines, strict=True):
        is_repeated = _is_known(report, head_end=head_end)
        if apply_report(report, head_end=head_end, clock=clock):
            applied.append(report)
        else:
            unknown.append(_unknown(report, line=line))
        is_news = is_news or not is_repeated
    if is_news:
        _record_handed_in(
            {
                "applied": len(applied),
                "refused": len(handed_in.refused),
                "unknown": len(unknown),
            },
            head_end=head_end,
            by=by,
            at=clock(),
        )
    refused = sorted((*handed_in.refused, *unknown), key=attrgetter("line"))
    return HandedIn(reports=tuple(applied), refused=tuple(refused))


def _unknown(report: Report, *, line: int) -> Refused:
    words = gettext("Ukjent oppdrag eller måler")
    return Refused(
        line=line, reason=f"{words}: {report.correlation_id} {report.serial}"
    )


def _is_known(report: Report, *, head_end: HeadEnd) -> bool:
    """This very result has settled its command, or sent it back to the list, before."""
    commands = Command.objects.filter(
        pk__in=[report.correlation_id],
        port__meter__head_end=head_end,
        port__meter__serial=report.serial,
    )
    if report.state is not None:
        commands = commands.filter(
            status=CommandStatus.CONFIRMED,
            desired=report.state,
            port__reported=report.state,
            port__reported_at=report.observed_at,
        )
    else:
        commands = commands.filter(
            status__in=[CommandStatus.QUEUED, CommandStatus.REJECTED],
            fault=report.fault,
            fault_detail=report.detail[:300],
        )
    return commands.exists()


@transaction.atomic
def _record_handed_in(
    facts: dict[str, log.Json], *, head_end: HeadEnd, by: log.Actor, at: datetime
) -> None:
    log.record(
        chain=log.head_end_chain(head_end.id),
        what="head_end.work_handed_in",
        who=by,
        on=log.Subject("head_end", head_end.id),
        at=at,
        facts=facts,
    )


def work_items(commands: Sequence[Command], *, now: datetime) -> list[WorkItem]:
    """The commands as a list says them, in their order; two queries."""
    today = oslo_date(now)
    sites = {
        site.meter_id: site.metering_point
        for site in Installation.objects.filter(
            meter__in=[command.port.meter_id for command in commands],
            starts_on__lte=today,
        )
        .exclude(ends_on__lte=today)
        .select_related("metering_point")
    }
    protected = set(
        Holding.objects.on(today)
        .filter(metering_point__in=sites.values(), customer__has_protected_address=True)
        .values_list("metering_point_id", flat=True)
    )
    return [
        _item(command, sites.get(command.port.meter_id), protected)
        for command in commands
    ]


def _item(
    command: Command, point: MeteringPoint | None, protected: set[UUID]
) -> WorkItem:
    meter = command.port.meter
    return WorkItem(
        command_id=str(command.id),
        reference=port_command(command).tracking_reference,
        serial=meter.serial,
        manufacturer=meter.manufacturer,
        model=meter.model,
        gsrn=point.gsrn if point else "",
        **_address(point, is_protected=point is not None and point.pk in protected),
        wish=wish(DesiredState(command.desired)),
    )


def _address(point: MeteringPoint | None, *, is_protected: bool) -> dict[str, str]:
    """Where to go. A protected address stands in no file: who drives out asks."""
    if point is None:
        return {"street_address": "", "postal_code": "", "city": ""}
    if is_protected:
        words = gettext("Adressesperre")
        return {"street_address": words, "postal_code": "", "city": ""}
    return {
        "street_address": point.street_address,
        "postal_code": point.postal_code,
        "city": point.city,
    }
