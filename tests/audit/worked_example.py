"""The two events that docs/audit-format.md works through."""

from datetime import UTC, datetime
from uuid import UUID

from hanportal.audit.format import (
    Actor,
    ActorKind,
    Entry,
    Subject,
    commitment,
    event_hash,
    genesis,
)


def fixed_uuid(number: int) -> UUID:
    """UUIDs that golden bytes can be written down for."""
    return UUID(f"01960000-0000-7000-8000-{number:012x}")


CHAIN = f"customer:{fixed_uuid(1)}"
SALT = bytes(range(32))
VALUE = "Bjørkelia 1"
CUSTOMER = Actor(ActorKind.CUSTOMER, str(fixed_uuid(1)))
CONSENT = Subject("consent", fixed_uuid(2))
ORDER = Subject("order", fixed_uuid(3))
COMMITMENT = commitment(salt=SALT, name="address", value=VALUE)

FIRST = Entry(
    chain=CHAIN,
    sequence=1,
    id=fixed_uuid(4),
    what="consent.given",
    who=CUSTOMER,
    on=CONSENT,
    at=datetime(2026, 3, 2, 12, 0, 0, 1, tzinfo=UTC),
    facts={"terms": "Vilkår", "version": 3, "statements": ["meter_is_secured"]},
    commitments={"address": COMMITMENT},
)
SECOND = Entry(
    chain=CHAIN,
    sequence=2,
    id=fixed_uuid(5),
    what="order.placed",
    who=CUSTOMER,
    on=ORDER,
    at=datetime(2026, 3, 2, 12, 0, 0, 1, tzinfo=UTC),
    facts={},
    commitments={},
)


def worked_example() -> dict[str, str]:
    """Every value of the example under the name that the page gives it."""
    first, second = FIRST.canonical(), SECOND.canonical()
    start = genesis(CHAIN)
    first_hash = event_hash(start, first)
    return {
        "chain": CHAIN,
        "genesis": start.hex(),
        "salt": SALT.hex(),
        "name": "address",
        "value": VALUE,
        "commitment": COMMITMENT.hex(),
        "event 1": first.decode(),
        "hash 1": first_hash.hex(),
        "event 2": second.decode(),
        "hash 2": event_hash(first_hash, second).hex(),
    }
