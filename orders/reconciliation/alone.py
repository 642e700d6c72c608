"""One sweep of a kind at a time, however many beats there are."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def alone(lock: int) -> Iterator[bool]:
    """True for the one sweep that runs; a second one finds the door closed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock])
        (is_alone,) = cursor.fetchone()
        try:
            yield bool(is_alone)
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [lock])
