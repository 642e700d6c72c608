"""What the senders do: claim, hand over to the mail server, settle.

Every step may run twice. Between claim and settle no transaction and no lock is held;
the fence in the row decides whose settling counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from hanportal.audit.log import Actor, ActorKind
from notifications.channels.email import Letter, NotAccepted, send
from notifications.models import Delivery, Message
from notifications.states import BACKOFF, DeliveryStatus

Clock = Callable[[], datetime]
SENDER = Actor(kind=ActorKind.SYSTEM, reference="notifications")
BATCH = 200

_log = structlog.get_logger(__name__)


@dataclass(kw_only=True)
class Round:
    """What one round of sending did."""

    sent: int = 0
    given_back: int = 0
    failed: int = 0
    withdrawn: int = 0
    has_more: bool = False


def deliver_due(*, clock: Clock, limit: int = BATCH) -> Round:
    """Send what is due, one letter at a time over one connection.

    Stops early when the mail server is away: the others would meet the same, and
    their attempts should not be spent on it.
    """
    done = Round()
    connection = get_connection()
    try:
        for _number in range(limit):
            delivery = _claim()
            if delivery is None:
                return done
            if not _deliver(delivery, connection=connection, clock=clock, done=done):
                return done
    finally:
        connection.close()
    done.has_more = True
    return done


@transaction.atomic
def _claim() -> Delivery | None:
    return Delivery.objects.claim_next()


def _deliver(
    delivery: Delivery, *, connection: BaseEmailBackend, clock: Clock, done: Round
) -> bool:
    """One letter; False when the mail server is away."""
    if delivery.message.withdrawn_at is not None:
        _settle(delivery, DeliveryStatus.WITHDRAWN, clock=clock, reason="")
        done.withdrawn += 1
        return True
    try:
        send(_letter(delivery), connection=connection)
    except NotAccepted as trouble:
        connection.close()
        _log.warning(
            "notice_not_accepted", delivery=str(delivery.id), reason=str(trouble)
        )
        if trouble.permanent or delivery.attempts > len(BACKOFF):
            _settle(delivery, DeliveryStatus.FAILED, clock=clock, reason=str(trouble))
            done.failed += 1
        else:
            _give_back(delivery, error=str(trouble))
            done.given_back += 1
        return not trouble.server_is_away
    _settle(delivery, DeliveryStatus.SENT, clock=clock, reason="")
    done.sent += 1
    return True


def _letter(delivery: Delivery) -> Letter:
    message = delivery.message
    return Letter(
        address=delivery.address,
        subject=message.subject,
        text=message.body_text,
        html=message.body_html,
        language=message.language,
        message_id=delivery.mail_message_id,
        sender=settings.DEFAULT_FROM_EMAIL,
    )


@transaction.atomic
def _settle(
    delivery: Delivery, status: DeliveryStatus, *, clock: Clock, reason: str
) -> None:
    """Write what became of it, if the claim still counts.

    Message, then delivery, then the customer's chain: the order in which whoever
    withdraws comes for them too.
    """
    message = Message.objects.locked().get(pk=delivery.message_id)
    held = Delivery.objects.held(delivery).select_for_update(of=("self",)).first()
    if held is None:
        _log.warning("notice_claim_was_lost", delivery=str(delivery.id))
        return
    held.transition_to(status, by=SENDER, at=clock(), reason=reason)
    if status == DeliveryStatus.SENT and message.withdrawn_at is not None:
        message.restore()


@transaction.atomic
def _give_back(delivery: Delivery, *, error: str) -> None:
    held = Delivery.objects.held(delivery).select_for_update(of=("self",)).first()
    if held is None:
        _log.warning("notice_claim_was_lost", delivery=str(delivery.id))
        return
    held.give_back(wait=BACKOFF[held.attempts - 1], error=error)
