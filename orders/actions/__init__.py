"""What people do with orders: one verb per function, one transaction each.

Every verb locks the port first; the newest committed intent (its generation) decides.
"""

from orders.actions.cancelling import AlreadySent, NotCancellable, cancel_order
from orders.actions.casework import (
    AlreadyUnderWay,
    CaseSettled,
    NoReason,
    NothingIsSent,
    NothingToRetry,
    OrderStillWaits,
    PortStillOpen,
    RetryNotPermitted,
    VisitAlreadyAsked,
    close_case,
    retry_case,
    send_fitter,
)
from orders.actions.closing import (
    NothingToClose,
    place_closing,
    place_closing_for_caller,
)
from orders.actions.holding import (
    ModuleAlreadySent,
    NotHeld,
    give_up_opening,
    opened_by_fitter,
    send_module,
)
from orders.actions.locking import NoMeter, NotHolder
from orders.actions.opening import (
    Agreement,
    AlreadyOpen,
    ConsentIncomplete,
    IdentificationTooOld,
    MeterCannotOpen,
    SomeRefused,
    place_opening,
    place_opening_for_caller,
    place_openings,
)
from orders.actions.origin import (
    AlreadyOrdered,
    HolderDead,
    NotRepresented,
    NotVerified,
)
from orders.actions.releasing import ClosingReleaseRefused, release_closings
from orders.actions.representing import (
    register_representation,
    revoke_representation,
)

__all__ = [
    "Agreement",
    "AlreadyOpen",
    "AlreadyOrdered",
    "AlreadySent",
    "AlreadyUnderWay",
    "CaseSettled",
    "ClosingReleaseRefused",
    "ConsentIncomplete",
    "HolderDead",
    "IdentificationTooOld",
    "MeterCannotOpen",
    "ModuleAlreadySent",
    "NoMeter",
    "NoReason",
    "NotCancellable",
    "NotHeld",
    "NotHolder",
    "NotRepresented",
    "NotVerified",
    "NothingIsSent",
    "NothingToClose",
    "NothingToRetry",
    "OrderStillWaits",
    "PortStillOpen",
    "RetryNotPermitted",
    "SomeRefused",
    "VisitAlreadyAsked",
    "cancel_order",
    "close_case",
    "give_up_opening",
    "opened_by_fitter",
    "place_closing",
    "place_closing_for_caller",
    "place_opening",
    "place_opening_for_caller",
    "place_openings",
    "register_representation",
    "release_closings",
    "retry_case",
    "revoke_representation",
    "send_fitter",
    "send_module",
]
