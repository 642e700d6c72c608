"""What runs by itself: ports against their intents, and intents against the register.

`reconcile_ports` closes the difference between what a port shall be and what it is.
`read_in_turn` reads what nobody doubts, night by night.
`close_what_is_over` settles the cases that are no longer about anything.
`follow_register` finds what the register says by now, and changes what ports shall be.
`forget_exchanges` deletes what was said to head-ends when it has been kept long enough.
"""

from orders.reconciliation.cases import close_if_over, close_what_is_over
from orders.reconciliation.endings import make_room_for_holder
from orders.reconciliation.holds import fulfil_as_opened
from orders.reconciliation.nightly import read_in_turn
from orders.reconciliation.ports import reconcile_ports
from orders.reconciliation.register import follow_register
from orders.reconciliation.retention import forget_exchanges

__all__ = [
    "close_if_over",
    "close_what_is_over",
    "follow_register",
    "forget_exchanges",
    "fulfil_as_opened",
    "make_room_for_holder",
    "read_in_turn",
    "reconcile_ports",
]
