"""Letters to staff about their own login: claimed, handed over, settled.

As with letters to customers every step may run twice, and the fence in the row decides
whose settling counts. The words are made at the last moment: some carry a code.
"""

from datetime import timedelta
from email.utils import parseaddr

import structlog
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils.html import format_html_join

from hanportal.accounts.actions import words_of
from hanportal.accounts.models import StaffNotice
from notifications.channels.email import Letter, NotAccepted, send
from notifications.delivery import Clock
from notifications.states import BACKOFF

BATCH = 200

_log = structlog.get_logger(__name__)


def deliver_staff_notices(*, clock: Clock, limit: int = BATCH) -> int:
    """Send what is due, one letter at a time over one connection; how many went.

    Stops when the mail server is away: the others would meet the same.
    """
    sent = 0
    connection = get_connection()
    try:
        for _number in range(limit):
            notice = _claim()
            if notice is None or not _deliver(notice, connection, clock=clock):
                return sent
            sent += 1
    finally:
        connection.close()
    return sent


@transaction.atomic
def _claim() -> StaffNotice | None:
    return StaffNotice.objects.claim_next(lease=settings.NOTICE_LEASE)


def _deliver(
    notice: StaffNotice, connection: BaseEmailBackend, *, clock: Clock
) -> bool:
    """One letter; False when the mail server is away."""
    try:
        send(_letter(notice), connection=connection)
    except NotAccepted as trouble:
        connection.close()
        _log.warning("staff_notice_not_accepted", notice=str(notice.id))
        held = StaffNotice.objects.held(notice)
        if trouble.permanent or notice.attempts > len(BACKOFF):
            held.give_up(at=clock(), error=str(trouble))
        else:
            held.wait(_pause(notice), error=str(trouble))
        return not trouble.server_is_away
    StaffNotice.objects.held(notice).settle_sent(at=clock())
    return True


def _pause(notice: StaffNotice) -> timedelta:
    return BACKOFF[notice.attempts - 1]


def _letter(notice: StaffNotice) -> Letter:
    words = words_of(notice)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return Letter(
        address=notice.address,
        subject=words.subject,
        text="\n\n".join(words.paragraphs) + "\n",
        html=format_html_join("", "<p>{}</p>", ((each,) for each in words.paragraphs)),
        language="nb",
        message_id=f"<{notice.id}@{domain or 'localhost'}>",
        sender=settings.DEFAULT_FROM_EMAIL,
    )
