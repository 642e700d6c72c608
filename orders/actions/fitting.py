"""The fitters' work list, for those who hand it out and take it in."""

from orders.fulfilment import (
    Task,
    WorkResult,
    hand_in,
    hand_in_one,
    work_items,
    work_list,
)

__all__ = [
    "Task",
    "WorkResult",
    "hand_in",
    "hand_in_one",
    "work_items",
    "work_list",
]
