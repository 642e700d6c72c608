"""The fitters' work list, for those who hand it out and take it in."""

from datetime import datetime

from hanportal.audit import log
from meters.headend import Clock, HandedIn, WorkResult
from meters.models import HeadEnd
from notifications import outbox
from orders import fulfilment
from orders.fulfilment import Task, work_items, work_list

__all__ = ["Task", "hand_in", "hand_in_one", "work_items", "work_list"]


def hand_in(data: bytes, *, head_end: HeadEnd, by: log.Actor, clock: Clock) -> HandedIn:
    """Apply a list that was filled in, and have told what follows from it.

    :raises meters.headend.ResultsUnreadable: it is no such list; nothing was applied.
    """
    handed_in = fulfilment.hand_in(data, head_end=head_end, by=by, clock=clock)
    outbox.ring()
    return handed_in


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
    """Apply the result of one task, and have told what follows from it."""
    handed_in = fulfilment.hand_in_one(
        task,
        result,
        observed_at=observed_at,
        note=note,
        head_end=head_end,
        by=by,
        clock=clock,
    )
    outbox.ring()
    return handed_in
