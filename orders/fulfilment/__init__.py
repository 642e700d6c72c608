"""What workers do with commands: claim, call outside, settle. Every step may run twice.

PostgreSQL holds the queue; a worker that dies leaves a lease that runs out.
"""

from orders.fulfilment.callbacks import work_off_callbacks
from orders.fulfilment.dispatch import (
    dispatch,
    give_up_overdue,
    recover_expired_leases,
)
from orders.fulfilment.follow_up import follow_up, read_back
from orders.fulfilment.restarts import look_after_restarts, restart_ports
from orders.fulfilment.work_list import (
    Task,
    hand_in,
    hand_in_one,
    work_items,
    work_list,
)

__all__ = [
    "Task",
    "dispatch",
    "follow_up",
    "give_up_overdue",
    "hand_in",
    "hand_in_one",
    "look_after_restarts",
    "read_back",
    "recover_expired_leases",
    "restart_ports",
    "work_items",
    "work_list",
    "work_off_callbacks",
]
