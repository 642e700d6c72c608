"""How often somebody tried a password or a code in vain."""

from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from django.db import connection, models

_COUNT_ONE = """
INSERT INTO accounts_tries (key, failed, since) VALUES (%(key)s, 1, %(now)s)
ON CONFLICT (key) DO UPDATE SET
    failed = CASE WHEN accounts_tries.since <= %(begins)s THEN 1
                  ELSE accounts_tries.failed + 1 END,
    since = CASE WHEN accounts_tries.since <= %(begins)s THEN %(now)s
                 ELSE accounts_tries.since END
RETURNING failed, since
"""


class Counted(NamedTuple):
    """How many there were in this window, and how long it lasts yet."""

    made: int
    seconds_left: int


class TriesManager(models.Manager["Tries"]):
    """Counts in PostgreSQL, so that no cache that is down opens or shuts the door."""

    def count_one(self, key: str, *, window: timedelta, now: datetime) -> int:
        """Count a try before it is judged; how many there were in this window."""
        return self.count_request(key, window=window, now=now).made

    def count_request(self, key: str, *, window: timedelta, now: datetime) -> Counted:
        """Count one; how many there were in this window, and when the next begins.

        One statement, so that tries at the same moment are all counted.
        """
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_ONE, {"key": key, "now": now, "begins": now - window})
            made, since = cursor.fetchone()
        left = (since + window - now).total_seconds()
        return Counted(int(made), max(1, ceil(left)))

    def forget(self, *keys: str) -> None:
        """Start from nothing after a try that succeeded."""
        self.filter(key__in=keys).delete()

    def forget_before(self, moment: datetime) -> int:
        """Remove counts that no window holds any more; how many."""
        removed, _ = self.filter(since__lt=moment).delete()
        return removed


class Tries(models.Model):
    """The tries under one key since a moment. Keys are hashes: no name, no address."""

    key = models.CharField(max_length=64, primary_key=True)
    failed = models.PositiveIntegerField()
    since = models.DateTimeField()

    objects = TriesManager()

    def __str__(self) -> str:
        return f"{self.key[:8]}: {self.failed}"
