"""What people do with orders: one verb per function, one transaction each.

Every verb locks the port first; the newest committed intent (its generation) decides.
"""

from orders.actions.cancelling import AlreadySent, NotCancellable, cancel_order
from orders.actions.closing import (
    NothingToClose,
    place_closing,
    place_closing_for_caller,
)
from orders.actions.locking import NoMeter, NotHolder
from orders.actions.opening import (
    Agreement,
    AlreadyOpen,
    ConsentIncomplete,
    IdentificationTooOld,
    MeterCannotOpen,
    place_opening,
    place_opening_for_caller,
)
from orders.actions.origin import AlreadyOrdered, NotVerified
from orders.actions.releasing import ClosingReleaseRefused, release_closings

__all__ = [
    "Agreement",
    "AlreadyOpen",
    "AlreadyOrdered",
    "AlreadySent",
    "ClosingReleaseRefused",
    "ConsentIncomplete",
    "IdentificationTooOld",
    "MeterCannotOpen",
    "NoMeter",
    "NotCancellable",
    "NotHolder",
    "NotVerified",
    "NothingToClose",
    "cancel_order",
    "place_closing",
    "place_closing_for_caller",
    "place_opening",
    "place_opening_for_caller",
    "release_closings",
]
