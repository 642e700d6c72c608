"""The front door of the register's deliveries. docs/register.md describes the files."""

from meters.register.importing import (
    ImportRunning,
    Progress,
    Stage,
    TooManyRejected,
    import_register,
)
from meters.register.reading import RegisterUnusable
from meters.register.releasing import ReleaseRefused, release_delivery
from meters.register.report import Endings, FileCounts, ImportReport, Reason, Rejection

__all__ = [
    "Endings",
    "FileCounts",
    "ImportReport",
    "ImportRunning",
    "Progress",
    "Reason",
    "RegisterUnusable",
    "Rejection",
    "ReleaseRefused",
    "Stage",
    "TooManyRejected",
    "import_register",
    "release_delivery",
]
