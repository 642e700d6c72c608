"""What fitters have been given to do where no head-end reaches, a page at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import Http404

from meters.headend import WorkItem
from meters.models import HeadEnd
from meters.states import DesiredState
from orders.actions import fitting
from orders.models import Command

PAGE_SIZE = 25


class WorkRow(NamedTuple):
    """One task: the command, and where to go."""

    command: Command
    item: WorkItem

    @property
    def will_close(self) -> bool:
        """What is to be done; otherwise the port is to be opened."""
        return self.command.desired == DesiredState.CLOSED


@dataclass(frozen=True, kw_only=True)
class WorkPage:
    """One page of a head-end's list, and the address of the next."""

    head_ends: tuple[HeadEnd, ...]
    head_end: HeadEnd | None
    """None where no head-end is manual."""
    rows: tuple[WorkRow, ...] = ()
    following: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, kw_only=True)
class TaskPage:
    """One task, and whether it is still to be done."""

    row: WorkRow
    head_end: HeadEnd
    is_on_list: bool


def work_page(code: str, *, after: str, now: datetime) -> WorkPage:
    """A head-end's tasks after a place in its list; the first's unless told.

    :raises Http404: the place or the head-end is nothing that we gave out.
    """
    manual = HeadEnd.objects.filter(profile=HeadEnd.Profile.MANUAL)
    head_ends = tuple(manual.by_name())
    chosen = [each for each in head_ends if code in {"", each.code}]
    if code and not chosen:
        raise Http404
    if not chosen:
        return WorkPage(head_ends=(), head_end=None)
    commands = Command.objects.on_work_list(chosen[0])
    if after:
        commands = commands.filter(_beyond(after))
    found = list(commands[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    following = ""
    if len(found) > PAGE_SIZE:
        place = {"frontsystem": chosen[0].code, "etter": _place_of(shown[-1])}
        following = f"?{urlencode(place)}"
    items = fitting.work_items(shown, now=now)
    return WorkPage(
        head_ends=head_ends,
        head_end=chosen[0],
        rows=tuple(map(WorkRow, shown, items)),
        following=following,
    )


def task_page(command_id: UUID, *, now: datetime) -> TaskPage:
    """One task, also when it has been done since.

    :raises Http404: there is no such command at a manual head-end.
    """
    command = (
        Command.objects.filter(
            pk=command_id, port__meter__head_end__profile=HeadEnd.Profile.MANUAL
        )
        .select_related("port__meter__head_end", "order__placement")
        .first()
    )
    if command is None:
        raise Http404
    head_end = command.port.meter.head_end
    (item,) = fitting.work_items([command], now=now)
    return TaskPage(
        row=WorkRow(command, item),
        head_end=head_end,
        is_on_list=Command.objects.on_work_list(head_end)
        .filter(pk=command_id)
        .exists(),
    )


def manual_head_end(head_end_id: UUID) -> HeadEnd:
    """The head-end whose list it is.

    :raises Http404: there is none with this id, or it has no list.
    """
    manual = HeadEnd.objects.filter(profile=HeadEnd.Profile.MANUAL)
    found = manual.filter(pk=head_end_id).first()
    if found is None:
        raise Http404
    return found


def _place_of(command: Command) -> str:
    return f"{command.desired}~{command.queued_at.isoformat()}~{command.id}"


def _beyond(place: str) -> Q:
    try:
        wanted, at, last = place.split("~")
        desired, moment, last_id = (
            DesiredState(wanted),
            datetime.fromisoformat(at),
            UUID(last),
        )
    except ValueError as error:
        raise Http404 from error
    if moment.tzinfo is None:
        raise Http404
    later = Q(queued_at__gt=moment) | Q(queued_at=moment, id__gt=last_id)
    return Q(desired__gt=desired) | Q(desired=desired) & later
