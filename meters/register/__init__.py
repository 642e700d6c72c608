"""The front door of the register's deliveries. docs/register.md describes the files."""

from meters.register.importing import (
    ImportRunning,
    Progress,
    Stage,
    TooManyRejected,
    import_register,
)
from meters.register.reading import RegisterUnusable
from meters.register.report import FileCounts, ImportReport, Reason, Rejection

__all__ = [
    "FileCounts",
    "ImportReport",
    "ImportRunning",
    "Progress",
    "Reason",
    "RegisterUnusable",
    "Rejection",
    "Stage",
    "TooManyRejected",
    "import_register",
]
