"""Rows of the register, a batch at a time: checked exactly as whole files are."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hanportal.accounts.models import Customer
from meters.models import HanPort, HeadEnd
from meters.register.rows import take_rows
from tests.meters.batches import BY, SENDER, Item, holders, meters_at, upsert
from tests.meters.deliveries import (
    KARI,
    KARIS_NATIONAL_ID,
    METER_A,
    OLA,
    OLAS_NATIONAL_ID,
    ORGANISATION_NUMBER,
    POINT_A,
    SOUND,
)

BOOLEANS = {"active", "protected_address"}
pytestmark = pytest.mark.usefixtures("head_end")


def row(resource: str, sender_id: str = "1", **values: object) -> Item:
    """A sound row as JSON, but for the values given."""
    sound: Item = {
        name: value == "yes" if name in BOOLEANS else value
        for name, value in SOUND[resource].items()
    }
    return {"id": sender_id} | sound | values


def a_home() -> None:
    for resource in SOUND:
        assert upsert(resource, row(resource)) == ["applied"]


def test_a_home_lands_row_by_row() -> None:
    a_home()

    assert holders() == [(KARI, "2020-01-01", "")]
    assert meters_at() == [(METER_A, "2018-05-01", "")]
    assert HanPort.objects.get().meter.serial == METER_A
    assert Customer.objects.get().open_national_id() == KARIS_NATIONAL_ID


def test_the_same_rows_again_change_nothing() -> None:
    a_home()

    assert {upsert(name, row(name))[0] for name in SOUND} == {"unchanged"}


def test_another_value_of_a_known_key_is_a_change() -> None:
    a_home()

    assert upsert("customers", row("customers", name="Kari Vik")) == ["applied"]
    assert Customer.objects.get().name == "Kari Vik"


def test_what_is_absent_is_empty() -> None:
    a_home()
    thin = row("customers")
    del thin["email"]

    assert upsert("customers", thin) == ["applied"]
    assert Customer.objects.get().email == ""


@pytest.mark.parametrize(
    ("resource", "values", "told"),
    [
        ("metering_points", {"gsrn": "707057500012345678"}, "gsrn_check_digit: gsrn"),
        ("metering_points", {"active": "yes"}, "boolean_expected: active"),
        ("metering_points", {"active": None}, "missing: active"),
        ("metering_points", {"postal_code": 155}, "text_expected: postal_code"),
        ("metering_points", {"city": "x" * 61}, "too_long: city"),
        ("meters", {"head_end": "nobody"}, "unknown_head_end: head_end"),
        ("meters", {"serial": "a/b"}, "serial: serial"),
        ("meters", {"han_capability": "maybe"}, "choice: han_capability"),
        ("customers", {"national_id": "06896100091"}, "national_id: national_id"),
        ("customers", {"national_id": ""}, "missing: national_id"),
        ("customers", {"national_id": 6896100090}, "text_expected: national_id"),
        (
            "customers",
            {"organisation_number": ORGANISATION_NUMBER},
            "not_for_this_kind: organisation_number",
        ),
        ("customers", {"email": "kari"}, "email: email"),
        ("customers", {"language": "se"}, "choice: language"),
        ("customers", {"phone": "\ud8001"}, "phone: phone"),
        ("customers", {"nationalid": "x"}, "unknown_field: "),
        ("installations", {"gsrn": POINT_A}, "unknown_reference: gsrn"),
        ("holdings", {"ends_on": "2020-01-01"}, "empty_period: ends_on"),
        ("holdings", {"starts_on": "20200101"}, "date: starts_on"),
    ],
)
def test_a_bad_row_is_refused_with_its_field(
    resource: str, values: dict[str, Any], told: str
) -> None:
    assert upsert(resource, row(resource, **values)) == [told]


def test_a_bad_row_harms_no_neighbour() -> None:
    ola = {"customer_number": OLA, "national_id": OLAS_NATIONAL_ID}

    got = upsert(
        "customers",
        row("customers", "a"),
        row("customers", "b", customer_number=OLA),
        row("customers", "b", **ola),
        "customer",
        row("customers", "c", **ola | {"customer_number": "K-3"}),
    )

    assert got == [
        "applied",
        "number_twice: national_id",
        "sender_id_twice: id",
        "object_expected: ",
        "applied",
    ]
    assert Customer.objects.count() == 2


def test_overlapping_rows_are_refused_together() -> None:
    a_home()
    first = row("holdings", "1", starts_on="2026-01-01")
    second = row("holdings", "2", starts_on="2026-06-01", ends_on="2026-07-01")

    assert upsert("holdings", first, second) == ["overlap: gsrn", "overlap: gsrn"]
    assert holders() == [(KARI, "2020-01-01", "")]


def test_a_large_batch_takes_few_questions(
    django_assert_max_num_queries: Any,
) -> None:
    assert HeadEnd.objects.exists()
    points = [
        row(
            "metering_points",
            str(number),
            gsrn=gsrn(number),
            street_address=f"Vei {number}",
        )
        for number in range(1000)
    ]
    with django_assert_max_num_queries(30):
        results = take_rows(
            resource="metering_points",
            items=points,
            sender=SENDER,
            by=BY,
            now=datetime(2026, 11, 23, tzinfo=UTC),
        )
    assert {result.outcome.value for result in results} == {"applied"}
    assert [result.sender_id for result in results] == [str(n) for n in range(1000)]


def gsrn(number: int) -> str:
    """A GSRN with its check digit."""
    digits = f"70705750{number:09}"
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(digits))
    return f"{digits}{-total % 10}"
