"""Celery doorbells of the register."""

from celery import shared_task
from django.utils import timezone

from meters.register import derive_today


@shared_task(name="meters.derive_due", ignore_result=True)
def derive_due() -> None:
    """Dates have come on which points become active, or cease to be."""
    derive_today(now=timezone.now())
