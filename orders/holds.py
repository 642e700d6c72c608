"""Openings that wait for a human: a module must be posted, a fitter must come.

The consent holds, the promised date stands, and the port stays closed: nothing is sent
before what is lacking is in place. Callers hold the port's lock.
"""

from collections.abc import Mapping
from datetime import date, datetime

from django.db.models import Q

from hanportal.audit import log
from meters.models import HanPort, HeadEnd
from meters.states import DesiredState, HanCapability
from orders import intents
from orders.models import Case, Command, Consent, LifeEvent, Order
from orders.states import CaseEnd, HoldReason, OrderKind, OrderStatus

REASONS: Mapping[HanCapability, HoldReason] = {
    HanCapability.NEEDS_MODULE: HoldReason.NEEDS_MODULE,
    HanCapability.NEEDS_VISIT: HoldReason.NEEDS_VISIT,
    HanCapability.UNSUPPORTED: HoldReason.NEEDS_EXCHANGE,
}


def reason_at(port: HanPort) -> HoldReason | None:
    """What must be in place before a command can open it; None where nothing must.

    Where the head-end is a fitters' list, the command is the visit.
    """
    reason = REASONS.get(HanCapability(port.meter.han_capability))
    is_by_fitters = port.meter.head_end.profile == HeadEnd.Profile.MANUAL
    return None if reason == HoldReason.NEEDS_VISIT and is_by_fitters else reason


def takes_a_command(meter: str) -> Q:
    """Where `reason_at` finds nothing lacking.

    :param meter: the path from what is filtered to the meter.
    """
    capability = f"{meter}__han_capability"
    by_fitters = Q(**{f"{meter}__head_end__profile": HeadEnd.Profile.MANUAL})
    needs_visit = Q(**{capability: HanCapability.NEEDS_VISIT})
    return Q(**{capability: HanCapability.REMOTE}) | needs_visit & by_fitters


def hold(
    order: Order, port: HanPort, reason: HoldReason, *, by: log.Actor, at: datetime
) -> Case:
    """The order waits, the port stays closed, and a human has something to do."""
    if port.desired == DesiredState.OPEN:
        chain = log.customer_chain(order.placement.customer_id)
        intents.abandon(port, chain=chain, by=by, at=at)
    order.hold(reason, by=by, at=at)
    settle_cases(order, by=by, at=at)
    return Case.open_for_held(order, port=port, by=by, at=at)


def settle_cases(order: Order, *, by: log.Actor, at: datetime) -> None:
    """What was to be done for the order is to be done no more."""
    held = Case.objects.for_held(order).select_for_update(of=("self",))
    for case in held.select_related("order__placement"):
        case.close(CaseEnd.OVER, by=by, at=at)


def held_opening(port: HanPort, *, on: date) -> Order | None:
    """The opening that waits at this port, with a consent that permits it."""
    order = intents.live_order_at(port)
    if order is None or order.kind != OrderKind.OPEN:
        return None
    if order.status != OrderStatus.ON_HOLD or order.consent_id is None:
        return None
    consent = Consent.objects.share_locked(order.consent_id)
    return order if consent.permits_opening(port, on=on) else None


def found_open(order: Order, port: HanPort, *, by: log.Actor, at: datetime) -> None:
    """Somebody opened the port at the meter: it shall be as it is, nothing is sent."""
    chain = log.customer_chain(order.placement.customer_id)
    live = Command.objects.live().filter(port=port).select_related("order__placement")
    chains = {command.chain for command in live}
    log.lock_chains(chain, log.head_end_chain(port.meter.head_end_id), *chains)
    order.resume(by=by, at=at)
    settle_cases(order, by=by, at=at)
    intents.want_as_it_is(port, chain=chain, by=by, at=at)
    waiting = LifeEvent.objects.unsettled().filter(consent=order.consent_id)
    blocked = waiting.exclude(obstacle="").select_for_update(of=("self",))
    for event in blocked.order_by("id"):
        event.overtake(by=by, at=at)
