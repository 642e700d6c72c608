"""A street with several consents, given one after the other."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.db import connection

from hanportal.accounts.models import Customer
from orders.models import Consent
from tests.orders.world import World, a_customer, a_point_with_meter

GUARDED_TABLES = (
    "audit_event",
    "audit_personaldetail",
    "orders_consent",
    "orders_terms",
)
NATIONAL_IDS = ("01908000230", "01908000311", "01908000583", "01908000664")


def as_superuser(statement: str) -> None:
    """What nobody may do through the application: past roles and triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET ROLE NONE")
        for table in GUARDED_TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute(statement)
        cursor.execute("RESET ROLE")


def hang_up(answer: object) -> None:
    """What a server does when the reader is gone, but for closing the database."""
    for close in answer._resource_closers:  # type: ignore[attr-defined]
        close()


@dataclass
class Street:
    """The world's customer and their neighbours."""

    world: World
    neighbours: list[Customer] = field(default_factory=list)

    def consent(self) -> Consent:
        """The world's customer orders, which is to consent."""
        order = self.world.order_opening()
        assert order.consent is not None
        return order.consent

    def neighbour(
        self,
        name: str,
        *,
        after: timedelta,
        has_protected_address: bool = False,
    ) -> Consent:
        """Somebody else moves in and consents some time after the world's now."""
        number = len(self.neighbours) + 2
        customer = a_customer(f"K{number}", national_id=NATIONAL_IDS[number - 2])
        Customer.objects.filter(pk=customer.pk).update(
            name=name, has_protected_address=has_protected_address
        )
        customer.refresh_from_db()
        self.neighbours.append(customer)
        point, _port = a_point_with_meter(
            customer, self.world.head_end, number=10 + number
        )
        now = self.world.now + after
        fresh = replace(self.world.identification(), authenticated_at=now)
        order = self.world.order_opening(
            customer=customer, metering_point=point, now=now, identification=fresh
        )
        assert order.consent is not None
        return order.consent

    def many(self, count: int) -> list[Consent]:
        """One customer consents for many points, all at the same moment."""
        consents = []
        for number in range(count):
            point, _port = a_point_with_meter(
                self.world.customer, self.world.head_end, number=100 + number
            )
            order = self.world.order_opening(metering_point=point)
            assert order.consent is not None
            consents.append(order.consent)
        return consents
