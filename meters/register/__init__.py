"""The front door of the register's deliveries. docs/register.md describes the files."""

from meters.register.importing import (
    ImportRunning,
    TooManyRejected,
    import_register,
    rehearse_import,
)
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

__all__ = [
    "Endings",
    "FileCounts",
    "ImportReport",
    "ImportRunning",
    "Missing",
    "Progress",
    "Reason",
    "RegisterUnusable",
    "Rehearsal",
    "Rejection",
    "ReleaseRefused",
    "Stage",
    "TooManyRejected",
    "import_register",
    "rehearse_import",
    "release_delivery",
]
