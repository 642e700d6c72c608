"""What other parts call to tell a customer something. It only writes rows."""

from collections.abc import Collection, Mapping
from datetime import datetime
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from uuid6 import uuid7

from hanportal.accounts.models import Customer, Representation
from hanportal.audit.log import Actor, ActorKind, Subject, customer_chain, record
from notifications.models import Delivery, Message
from notifications.states import ChannelName, DeliveryStatus, MessageKind
from notifications.tasks import deliver_messages
from notifications.wording import render

OUTBOX = Actor(kind=ActorKind.SYSTEM, reference="notifications")


@transaction.atomic
def post(
    *,
    kind: MessageKind,
    to: Customer,
    about: UUID,
    outcome: str,
    context: Mapping[str, object],
    at: datetime,
) -> Message:
    """Tell the customer once, on Min side and by e-mail where there is an address.

    The same outcome told again is the row that is there already.

    :raises IncompleteContext: a fact that the words need is missing.
    """
    rendered = render(kind, language=to.language, context=context)
    message, is_new = Message.objects.get_or_create(
        outcome=outcome,
        defaults={
            "kind": kind,
            "customer": to,
            "about": about,
            "language": to.language,
            "subject": rendered.subject,
            "body_text": rendered.text,
            "body_html": rendered.html,
            "created_at": at,
        },
    )
    if not is_new:
        return message
    address = _address_of(to, at=at)
    if address:
        Delivery.objects.create(
            message=message,
            channel=ChannelName.EMAIL,
            address=address,
            mail_message_id=_new_mail_message_id(),
        )
    record(
        chain=customer_chain(to.id),
        what="notice.posted",
        who=OUTBOX,
        on=Subject(kind="message", id=message.id),
        at=at,
        facts={
            "about": str(about),
            "by_email": bool(address),
            "kind": kind.value,
            "language": to.language,
            "outcome": outcome,
        },
    )
    return message


@transaction.atomic
def withdraw_unsent(
    *, about: UUID, kinds: Collection[MessageKind], at: datetime
) -> int:
    """Take back what is no longer true and has not gone out. Returns how many.

    What is being sent at this moment is checked by its sender once more before it
    leaves; if it leaves all the same, the message stands in the inbox again. Locks
    messages, so it must come before the caller writes to the customer's chain.
    """
    withdrawn = 0
    for message in Message.objects.told_about(about, kinds).locked():
        deliveries = list(message.deliveries.select_for_update().order_by("id"))
        for delivery in deliveries:
            if delivery.status in (
                DeliveryStatus.QUEUED,
                DeliveryStatus.AWAITING_RETRY,
            ):
                delivery.transition_to(DeliveryStatus.WITHDRAWN, by=OUTBOX, at=at)
        has_gone_out = any(
            delivery.status in (DeliveryStatus.SENT, DeliveryStatus.BOUNCED)
            for delivery in deliveries
        )
        if not has_gone_out and message.read_at is None:
            message.withdraw(at=at)
            withdrawn += 1
    return withdrawn


def ring() -> None:
    """Wake the senders once the transaction commits. A bell that fails is no failure:
    the sweep finds the rows."""
    transaction.on_commit(deliver_messages.delay, robust=True)


def _address_of(customer: Customer, *, at: datetime) -> str:
    """Where e-mail goes: a dead customer's to the estate, and else nowhere."""
    today = timezone.localdate(at)
    if customer.died_on is None or customer.died_on > today:
        return customer.notice_address
    return Representation.objects.estate_address(customer, on=today)


def _new_mail_message_id() -> str:
    """Unique, and from our own domain, as mail servers expect."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{uuid7()}@{domain or 'localhost'}>"
