"""Until when an opening is tried."""

from datetime import datetime

from orders.deadlines import due_date, late_from
from orders.models import Command


def has_expired(command: Command, *, now: datetime) -> bool:
    """Whether an opening is to be given up.

    One that waited while its head-end was only observed has the days of an order that
    was placed when it began to act: nobody who ordered meanwhile must order again.
    """
    if command.expires_at is None or command.expires_at > now:
        return False
    head_end = command.port.meter.head_end
    if head_end.is_observing and command.claimed_at is None:
        return False
    since = head_end.mode_since
    if since is None or command.queued_at >= since:
        return True
    return late_from(due_date(since)) <= now
