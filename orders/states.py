"""The states of orders and commands and how they may change. Free of the ORM.

Each table names, for a state, every state it may move to. `orders/models/` moves
them through one method each; tests walk the whole product of each enum with itself.
"""

from collections.abc import Mapping
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OrderKind(TextChoices):
    """What is asked of the port."""

    OPEN = "open", _("åpning")
    CLOSE = "close", _("stenging")


class OrderStatus(TextChoices):
    """The life of an order."""

    PLACED = "placed", _("bestilt")
    IN_PROGRESS = "in_progress", _("under arbeid")
    ON_HOLD = "on_hold", _("på vent")
    COMPLETED = "completed", _("utført")
    CANCELLED = "cancelled", _("avbestilt")
    SUPERSEDED = "superseded", _("erstattet")
    FAILED = "failed", _("ikke utført")


LIVE_ORDER_STATUSES = (
    OrderStatus.PLACED,
    OrderStatus.IN_PROGRESS,
    OrderStatus.ON_HOLD,
)

ORDER_TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PLACED: frozenset(
        {
            OrderStatus.IN_PROGRESS,
            OrderStatus.ON_HOLD,
            OrderStatus.COMPLETED,
            OrderStatus.CANCELLED,
            OrderStatus.SUPERSEDED,
            OrderStatus.FAILED,
        }
    ),
    OrderStatus.IN_PROGRESS: frozenset(
        {
            OrderStatus.ON_HOLD,
            OrderStatus.COMPLETED,
            OrderStatus.SUPERSEDED,
            OrderStatus.FAILED,
        }
    ),
    OrderStatus.ON_HOLD: frozenset(
        {
            OrderStatus.IN_PROGRESS,
            OrderStatus.COMPLETED,
            OrderStatus.CANCELLED,
            OrderStatus.SUPERSEDED,
            OrderStatus.FAILED,
        }
    ),
    OrderStatus.COMPLETED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.SUPERSEDED: frozenset(),
    OrderStatus.FAILED: frozenset(),
}


class HoldReason(TextChoices):
    """What must be in place before a held opening can be carried on."""

    NEEDS_MODULE = "needs_module", _("måleren trenger en HAN-modul")
    NEEDS_VISIT = "needs_visit", _("en montør må besøke måleren")
    NEEDS_EXCHANGE = "needs_exchange", _("måleren må byttes")


class CommandStatus(TextChoices):
    """The life of one attempt chain at a head-end."""

    QUEUED = "queued", _("i kø")
    SENDING = "sending", _("sendes")
    ACCEPTED = "accepted", _("mottatt av frontsystemet")
    AMBIGUOUS = "ambiguous", _("uvisst om mottatt")
    CONFIRMED = "confirmed", _("bekreftet av måleren")
    REJECTED = "rejected", _("avvist")
    FAILED = "failed", _("mislyktes")
    EXPIRED = "expired", _("utløpt")
    CANCELLED = "cancelled", _("avbrutt")
    SUPERSEDED = "superseded", _("erstattet")
    DEAD = "dead", _("må ses på")


LIVE_COMMAND_STATUSES = (
    CommandStatus.QUEUED,
    CommandStatus.SENDING,
    CommandStatus.ACCEPTED,
    CommandStatus.AMBIGUOUS,
)

UNSETTLED_COMMAND_STATUSES = (
    CommandStatus.SENDING,
    CommandStatus.ACCEPTED,
    CommandStatus.AMBIGUOUS,
)
"""Something may have reached the meter and nobody knows yet."""

UNRESOLVED_ENDS = (
    CommandStatus.SUPERSEDED,
    CommandStatus.EXPIRED,
    CommandStatus.DEAD,
)
"""Ends without the meter's word."""

_ENDS = frozenset(
    {
        CommandStatus.CONFIRMED,
        CommandStatus.REJECTED,
        CommandStatus.FAILED,
        CommandStatus.EXPIRED,
        CommandStatus.SUPERSEDED,
        CommandStatus.DEAD,
    }
)

COMMAND_TRANSITIONS: Mapping[CommandStatus, frozenset[CommandStatus]] = {
    CommandStatus.QUEUED: _ENDS | {CommandStatus.SENDING, CommandStatus.CANCELLED},
    CommandStatus.SENDING: _ENDS
    | {CommandStatus.QUEUED, CommandStatus.ACCEPTED, CommandStatus.AMBIGUOUS},
    CommandStatus.ACCEPTED: _ENDS | {CommandStatus.QUEUED, CommandStatus.AMBIGUOUS},
    CommandStatus.AMBIGUOUS: _ENDS | {CommandStatus.QUEUED, CommandStatus.ACCEPTED},
    CommandStatus.CONFIRMED: frozenset(),
    CommandStatus.REJECTED: frozenset(),
    CommandStatus.FAILED: frozenset(),
    CommandStatus.EXPIRED: frozenset(),
    CommandStatus.CANCELLED: frozenset(),
    CommandStatus.SUPERSEDED: frozenset(),
    CommandStatus.DEAD: frozenset(),
}


class BreakerState(TextChoices):
    """Whether commands may leave for a head-end."""

    CLOSED = "closed", _("slipper gjennom")
    OPEN = "open", _("holder tilbake")
    HALF_OPEN = "half_open", _("prøver med én")


BREAKER_TRANSITIONS: Mapping[BreakerState, frozenset[BreakerState]] = {
    BreakerState.CLOSED: frozenset({BreakerState.OPEN}),
    BreakerState.OPEN: frozenset({BreakerState.HALF_OPEN, BreakerState.CLOSED}),
    BreakerState.HALF_OPEN: frozenset({BreakerState.OPEN, BreakerState.CLOSED}),
}


class CommandCause(TextChoices):
    """Why a command was made."""

    ORDER = "order", _("bestilling")
    RECONCILIATION = "reconciliation", _("avstemming")
    LIFE_EVENT = "life_event", _("livshendelse i registeret")
    SILENCE = "silence", _("kunden får ingen data")


class SecurityPlacement(TextChoices):
    """The three ways in which a meter counts as securely placed."""

    INSIDE_DWELLING = "inside_dwelling", _("Måleren står inne i boligen")
    LOCKABLE_ROOM = "lockable_room", _("Måleren står i et rom som kan låses")
    LOCKABLE_CABINET = "lockable_cabinet", _("Måleren står i et skap som kan låses")


class Channel(TextChoices):
    """Where a person's wish reached us."""

    MINSIDE = "minside", _("Min side")
    CONSOLE = "console", _("kundesenteret")
    LEGACY = "legacy", _("registrert før portalen")
    """Given to the operator before the portal came; only consents have it."""


class LegacyMethod(TextChoices):
    """How a consent from before the portal was given; read after "dokumentert ved"."""

    PORTAL = "portal", _("bestilling på en tidligere Min side")
    PHONE = "phone", _("samtale med kundesenteret")
    EMAIL = "email", _("e-post")
    LETTER = "letter", _("brev eller skjema")
    IN_PERSON = "in_person", _("personlig frammøte")


class ConsentEnd(TextChoices):
    """Why a consent ended."""

    WITHDRAWN = "withdrawn", _("trukket tilbake")
    ORDER_CANCELLED = "order_cancelled", _("bestillingen ble avbestilt")
    ORDER_FAILED = "order_failed", _("porten kunne ikke åpnes")
    REPLACED = "replaced", _("avløst av et nytt samtykke")
    MOVED_OUT = "moved_out", _("kunden har flyttet")
    POINT_DEACTIVATED = "point_deactivated", _("målepunktet er ikke lenger i bruk")
    HOLDER_DIED = "holder_died", _("kunden er død")


class LifeEventKind(TextChoices):
    """What the register said that concerns a consent or an open port."""

    MOVED_OUT = "moved_out", _("utflytting")
    POINT_DEACTIVATED = "point_deactivated", _("målepunktet tatt ut av bruk")
    HOLDER_DIED = "holder_died", _("dødsfall")
    STOOD_OPEN = "stood_open", _("porten sto åpen i en annens tid")
    METER_EXCHANGED = "meter_exchanged", _("målerbytte")
    ROLLED_BACK = "rolled_back", _("tilbakeført i registeret")


ENDINGS: Mapping[LifeEventKind, ConsentEnd] = {
    LifeEventKind.MOVED_OUT: ConsentEnd.MOVED_OUT,
    LifeEventKind.POINT_DEACTIVATED: ConsentEnd.POINT_DEACTIVATED,
    LifeEventKind.HOLDER_DIED: ConsentEnd.HOLDER_DIED,
}
"""The events that end a consent, and as what it has then ended."""

REVERSIBLE = (LifeEventKind.MOVED_OUT, LifeEventKind.POINT_DEACTIVATED)
"""What the register may take back."""


class FailureReason(TextChoices):
    """Why an order was not carried out, in the customer's words."""

    METER_REFUSED = "meter_refused", _("Måleren tok ikke imot kommandoen.")
    NO_CONFIRMATION = "no_confirmation", _("Måleren bekreftet ikke innen fristen.")
    TECHNICAL = "technical", _("Det oppsto en teknisk feil hos oss.")
    NOT_PERMITTED = "not_permitted", _("Samtykket gjelder ikke lenger.")
    NOT_POSSIBLE = "not_possible", _("Porten på denne måleren lar seg ikke åpne.")


class CallbackOutcome(TextChoices):
    """What became of a callback from a head-end."""

    APPLIED = "applied", _("brukt")
    ORPHANED = "orphaned", _("hører ikke til noen kommando")
    UNREADABLE = "unreadable", _("kunne ikke leses")


class CaseEnd(TextChoices):
    """How a case was settled."""

    OVER = "over", _("gjelder ikke lenger")
    """What it was about is no longer true: nobody had to say so."""
    HANDLED = "handled", _("ordnet")
    NOTHING_TO_DO = "nothing_to_do", _("ingenting å gjøre")


class CaseKind(TextChoices):
    """Why a human must look."""

    COMMAND_DEAD = "command_dead", _("kommandoen kan ikke utføres")
    COMMAND_REJECTED = "command_rejected", _("måleren avviste kommandoen")
    COMMAND_EXPIRED = "command_expired", _("fristen gikk ut")
    HEAD_END_REFUSES_US = "head_end_refuses_us", _("frontsystemet avviser oss")
    OPEN_WITHOUT_CONSENT = "open_without_consent", _("åpen uten samtykke")
    NEW_METER_CANNOT_OPEN = (
        "new_meter_cannot_open",
        _("den nye måleren kan ikke åpnes herfra"),
    )
    OPENING_OVERDUE = "opening_overdue", _("porten er ikke åpnet igjen i tide")
    PORT_SILENT = "port_silent", _("porten er åpen, og kunden får ingen data")
    CLOSING_HELD = "closing_held", _("kan bli åpnet for sent, og bremsen holder igjen")
    ORDER_NEEDS_MODULE = "order_needs_module", _("en HAN-modul må sendes til kunden")
    ORDER_NEEDS_VISIT = "order_needs_visit", _("en montør må til måleren")
    ORDER_NEEDS_EXCHANGE = "order_needs_exchange", _("måleren må byttes")


class Remedy(StrEnum):
    """What can be tried from here where an open port is silent."""

    RESTART = "restart"
    RESEND = "resend"
    NONE = "none"


HOLD_CASES: Mapping[HoldReason, CaseKind] = {
    HoldReason.NEEDS_MODULE: CaseKind.ORDER_NEEDS_MODULE,
    HoldReason.NEEDS_VISIT: CaseKind.ORDER_NEEDS_VISIT,
    HoldReason.NEEDS_EXCHANGE: CaseKind.ORDER_NEEDS_EXCHANGE,
}
"""The work that each reason to hold an order asks of a human; one for each order."""
