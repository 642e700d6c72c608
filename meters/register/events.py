"""Takes events one batch at a time. The order in which they come means nothing.

Every event is kept. What the register says of a point is derived from all of them and
from what was delivered beneath them (periods.py), so a repeated, late or early one
ends in the same register. An event is known by its sender's own id: the same one again
changes nothing, and with another content it is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from uuid6 import uuid7

from hanportal.audit.log import Actor
from meters.models import EventKind, EventOutcome, RegisterEvent
from meters.register.changed_people import change_people
from meters.register.deaths import Deaths
from meters.register.deriving import Derivation, side_of
from meters.register.event_items import EventItem, event_in
from meters.register.items import (
    ItemOutcome,
    ItemRefused,
    ItemResult,
    new_sender_id_in,
    object_in,
)
from meters.register.locking import lock_for_batch
from meters.register.manifest import oslo_today
from meters.register.periods import Told
from meters.register.recording import record_batch
from meters.register.references import refer
from meters.register.report import Reason
from meters.register.sides import SIDES, Side

NOT_APPLIED = frozenset({EventKind.GUARDIAN_APPOINTED})
"""Only kept: it does not say who the guardian is, so a representation says it."""


@transaction.atomic
def take_events(
    *, items: Sequence[object], sender: str, by: Actor, now: datetime
) -> list[ItemResult]:
    """Keep events and derive the register anew; a result for each, in order.

    :param sender: the code of the system that sent them; its ids are its own.
    :raises RegisterBusy: an import holds the register.
    """
    batch = _Batch(sender=sender, now=now)
    read = batch.read(items)
    with connection.cursor() as cursor:
        lock_for_batch(cursor)
        fresh = batch.without_known(read)
        fresh = change_people(cursor, fresh, batch.results, by=by, now=now)
        batch.keep(refer(fresh, batch.results, sender=sender, now=now), by=by)
    results = [batch.results[number] for number in sorted(batch.results)]
    record_batch(uuid7(), "events", results, by=by, at=now)
    return results


@dataclass
class _Batch:
    """The items of a batch on their way to their results."""

    sender: str
    now: datetime

    def __post_init__(self) -> None:
        self.results: dict[int, ItemResult] = {}

    def read(self, items: Sequence[object]) -> list[EventItem]:
        """The items that can stand by themselves."""
        read: list[EventItem] = []
        seen: dict[str, int] = {}
        for number, item in enumerate(items, start=1):
            sender_id = ""
            try:
                raw = object_in(item)
                sender_id = new_sender_id_in(raw, seen, number)
                read.append(event_in(raw, sender_id=sender_id, number=number))
            except ItemRefused as refused:
                self.results[number] = refused.result(sender_id)
        return read

    def without_known(self, read: list[EventItem]) -> list[EventItem]:
        """Those that never came before; a repeated one is told apart by its digest."""
        ids = [item.sender_id for item in read]
        known = dict(
            RegisterEvent.objects.of_sender(self.sender, *ids).values_list(
                "sender_id", "digest"
            )
        )
        for item in read:
            if known.get(item.sender_id) == item.digest:
                self.results[item.number] = item.result(ItemOutcome.UNCHANGED)
            elif item.sender_id in known:
                conflict = ItemRefused(Reason.CONFLICT, "id")
                self.results[item.number] = conflict.result(item.sender_id)
        return [item for item in read if item.sender_id not in known]

    def keep(self, events: list[tuple[EventItem, RegisterEvent]], *, by: Actor) -> None:
        """Derive what they touch, and store them with what came of them."""
        told = [event for _, event in events]
        targets = _targets(self.sender, told)
        touched = [*told, *targets.values()]
        derivations, deaths = _derivations(touched), Deaths.touched_by(touched)
        rolled_back = _rolled_back(self.sender, told)
        for item, event in events:
            event.outcome = _outcome(
                event, derivations, deaths, targets, rolled_back=rolled_back
            )
            rolled_back.add(event.rolls_back)
            targets[event.sender_id] = event
            outcome = ItemOutcome(event.outcome)
            self.results[item.number] = item.result(outcome)
        RegisterEvent.objects.bulk_create(event for _, event in events)
        for derivation in derivations.values():
            derivation.write(today=oslo_today(self.now))
        deaths.write(by=by, at=self.now)


def _derivations(touched: list[RegisterEvent]) -> dict[Side, Derivation]:
    """Of each side, the points that these events touch, as they were before."""
    made: dict[Side, Derivation] = {}
    for side in SIDES:
        told = [
            side.told(event, is_rolled_back=False)
            for event in touched
            if event.kind in side.kinds
        ]
        if told:
            made[side] = Derivation.of(side, [each.place for each in told], told)
    return made


def _targets(sender: str, events: list[RegisterEvent]) -> dict[str, RegisterEvent]:
    ids = [event.rolls_back for event in events if event.rolls_back]
    known = RegisterEvent.objects.of_sender(sender, *ids)
    return {event.sender_id: event for event in known}


def _rolled_back(sender: str, events: list[RegisterEvent]) -> set[str]:
    """The ids of those that a rollback which came before takes back."""
    ids = [event.sender_id for event in events]
    rollbacks = RegisterEvent.objects.filter(sender=sender, rolls_back__in=ids)
    return set(rollbacks.values_list("rolls_back", flat=True))


def _outcome(
    event: RegisterEvent,
    derivations: dict[Side, Derivation],
    deaths: Deaths,
    targets: dict[str, RegisterEvent],
    *,
    rolled_back: set[str],
) -> EventOutcome:
    """What the event does to the register, given those that came before it."""
    if event.kind in NOT_APPLIED:
        return EventOutcome.RECORDED
    if event.kind == EventKind.END_USER_CHANGED:
        return EventOutcome(event.outcome)
    if event.kind == EventKind.ROLLED_BACK:
        target = targets.get(event.rolls_back)
        return _outcome_of_rollback(derivations, deaths, target)
    is_rolled_back = event.sender_id in rolled_back
    if event.kind == EventKind.CUSTOMER_DIED:
        is_news = not is_rolled_back and deaths.add(event)
        return EventOutcome.APPLIED if is_news else EventOutcome.NO_EFFECT
    side = side_of(event.kind)
    if side is None:
        return EventOutcome.NO_EFFECT
    told: Told = side.told(event, is_rolled_back=is_rolled_back)
    changes = derivations[side].add(told)
    return EventOutcome.APPLIED if changes else EventOutcome.NO_EFFECT


def _outcome_of_rollback(
    derivations: dict[Side, Derivation], deaths: Deaths, target: RegisterEvent | None
) -> EventOutcome:
    if target is None:
        return EventOutcome.RECORDED
    if target.kind == EventKind.CUSTOMER_DIED:
        lives = deaths.roll_back(target)
        return EventOutcome.APPLIED if lives else EventOutcome.NO_EFFECT
    side = side_of(target.kind)
    if side is None or target.metering_point_id is None:
        return EventOutcome.NO_EFFECT
    changes = derivations[side].roll_back(
        target.sender, target.sender_id, place=target.metering_point_id
    )
    return EventOutcome.APPLIED if changes else EventOutcome.NO_EFFECT
