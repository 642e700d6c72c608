"""One writer of the register at a time: an import, or a batch of the machine interface.

Two batches about the same points can then neither deadlock nor see half of one
another, and the ones that wait are done in some order, which the result does not
depend on.
"""

from django.db import DatabaseError, OperationalError
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

WRITERS_LOCK = (2_048_271, 2)
"""Held by the one transaction that writes to the register."""

WAIT = "10s"
LOCK_NOT_AVAILABLE = "55P03"


class RegisterBusy(Exception):  # noqa: N818 -- the outcome's name
    """An import holds the register. Nothing was changed; try again in a while."""


def lock_writers(cursor: CursorWrapper) -> None:
    """Be the one who writes, until the transaction ends; wait as long as it takes."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", WRITERS_LOCK)


def lock_for_batch(cursor: CursorWrapper) -> None:
    """Be the one who writes, until the transaction ends; don't wait for an import.

    :raises RegisterBusy: somebody held it for longer than a batch takes.
    """
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
    try:
        lock_writers(cursor)
    except OperationalError as error:
        if _code(error) != LOCK_NOT_AVAILABLE:
            raise
        raise RegisterBusy(
            _("Registeret er opptatt med en import. Prøv igjen om litt.")
        ) from error
    cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    # Foreign keys are checked with each statement instead of queued for the end.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SELECT set_config('jit', 'off', true)")


def _code(error: DatabaseError) -> str:
    return str(getattr(error.__cause__, "pgcode", ""))
