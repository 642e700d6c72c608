"""Fixtures of the audit tests: a writer, the roles, and an attacker."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction
from psycopg2.extensions import connection as RawConnection  # noqa: N812 -- a class
from uuid6 import uuid7

from hanportal.audit.log import Event, Subject, record
from tests.audit.scene import NOON, SYSTEM, Attack, Write, raw_connection


@pytest.fixture
def order() -> Subject:
    return Subject("order", uuid7())


@pytest.fixture
def write(order: Subject) -> Write:
    """Write an event in a transaction of its own, saying only what matters."""

    def write(
        chain: str = "customer:a",
        *,
        on: Subject | None = None,
        personal: dict[str, str] | None = None,
        number: int = 0,
    ) -> Event:
        with transaction.atomic():
            event_id = record(
                chain=chain,
                what="order.placed",
                who=SYSTEM,
                on=on or order,
                at=NOON,
                facts={"number": number},
                personal=personal,
            )
            return Event.objects.get(id=event_id)

    return write


@pytest.fixture
def owner(committed_database: str) -> Iterator[RawConnection]:
    """Whoever migrates: owns the tables."""
    raw = raw_connection(settings.DATABASE_OWNER_ROLE)
    yield raw
    raw.close()


@pytest.fixture
def application(committed_database: str) -> Iterator[RawConnection]:
    """Web and workers: reads and adds."""
    raw = raw_connection(settings.DATABASE_APPLICATION_ROLE)
    yield raw
    raw.close()


@pytest.fixture
def attacker(committed_database: str) -> Iterator[Attack]:
    """A superuser who has taken the triggers and constraints away."""
    raw = raw_connection("none")
    cursor = raw.cursor()
    cursor.execute(
        """
        ALTER TABLE audit_event DISABLE TRIGGER ALL;
        ALTER TABLE audit_personaldetail DISABLE TRIGGER ALL;
        ALTER TABLE audit_event DROP CONSTRAINT audit_event_one_per_sequence;
        ALTER TABLE audit_event DROP CONSTRAINT audit_event_never_forks;
        """
    )

    def attack(statement: str, *values: object) -> None:
        """Run a statement that must hit rows, or the attack would prove nothing."""
        cursor.execute(statement, values)
        assert cursor.rowcount > 0

    yield attack
    raw.close()


@pytest.fixture
def chain(write: Write) -> list[Event]:
    """Five events in a chain, between two neighbours that nobody touches."""
    write("customer:0")
    events = [
        write("customer:a", number=number, personal={"address": f"Bjørkelia {number}"})
        for number in range(1, 6)
    ]
    write("customer:b")
    return events
