"""Deaths that a machine tells of: as events in any order, and in customers' rows."""

from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from django.db import transaction

from hanportal.accounts.models import Customer
from hanportal.audit.models import Event
from tests.meters.batches import Item, event, outcomes, rollback, tell, upsert
from tests.meters.conftest import Deliver
from tests.meters.deliveries import KARI, KARIS_NATIONAL_ID, one_home, two_homes
from tests.meters.test_people import a_business, with_deaths


@pytest.fixture(autouse=True)
def _delivered(deliver: Deliver, tmp_path: Path) -> None:
    deliver(a_business(two_homes(tmp_path)))


def died(sender_id: str = "d-1", on: str = "2026-11-20", **values: object) -> Item:
    return event("customer_died", sender_id, on, customer_number=KARI) | values


def kari_died_on() -> date | None:
    return Customer.objects.get(customer_number=KARI).died_on


def kari(**values: object) -> Item:
    row: Item = {
        "id": "k-1",
        "customer_number": KARI,
        "kind": "person",
        "name": "Kari Nordby",
        "national_id": KARIS_NATIONAL_ID,
        "email": "kari@post.example",
        "phone": "+4799100001",
        "language": "nb",
        "protected_address": False,
    }
    return row | values


def test_a_death_is_kept_of_the_customer_with_its_event() -> None:
    assert outcomes(died()) == ["applied"]

    assert kari_died_on() == date(2026, 11, 20)
    (told,) = Event.objects.filter(what="customer.died")
    assert told.subject_id == Customer.objects.get(customer_number=KARI).id
    assert told.actor_reference == "api:test"
    assert outcomes(died(), died("d-2")) == ["unchanged", "no_effect"]
    assert Event.objects.filter(what="customer.died").count() == 1


def test_a_rollback_takes_a_death_back_and_another_that_stands_holds() -> None:
    tell(died(), died("d-2", "2026-11-21"))
    assert kari_died_on() == date(2026, 11, 21)

    assert outcomes(rollback("r-2", of="d-2")) == ["applied"]
    assert kari_died_on() == date(2026, 11, 20)
    assert outcomes(rollback("r-1", of="d-1")) == ["applied"]
    assert kari_died_on() is None
    assert outcomes(rollback("r-3", of="d-1")) == ["no_effect"]
    assert Event.objects.filter(what="customer.death_corrected").count() == 1


def test_the_order_of_arrival_means_nothing() -> None:
    story = [
        died(),
        died("d-2", "2026-11-22"),
        rollback("r-2", of="d-2"),
        died("d-3", "2026-11-21", order=1),
    ]
    for order in permutations(story):
        for batches in ([order], [[item] for item in order]):
            with transaction.atomic():
                for batch in batches:
                    tell(*batch)
                assert kari_died_on() == date(2026, 11, 21)
                transaction.set_rollback(True)


def test_no_business_dies() -> None:
    business = died("d-1", customer_number="B-1")

    assert outcomes(business, died("d-2")) == [
        "not_for_this_kind: customer_number",
        "applied",
    ]


def test_what_the_customer_centre_learnt_stays_where_no_event_stands() -> None:
    tell(died())
    Customer.objects.filter(customer_number=KARI).update(died_on=date(2026, 11, 18))

    assert outcomes(rollback("r-1", of="d-1")) == ["no_effect"]

    assert kari_died_on() == date(2026, 11, 18)


def test_a_customers_row_may_say_it_and_an_empty_one_says_nothing() -> None:
    assert upsert("customers", kari()) == ["unchanged"]
    assert upsert("customers", kari(died_on="2026-11-20")) == ["applied"]
    assert kari_died_on() == date(2026, 11, 20)
    assert upsert("customers", kari(died_on="2026-11-20")) == ["unchanged"]
    for silent in ("", None):
        assert upsert("customers", kari(died_on=silent)) == ["unchanged"]
    assert kari_died_on() == date(2026, 11, 20)
    (told,) = Event.objects.filter(what="customer.died")
    assert told.actor_reference == "api:test"


def test_a_changed_end_user_may_be_told_dead() -> None:
    row = kari(died_on="2026-11-20")
    del row["id"]

    changed = event("end_user_changed", "c-1", "2026-11-20", customer=row)

    assert outcomes(changed) == ["applied"]
    assert kari_died_on() == date(2026, 11, 20)


def test_a_row_and_a_file_lie_beneath_an_event(
    deliver: Deliver, tmp_path: Path
) -> None:
    tell(died())

    assert upsert("customers", kari(died_on="2026-11-01")) == ["unchanged"]
    deliver(with_deaths(one_home(tmp_path / "b"), "2026-11-02"))

    assert kari_died_on() == date(2026, 11, 20)
