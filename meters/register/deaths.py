"""Events that say who died: of several about one customer, the last one holds.

As with points, the order in which they come means nothing: what is known of a customer
is derived from all that no rollback takes back. Where none of them stands, what the
customer centre or a delivered row said stays.
"""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from hanportal.accounts.models import Customer
from hanportal.audit.log import Actor, Subject, record
from meters.models import EventKind, RegisterEvent
from meters.register.recording import CHAIN

Key = tuple[str, str]
"""The sender and its own id."""
Place = tuple[date, int, str]


class Deaths:
    """What some customers' deaths are derived from, locked."""

    def __init__(self, customers: Collection[UUID]) -> None:
        held = Customer.objects.filter(pk__in=customers).order_by("pk")
        self._customers = {
            each.pk: each for each in held.select_for_update(no_key=True)
        }
        self._died_on = {each.pk: each.died_on for each in self._customers.values()}
        self._standing: dict[UUID, dict[Key, Place]] = {pk: {} for pk in customers}
        told = RegisterEvent.objects.standing().filter(kind=EventKind.CUSTOMER_DIED)
        for event in told.filter(customer__in=customers):
            self._stand(event)

    @classmethod
    def touched_by(cls, events: Collection[RegisterEvent]) -> "Deaths":
        """Of the customers that these events are about, as it was before."""
        died = [each for each in events if each.kind == EventKind.CUSTOMER_DIED]
        return cls({each.customer_id for each in died if each.customer_id})

    def add(self, event: RegisterEvent) -> bool:
        """One more; whether it changes anything."""
        self._stand(event)
        return self._derive(event)

    def roll_back(self, event: RegisterEvent) -> bool:
        """One less; whether that changes anything."""
        key = (event.sender, event.sender_id)
        if event.customer_id is None or key not in self._standing[event.customer_id]:
            return False
        del self._standing[event.customer_id][key]
        return self._derive(event)

    def write(self, *, by: Actor, at: datetime) -> None:
        """Keep what has changed, each with its event."""
        for pk, customer in self._customers.items():
            died_on = self._died_on[pk]
            if customer.died_on == died_on:
                continue
            customer.mark_dead(died_on=died_on)
            record(
                chain=CHAIN,
                what="customer.died" if died_on else "customer.death_corrected",
                who=by,
                on=Subject("customer", pk),
                at=at,
                personal={"died_on": died_on.isoformat()} if died_on else None,
            )

    def _stand(self, event: RegisterEvent) -> None:
        if event.customer_id is not None and event.effective_on is not None:
            place = (event.effective_on, event.stated_order, event.sender_id)
            self._standing[event.customer_id][event.sender, event.sender_id] = place

    def _derive(self, event: RegisterEvent) -> bool:
        """Who was told dead by nothing but what is taken back now, lives."""
        pk = event.customer_id
        if pk is None:
            return False
        before = self._died_on[pk]
        standing = self._standing[pk].values()
        if standing:
            self._died_on[pk] = max(standing)[0]
        elif before == event.effective_on:
            self._died_on[pk] = None
        return self._died_on[pk] != before
