"""The front door of the register: deliveries of files, and batches of rows and events.

docs/register.md describes the files, docs/api.md the batches.
"""

from meters.register.deriving import derive_today
from meters.register.event_items import FIELDS
from meters.register.events import take_events
from meters.register.importing import (
    ImportRunning,
    Progress,
    Stage,
    TooManyRejected,
    import_register,
)
from meters.register.items import MOST_ITEMS, ItemOutcome, ItemResult
from meters.register.locking import RegisterBusy
from meters.register.reading import RegisterUnusable
from meters.register.releasing import ReleaseRefused, release_delivery
from meters.register.report import Endings, FileCounts, ImportReport, Reason, Rejection
from meters.register.rows import take_rows

__all__ = [
    "FIELDS",
    "MOST_ITEMS",
    "Endings",
    "FileCounts",
    "ImportReport",
    "ImportRunning",
    "ItemOutcome",
    "ItemResult",
    "Progress",
    "Reason",
    "RegisterBusy",
    "RegisterUnusable",
    "Rejection",
    "ReleaseRefused",
    "Stage",
    "TooManyRejected",
    "derive_today",
    "import_register",
    "release_delivery",
    "take_events",
    "take_rows",
]
