"""Celery doorbells of the logins."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from hanportal.accounts.models import Tries

NO_WINDOW_IS_LONGER = timedelta(days=2)
"""Tries are counted over a day at most."""


@shared_task(name="accounts.forget_tries", ignore_result=True)
def forget_tries() -> None:
    """Remove counts that no window holds any more."""
    Tries.objects.forget_before(timezone.now() - NO_WINDOW_IS_LONGER)
