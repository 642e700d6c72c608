"""Doorbells. PostgreSQL is the queue of record; these only wake the senders."""

from celery import shared_task
from django.utils import timezone

from notifications.delivery import deliver_due
from notifications.staff_mail import deliver_staff_notices


@shared_task(name="notifications.deliver_messages")
def deliver_messages() -> None:
    """Send what is due; ring again when a whole batch was taken."""
    if deliver_due(clock=timezone.now).has_more:
        deliver_messages.delay()


@shared_task(name="notifications.deliver_to_staff")
def deliver_to_staff() -> None:
    """Send what staff are told about their own login."""
    deliver_staff_notices(clock=timezone.now)
