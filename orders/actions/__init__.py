"""What people do with orders: one verb per function, one transaction each.

Every verb locks the port first; the newest committed intent (its generation) decides.
"""

from orders.actions.cancelling import AlreadySent, NotCancellable, cancel_order
from orders.actions.casework import (
    RETRIED_AT_ONCE,
    AlreadyUnderWay,
    CaseSettled,
    NoReason,
    NothingIsSent,
    NothingToRetry,
    PortStillOpen,
    Retried,
    RetryNotPermitted,
    VisitAlreadyAsked,
    close_case,
    retry_case,
    retry_cases,
    send_fitter,
)
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
from orders.actions.silence import (
    AGAIN_AFTER,
    NoRemedy,
    NotTriedYet,
    PortNotOpen,
    SilenceVerb,
    TriedLately,
    last_tried,
    remedy_at,
    report_silence,
    restart_for_case,
    tried_at,
    try_remedy,
)

__all__ = [
    "AGAIN_AFTER",
    "RETRIED_AT_ONCE",
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
    "NoMeter",
    "NoReason",
    "NoRemedy",
    "NotCancellable",
    "NotHolder",
    "NotRepresented",
    "NotTriedYet",
    "NotVerified",
    "NothingIsSent",
    "NothingToClose",
    "NothingToRetry",
    "PortNotOpen",
    "PortStillOpen",
    "Retried",
    "RetryNotPermitted",
    "SilenceVerb",
    "SomeRefused",
    "TriedLately",
    "VisitAlreadyAsked",
    "cancel_order",
    "close_case",
    "last_tried",
    "place_closing",
    "place_closing_for_caller",
    "place_opening",
    "place_opening_for_caller",
    "place_openings",
    "register_representation",
    "release_closings",
    "remedy_at",
    "report_silence",
    "restart_for_case",
    "retry_case",
    "retry_cases",
    "revoke_representation",
    "send_fitter",
    "tried_at",
    "try_remedy",
]
