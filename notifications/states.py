"""Kinds of message and the life of a delivery, free of the ORM."""

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MessageKind(TextChoices):
    """What a message tells. Each kind has its words in `wording.py`."""

    ORDER_RECEIVED = "order_received", _("åpning bestilt")
    CLOSING_RECEIVED = "closing_received", _("stenging bestilt")
    PORT_OPEN = "port_open", _("porten er åpen")
    PORT_CLOSED = "port_closed", _("porten er stengt")
    ORDER_FAILED = "order_failed", _("bestillingen kunne ikke utføres")
    ORDER_CANCELLED = "order_cancelled", _("bestillingen er avbestilt")
    REPRESENTATION_REGISTERED = "represented", _("en annen kan handle for kunden")
    REPRESENTATION_ENDED = "not_represented", _("en annen kan ikke lenger handle")
    MOVED_OUT = "moved_out", _("samtykket er avsluttet ved flytting")
    POINT_DEACTIVATED = "point_deactivated", _("målepunktet er ikke i bruk")
    CLOSED_AFTERWARDS = "closed_afterwards", _("porten er stengt etter samtykket")
    STOOD_OPEN = "stood_open", _("porten sto åpen da du overtok")
    STOOD_OPEN_CLOSED = "stood_open_closed", _("porten som sto åpen, er stengt")
    METER_EXCHANGED = "meter_exchanged", _("porten åpnes på den nye måleren")
    EXCHANGE_ON_HOLD = "exchange_on_hold", _("den nye måleren kan ikke åpnes herfra")
    CONSENT_RESTORED = "consent_restored", _("samtykket gjelder igjen")
    CONSENT_NOT_RESTORED = "consent_not_restored", _("porten må bestilles på nytt")
    ORDER_ON_HOLD = "order_on_hold", _("bestillingen må vente")
    OPEN_AGAIN = "open_again", _("porten er åpen uten ny bestilling")
    PORT_RESTARTED = "port_restarted", _("porten er startet på nytt")
    RESTART_FAILED = "restart_failed", _("porten kunne ikke startes på nytt")


class ChannelName(TextChoices):
    """The ways out. Min side needs none: the message row is what is read there."""

    EMAIL = "email", _("e-post")


class DeliveryStatus(TextChoices):
    """The life of one message on its way through one channel."""

    QUEUED = "queued", _("i kø")
    INFLIGHT = "inflight", _("sendes")
    AWAITING_RETRY = "awaiting_retry", _("prøves igjen")
    FAILED = "failed", _("kunne ikke sendes")
    SENT = "sent", _("sendt")
    BOUNCED = "bounced", _("kom i retur")
    WITHDRAWN = "withdrawn", _("trukket tilbake")


PENDING_STATUSES = (DeliveryStatus.QUEUED, DeliveryStatus.AWAITING_RETRY)
"""Nothing has left the house; the delivery can still be withdrawn."""

UNREACHED_STATUSES = (DeliveryStatus.FAILED, DeliveryStatus.BOUNCED)
"""Nobody got it, and nobody tries again."""

TRANSITIONS: Mapping[DeliveryStatus, frozenset[DeliveryStatus]] = {
    DeliveryStatus.QUEUED: frozenset(
        {DeliveryStatus.INFLIGHT, DeliveryStatus.WITHDRAWN}
    ),
    DeliveryStatus.INFLIGHT: frozenset(
        {
            DeliveryStatus.INFLIGHT,  # the lease ran out and another took over
            DeliveryStatus.AWAITING_RETRY,
            DeliveryStatus.FAILED,
            DeliveryStatus.SENT,
            DeliveryStatus.WITHDRAWN,
        }
    ),
    DeliveryStatus.AWAITING_RETRY: frozenset(
        {DeliveryStatus.INFLIGHT, DeliveryStatus.WITHDRAWN}
    ),
    DeliveryStatus.FAILED: frozenset(),
    DeliveryStatus.SENT: frozenset({DeliveryStatus.BOUNCED}),
    DeliveryStatus.BOUNCED: frozenset(),
    DeliveryStatus.WITHDRAWN: frozenset(),
}

BACKOFF = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)
"""The wait after the first, second … attempt; after the last one nobody tries again."""
