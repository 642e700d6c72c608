"""What monitoring itself must remember: when each sweep last came to its end."""

from django.db import models
from django.db.models.functions import Now


class SweepRunQuerySet(models.QuerySet["SweepRun"]):
    """Named reads of sweeps, and the one way to write them."""

    def succeeded(self, name: str) -> None:
        """A sweep has come to its end, by the database's clock."""
        self.bulk_create(
            [SweepRun(name=name, last_succeeded_at=Now())],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["last_succeeded_at"],
        )


class SweepRun(models.Model):
    """The last success of one periodic task; a row for each name in the schedule."""

    name = models.CharField(max_length=80, primary_key=True)
    last_succeeded_at = models.DateTimeField()

    objects = SweepRunQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
