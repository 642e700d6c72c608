"""The front door of the register: deliveries of files, and batches of rows and events.

docs/register.md describes the files, docs/api.md the batches.
"""

from meters.register.deriving import derive_today
from meters.register.event_items import FIELDS
from meters.register.events import take_events
from meters.register.importing import (
    ImportRunning,
    TooManyRejected,
    import_register,
    rehearse_import,
)
from meters.register.items import MOST_ITEMS, ItemOutcome, ItemResult
from meters.register.locking import RegisterBusy
from meters.register.progress import Progress, Stage
from meters.register.reading import RegisterUnusable
from meters.register.releasing import ReleaseRefused, release_delivery
from meters.register.report import (
    Endings,
    FileCounts,
    ImportReport,
    Missing,
    Reason,
    Rehearsal,
    Rejection,
)
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
    "Missing",
    "Progress",
    "Reason",
    "RegisterBusy",
    "RegisterUnusable",
    "Rehearsal",
    "Rejection",
    "ReleaseRefused",
    "Stage",
    "TooManyRejected",
    "derive_today",
    "import_register",
    "rehearse_import",
    "release_delivery",
    "take_events",
    "take_rows",
]
