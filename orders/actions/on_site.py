"""What a fitter did at the meter, and staff say: a port that was closed by hand."""

from datetime import datetime
from uuid import UUID

from hanportal.audit import log
from meters.models import HanPort
from meters.states import DesiredState, ReportedState, ReportSource
from notifications import outbox
from notifications.models import MessageKind
from orders import consequences, intents, notices, reconciliation
from orders.actions.casework import unsettled
from orders.fulfilment import settling
from orders.models import Case, LifeEvent
from orders.states import OrderStatus


class NotToBeClosed(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The port need not be closed, or it is seen closed already; nothing changed."""


def may_be_closed_on_site(case: Case) -> bool:
    """True where the case's port must be closed, and was not seen so."""
    port, order = case.port, case.order
    if port is None or (order is not None and order.status == OrderStatus.ON_HOLD):
        return False
    is_closed = port.reported == ReportedState.CLOSED
    return port.desired == DesiredState.CLOSED and not is_closed


def closed_by_fitter(*, case_id: UUID, by: log.Actor, now: datetime) -> HanPort:
    """A fitter has been there and closed the port: nothing more is sent for that.

    A closing that was ordered is done, and whoever waits for it is told.

    :raises Case.DoesNotExist: there is no such case.
    :raises CaseSettled: it is closed.
    :raises NotToBeClosed: the port need not be closed, or it is already.
    """
    # The audit chains are locked at the end: messages come before them.
    with unsettled(case_id) as case, log.together():
        port = case.port
        if port is None or not may_be_closed_on_site(case):
            raise NotToBeClosed
        _close(port, by=by, at=now)
        reconciliation.close_if_over(case.id, port_id=port.id, now=now)
        outbox.ring()
        return port


def _close(port: HanPort, *, by: log.Actor, at: datetime) -> None:
    order, chain = intents.live_order_at(port), intents.chain_of(port)
    events = list(LifeEvent.objects.waiting_at(port))
    notices.take_back(MessageKind.PORT_OPEN, port, at=at)
    sighting = (port, ReportedState.CLOSED, at)
    HanPort.objects.observe_together([sighting], source=ReportSource.FITTER)
    log.record(
        chain=chain,
        what="port.reported_closed",
        who=by,
        on=log.Subject("han_port", port.id),
        at=at,
        facts={
            "generation": port.generation,
            "observed_at": at.isoformat(),
            "source": str(ReportSource.FITTER),
        },
    )
    intents.done_on_site(port, by=by, at=at)
    if order is not None and intents.serves(order, port):
        order.port = port
        settling.fulfil(order, confirmed_at=at, by=by, at=at)
    for event in events:
        event.port = port
    consequences.confirmed(events, DesiredState.CLOSED, confirmed_at=at, by=by, at=at)
