"""What a meter's word means for the life events that waited for it.

Callers hold the port's lock, and the audit chains of the events (`chains_of`).
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time

from hanportal.audit import log
from meters.models import HanPort
from meters.states import DesiredState
from notifications.models import MessageKind
from orders import notices
from orders.deadlines import OSLO
from orders.models import LifeEvent, chains_of
from orders.states import ENDINGS, LifeEventKind

NEWS: Mapping[LifeEventKind, MessageKind] = {
    LifeEventKind.MOVED_OUT: MessageKind.CLOSED_AFTERWARDS,
    LifeEventKind.POINT_DEACTIVATED: MessageKind.CLOSED_AFTERWARDS,
    LifeEventKind.STOOD_OPEN: MessageKind.STOOD_OPEN_CLOSED,
    LifeEventKind.METER_EXCHANGED: MessageKind.OPEN_AGAIN,
    LifeEventKind.ROLLED_BACK: MessageKind.OPEN_AGAIN,
}
"""What is told when the meter has confirmed. Nobody is written to after a death."""


def waiting(port: HanPort, *, chain: str) -> list[LifeEvent]:
    """What waits for this port's meter, with every chain of its story locked.

    :param chain: the chain that the caller itself will write to.
    """
    events = list(LifeEvent.objects.waiting_at(port))
    if events:
        log.lock_chains(chain, *chains_of(events))
    for event in events:
        event.port = port
    return events


def confirmed(
    events: Collection[LifeEvent],
    state: DesiredState,
    *,
    confirmed_at: datetime,
    by: log.Actor,
    at: datetime,
) -> None:
    """The meter has been seen as these events want it: they are settled, and told.

    An order that was carried over to another meter tells its own news.
    """
    for event in events:
        if event.awaits != state or event.obstacle:
            continue
        confirm(event, confirmed_at=confirmed_at, by=by, at=at)


def confirm(
    event: LifeEvent, *, confirmed_at: datetime, by: log.Actor, at: datetime
) -> None:
    """The meter has been seen as this event wants it, whatever stood against that."""
    event.confirm(confirmed_at=confirmed_at, by=by, at=at)
    kind = LifeEventKind(event.kind)
    is_told_by_order = (
        kind == LifeEventKind.METER_EXCHANGED and event.order_id is not None
    )
    if kind in NEWS and not is_told_by_order:
        notices.tell_event(NEWS[kind], event, at=at)


def seen_open(
    events: Collection[LifeEvent], *, seen_at: datetime, by: log.Actor, at: datetime
) -> None:
    """The meter is open although a consent has ended: the exposure is recorded."""
    for event in events:
        if event.kind in ENDINGS and event.awaits == DesiredState.CLOSED:
            since = max(seen_at, midnight(event.effective_date))
            event.expose(since=since, by=by, at=at)


def midnight(day: date) -> datetime:
    """The first moment of a date in Oslo."""
    return datetime.combine(day, time.min, tzinfo=OSLO)
