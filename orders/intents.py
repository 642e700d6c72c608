"""What a port is meant to be: every change of intent, and the command that serves it.

Callers hold the port's lock. A newer intent sets aside whatever is still under way.
"""

from datetime import datetime, timedelta

from django.conf import settings

from hanportal.audit import log
from meters.models import HanPort, MeteringPoint
from meters.states import DesiredState, ReportedState
from orders.deadlines import oslo_date
from orders.models import Command, Consent, Order, database_now
from orders.states import (
    UNSETTLED_COMMAND_STATUSES,
    CommandCause,
    CommandStatus,
    OrderKind,
    OrderStatus,
)


def live_order(metering_point: MeteringPoint) -> Order | None:
    """The point's order under way, locked; there is at most one."""
    return (
        Order.objects.live()
        .filter(metering_point=metering_point)
        .select_related("placement", "consent")
        .select_for_update(of=("self",))
        .first()
    )


def active_consent(metering_point: MeteringPoint) -> Consent | None:
    """The point's consent that has not ended, locked; there is at most one."""
    return (
        Consent.objects.active()
        .filter(metering_point=metering_point)
        .select_for_update(of=("self",))
        .first()
    )


def want_open(
    port: HanPort, *, order: Order, consent: Consent, by: log.Actor, at: datetime
) -> Command:
    """The customer wants the port open, and the consent permits it."""
    _set_aside(port, by=by, at=at, reason="a newer opening")
    _want(port, DesiredState.OPEN, chain=_chain_of(order), by=by, at=at)
    return Command.queue(
        port=port,
        cause=CommandCause.ORDER,
        order=order,
        consent=consent,
        expires_at=order.given_up_from,
        by=by,
        at=at,
    )


def want_closed(port: HanPort, *, order: Order, by: log.Actor, at: datetime) -> Command:
    """The port must be closed; that goes out even while an opening is unsettled."""
    _set_aside(port, by=by, at=at, reason="a newer closing")
    _want(port, DesiredState.CLOSED, chain=_chain_of(order), by=by, at=at)
    return Command.queue(
        port=port,
        cause=CommandCause.ORDER,
        order=order,
        consent=None,
        expires_at=None,
        by=by,
        at=at,
    )


def want_as_it_is(port: HanPort, *, chain: str, by: log.Actor, at: datetime) -> None:
    """It is open already, and a consent stands behind it: nothing is sent.

    The caller holds `chain` and that of the port's head-end.
    """
    _set_aside(port, by=by, at=at, reason="a consent was found")
    _want(port, DesiredState.OPEN, chain=chain, by=by, at=at)


def done_on_site(port: HanPort, *, by: log.Actor, at: datetime) -> None:
    """It is as it is meant to be by somebody's hand: what was to be sent is not."""
    _set_aside(port, by=by, at=at, reason="done at the meter")


def carry_open(
    port: HanPort,
    *,
    consent: Consent,
    order: Order | None,
    by: log.Actor,
    at: datetime,
) -> Command:
    """A consent goes on: at another meter, or because its ending was taken back.

    The order under way, if there is one, keeps its deadline; without one there is none.
    An order that was on hold is so no more.
    """
    if order is not None and order.status == OrderStatus.ON_HOLD:
        order.resume(by=by, at=at)
    _set_aside(port, by=by, at=at, reason="the consent goes on")
    chain = log.customer_chain(consent.customer_id)
    _want(port, DesiredState.OPEN, chain=chain, by=by, at=at)
    return Command.queue(
        port=port,
        cause=CommandCause.LIFE_EVENT,
        order=order,
        consent=consent,
        expires_at=None if order is None else order.given_up_from,
        by=by,
        at=at,
    )


def close_after(
    port: HanPort, *, consent: Consent | None, chain: str, by: log.Actor, at: datetime
) -> Command | None:
    """Nothing permits the port to be open any more; None where it is known closed.

    :param consent: the one that has ended, so that its story tells the closing.
    """
    if port.desired == DesiredState.OPEN:
        _set_aside(port, by=by, at=at, reason="the register")
        _want(port, DesiredState.CLOSED, chain=chain, by=by, at=at)
    if is_known_closed(port):
        return None
    under_way = Command.objects.live().filter(port=port).first()
    return under_way or Command.queue(
        port=port,
        cause=CommandCause.LIFE_EVENT,
        order=None,
        consent=consent,
        expires_at=None,
        by=by,
        at=at,
    )


def retire(port: HanPort, *, chain: str, by: log.Actor, at: datetime) -> None:
    """The meter sits nowhere any more: its state is history, nobody asks for it."""
    _set_aside(port, by=by, at=at, reason="the meter was taken down")
    if port.desired == DesiredState.OPEN:
        _want(port, DesiredState.CLOSED, chain=chain, by=by, at=at)
    port.read_back_by(None)


def is_known_closed(port: HanPort) -> bool:
    """Seen closed, or never asked anything of, and nothing may yet open it."""
    if port.reported == ReportedState.OPEN:
        return False
    if port.reported == ReportedState.UNKNOWN and port.generation > 0:
        return False
    openings = Command.objects.in_doubt(port).filter(desired=DesiredState.OPEN)
    return not openings.exists()


def abandon(port: HanPort, *, chain: str, by: log.Actor, at: datetime) -> None:
    """An opening came to nothing: the port shall be closed, and be seen to be.

    `chain` is the audit chain that tells the opening's story.
    """
    _set_aside(port, by=by, at=at, reason="the opening was given up")
    _want(port, DesiredState.CLOSED, chain=chain, by=by, at=at)
    port.read_back_by(database_now())


def reconcile(port: HanPort, *, by: log.Actor, at: datetime) -> Command | None:
    """Queue what brings the port to its present intent; None where nothing permits it.

    The live order, if there is one, is carried on; otherwise the command stands alone.
    An open port that no consent stands behind any more is meant to be closed.
    """
    order = live_order_at(port)
    is_opening = port.desired == DesiredState.OPEN
    if order is not None and not serves(order, port):
        return None
    consent = None
    if is_opening:
        consent = Consent.objects.behind(port, on=oslo_date(at))
        if consent is None:
            abandon(port, chain=chain_of(port), by=by, at=at)
            return None
    return Command.queue(
        port=port,
        cause=CommandCause.RECONCILIATION,
        order=order,
        consent=consent,
        expires_at=order.given_up_from if order is not None and is_opening else None,
        by=by,
        at=at,
    )


def live_order_at(port: HanPort) -> Order | None:
    """The order under way at a port, locked."""
    return (
        Order.objects.live()
        .filter(port=port)
        .select_related("placement__customer", "consent")
        .select_for_update(of=("self",))
        .first()
    )


def serves(order: Order, port: HanPort) -> bool:
    """True where the order asks for what the port is meant to be."""
    wants_open = order.kind == OrderKind.OPEN
    return wants_open == (port.desired == DesiredState.OPEN)


def chain_of(port: HanPort) -> str:
    """The audit chain of what happens at the port now: its order's, or its head-end's.

    One transaction writes to one chain, so that no two can wait for each other.
    """
    order = Order.objects.live().filter(port=port).select_related("placement").first()
    if order is not None:
        return _chain_of(order)
    return log.head_end_chain(port.meter.head_end_id)


def _set_aside(port: HanPort, *, by: log.Actor, at: datetime, reason: str) -> None:
    """No older command may decide any more; one that may have left stays in doubt."""
    command = (
        Command.objects.live()
        .filter(port=port)
        .select_related("order__placement")
        .select_for_update(of=("self",))
        .first()
    )
    if command is None:
        return
    command.port = port
    if command.status == CommandStatus.QUEUED and command.attempts == 0:
        command.transition_to(CommandStatus.CANCELLED, by=by, at=at, reason=reason)
        return
    may_have_left = command.status in UNSETTLED_COMMAND_STATUSES
    command.transition_to(CommandStatus.SUPERSEDED, by=by, at=at, reason=reason)
    if may_have_left or command.is_outcome_unknown:
        port.read_back_by(
            database_now() + timedelta(seconds=settings.READ_BACK_INTERVAL_SECONDS)
        )


def _want(
    port: HanPort, state: DesiredState, *, chain: str, by: log.Actor, at: datetime
) -> None:
    port.want(state)
    log.record(
        chain=chain,
        what="port.wanted",
        who=by,
        on=log.Subject("han_port", port.id),
        at=at,
        facts={"state": str(state), "generation": port.generation},
    )


def _chain_of(order: Order) -> str:
    return log.customer_chain(order.placement.customer_id)
