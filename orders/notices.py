"""What customers are told about their orders, and what is no longer true."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise

from hanportal.accounts.models import Ground, Representation
from meters.models import HanPort
from meters.states import DesiredState
from notifications import outbox
from notifications.models import Message, MessageKind
from orders.models import LifeEvent, Order, PortRestart
from orders.states import OrderKind, OrderStatus

ON_BEHALF = (MessageKind.ORDER_RECEIVED, MessageKind.CLOSING_RECEIVED)
"""What the one who placed the order did; later news is nobody's doing."""
TOLD_OF_OPENING = (
    MessageKind.METER_EXCHANGED,
    MessageKind.CONSENT_RESTORED,
    MessageKind.OPEN_AGAIN,
)
TOLD_OF_CLOSING = (MessageKind.CLOSED_AFTERWARDS, MessageKind.STOOD_OPEN_CLOSED)


def tell(
    kind: MessageKind,
    order: Order,
    *,
    at: datetime,
    reason: str | Promise = "",
    done_by: Representation | None = None,
) -> None:
    """Write the one message of this outcome; its delivery is the outbox's.

    A lazy `reason` is said in the customer's language. A held order says what it waits
    for.

    :param done_by: on what somebody else caused it, where the order does not say.
    """
    if done_by is None and kind in ON_BEHALF:
        done_by = order.placement.representation
    outbox.post(
        kind=kind,
        to=order.placement.customer,
        about=order.id,
        outcome=f"{kind}:{order.id}",
        context={
            **_facts_of(order, at=at),
            "reason": reason,
            "agent": _agent_of(order),
            "representative": done_by.name if done_by else "",
            "ground": Ground(done_by.ground).label if done_by else "",
        },
        at=at,
    )


def tell_hold(order: Order, *, at: datetime) -> None:
    """Write that an order waits for something else than the customer was told."""
    kind = MessageKind.ORDER_ON_HOLD
    outbox.post(
        kind=kind,
        to=order.placement.customer,
        about=order.id,
        outcome=f"{kind}:{order.id}:{at.isoformat()}",
        context=_facts_of(order, at=at),
        at=at,
    )


def tell_event(kind: MessageKind, event: LifeEvent, *, at: datetime) -> None:
    """Write the one message of what the register said, or of what came of it."""
    consent, port = event.consent, event.port
    meter_serial = "" if port is None else port.meter.serial
    outbox.post(
        kind=kind,
        to=event.customer,
        about=event.id,
        outcome=f"{kind}:{event.id}",
        context={
            "reference": "" if consent is None else consent.receipt_number,
            "address": str(event.metering_point),
            "meter_serial": meter_serial,
            "effective_date": event.effective_date,
            "exposed_from": event.exposed_from,
            "exposed_until": event.exposed_until,
            "obstacle": event.obstacle,
            "awaits": event.awaits,
            "is_confirmed": _is_confirmed(event),
            "at": at,
            "url": f"{settings.PORTAL_BASE_URL}/min-side/",
        },
        at=at,
    )


def tell_restart(kind: MessageKind, restart: PortRestart, *, at: datetime) -> None:
    """Write the one message of what became of a restart."""
    consent = restart.consent
    point_id = consent.metering_point_id
    outbox.post(
        kind=kind,
        to=consent.customer,
        about=restart.id,
        outcome=f"{kind}:{restart.id}",
        context={
            "address": str(consent.metering_point),
            "meter_serial": restart.port.meter.serial,
            "url": f"{settings.PORTAL_BASE_URL}/min-side/malepunkt/{point_id}"
            "/ingen-data/",
        },
        at=at,
    )


def take_back_receipt(order: Order, *, at: datetime) -> None:
    """Withdraw the promise of an order that has ended, where it has not been sent."""
    kinds = [
        MessageKind.ORDER_RECEIVED,
        MessageKind.CLOSING_RECEIVED,
        MessageKind.ORDER_ON_HOLD,
    ]
    outbox.withdraw_unsent(about=order.id, kinds=kinds, at=at)


def take_back_hold(order: Order, *, at: datetime) -> None:
    """Withdraw what was told of why an order waits, where it has not been sent."""
    outbox.withdraw_unsent(about=order.id, kinds=[MessageKind.ORDER_ON_HOLD], at=at)


def take_back_event(event: LifeEvent, *, at: datetime) -> None:
    """Withdraw what was told of an event that no longer stands, where it is unsent."""
    kinds = [
        *TOLD_OF_OPENING,
        MessageKind.MOVED_OUT,
        MessageKind.POINT_DEACTIVATED,
        MessageKind.STOOD_OPEN,
        MessageKind.EXCHANGE_ON_HOLD,
    ]
    outbox.withdraw_unsent(about=event.id, kinds=kinds, at=at)


def take_back(kind: MessageKind, port: HanPort, *, at: datetime) -> None:
    """Withdraw what was last told of the port's state, where it has not been sent.

    Locks messages, so it comes before anything that is written to the audit chain.
    """
    order_kind = OrderKind.OPEN if kind == MessageKind.PORT_OPEN else OrderKind.CLOSE
    latest = (
        Order.objects.filter(port=port, kind=order_kind, status=OrderStatus.COMPLETED)
        .newest_first()
        .first()
    )
    if latest is not None:
        outbox.withdraw_unsent(about=latest.id, kinds=[kind], at=at)
    opens = kind == MessageKind.PORT_OPEN
    event = LifeEvent.objects.newest_at(
        port, awaits=DesiredState.OPEN if opens else DesiredState.CLOSED
    )
    if event is not None:
        told = TOLD_OF_OPENING if opens else TOLD_OF_CLOSING
        outbox.withdraw_unsent(about=event.id, kinds=told, at=at)


def ports_with_unsent(kind: MessageKind, ports: Collection[HanPort]) -> set[UUID]:
    """The ids of those where `take_back` of this kind may find what to withdraw."""
    opens = kind == MessageKind.PORT_OPEN
    order_kind = OrderKind.OPEN if opens else OrderKind.CLOSE
    awaits = DesiredState.OPEN if opens else DesiredState.CLOSED
    orders = Order.objects.filter(
        port__in=ports, kind=order_kind, status=OrderStatus.COMPLETED
    )
    events = LifeEvent.objects.filter(port__in=ports, awaits=awaits)
    told_at = dict(
        [*orders.values_list("id", "port_id"), *events.values_list("id", "port_id")]
    )
    if not told_at:
        return set()
    kinds = [kind, *(TOLD_OF_OPENING if opens else TOLD_OF_CLOSING)]
    unsent = Message.objects.withdrawable(about=told_at, kinds=kinds)
    return {told_at[about] for about in unsent.values_list("about", flat=True)}


def _facts_of(order: Order, *, at: datetime) -> dict[str, object]:
    """What every message about an order says of it."""
    return {
        "reference": order.placement.reference,
        "address": str(order.metering_point),
        "meter_serial": order.port.meter.serial,
        "due_date": order.due_date,
        "placed_at": order.placed_at,
        "sent_at": order.sent_at,
        "confirmed_at": order.confirmed_at,
        "at": at,
        "hold": str(order.hold_reason),
        "url": f"{settings.PORTAL_BASE_URL}/min-side/bestilling/{order.id}/",
    }


def _is_confirmed(event: LifeEvent) -> bool:
    """By the meter's own word, which another event of the same port may have had."""
    before = event.follows
    return event.confirmed_at is not None or (
        before is not None and before.confirmed_at is not None
    )


def _agent_of(order: Order) -> str:
    """The staff number of who ordered for a caller; empty on Min side."""
    verification = order.placement.caller_verification
    return verification.agent.staff_number if verification is not None else ""
