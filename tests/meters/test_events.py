"""Events as the customer system tells them, and what the register says then."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hanportal.accounts.models import Customer
from hanportal.audit.models import Event
from meters.models import MeteringPoint, RegisterEvent
from meters.register import derive_today
from tests.meters.batches import (
    NOW,
    Item,
    event,
    holders,
    meters_at,
    outcomes,
    rollback,
    tell,
)
from tests.meters.conftest import Deliver
from tests.meters.deliveries import (
    KARI,
    KARIS_NATIONAL_ID,
    METER_A,
    METER_B,
    OLA,
    OLAS_NATIONAL_ID,
    POINT_A,
    POINT_B,
    two_homes,
)

A_DAY = timedelta(days=1)
KARI_HOLDS = [(KARI, "2020-01-01", "")]


@pytest.fixture(autouse=True)
def _delivered(deliver: Deliver, tmp_path: Path) -> None:
    deliver(two_homes(tmp_path))


def ola_moves_in(sender_id: str = "m-1", on: str = "2026-11-01") -> Item:
    return event("moved_in", sender_id, on, customer_number=OLA)


def kari_moves_out(sender_id: str = "m-2", on: str = "2026-11-01") -> Item:
    return event("moved_out", sender_id, on, customer_number=KARI)


def kari_by_now(**values: object) -> Item:
    customer = {
        "customer_number": KARI,
        "kind": "person",
        "name": "Kari Nordby",
        "national_id": KARIS_NATIONAL_ID,
        "email": "kari@post.example",
        "phone": "+4799100001",
        "language": "nb",
        "protected_address": False,
    }
    return customer | values


def test_who_moves_in_takes_over_from_the_date() -> None:
    assert outcomes(ola_moves_in()) == ["applied"]

    assert holders() == [(KARI, "2020-01-01", "2026-11-01"), (OLA, "2026-11-01", "")]


def test_who_moves_out_leaves_the_point_empty() -> None:
    assert outcomes(kari_moves_out()) == ["applied"]

    assert holders() == [(KARI, "2020-01-01", "2026-11-01")]


def test_a_late_moving_out_ends_nobody_elses_holding() -> None:
    came, late = outcomes(ola_moves_in(), kari_moves_out(on="2026-11-05"))

    assert (came, late) == ("applied", "no_effect")
    assert holders()[-1] == (OLA, "2026-11-01", "")


def test_out_and_in_on_one_day_is_one_change_of_holder() -> None:
    assert outcomes(ola_moves_in(), kari_moves_out()) == ["applied", "no_effect"]

    assert holders() == [(KARI, "2020-01-01", "2026-11-01"), (OLA, "2026-11-01", "")]


def test_the_senders_own_order_decides_within_a_day() -> None:
    back = event("moved_in", "m-3", "2026-11-01", customer_number=KARI, order=2)
    assert outcomes(back, ola_moves_in() | {"order": 1}) == ["no_effect", "applied"]

    # Ola came and went within the day, and a day is the least that is held.
    assert holders() == [
        (KARI, "2020-01-01", "2026-11-01"),
        (KARI, "2026-11-01", ""),
    ]


def test_moving_in_where_one_lives_changes_nothing() -> None:
    again = event("moved_in", "m-1", "2026-11-01", customer_number=KARI)

    assert outcomes(again) == ["no_effect"]
    assert holders() == KARI_HOLDS


def test_the_same_event_again_changes_nothing_and_another_is_a_conflict() -> None:
    tell(ola_moves_in())

    assert outcomes(ola_moves_in()) == ["unchanged"]
    assert outcomes(ola_moves_in(on="2026-11-02")) == ["conflict: id"]
    assert RegisterEvent.objects.count() == 1
    assert holders()[-1] == (OLA, "2026-11-01", "")


def test_another_senders_ids_are_its_own() -> None:
    tell(ola_moves_in())

    later = ola_moves_in(on="2026-10-01")
    assert outcomes(later, sender="other") == ["applied"]
    assert outcomes(rollback("r-1", of="m-1"), sender="other") == ["applied"]
    assert holders()[-1] == (OLA, "2026-11-01", "")


def test_a_rollback_brings_back_what_was() -> None:
    tell(ola_moves_in())

    assert outcomes(rollback("r-1", of="m-1")) == ["applied"]
    assert holders() == KARI_HOLDS


def test_a_rollback_may_come_before_what_it_rolls_back() -> None:
    assert outcomes(rollback("r-1", of="m-1")) == ["recorded"]
    assert outcomes(ola_moves_in()) == ["no_effect"]

    assert holders() == KARI_HOLDS


def test_a_rollback_is_not_rolled_back() -> None:
    tell(ola_moves_in(), rollback("r-1", of="m-1"))

    assert outcomes(rollback("r-2", of="r-1")) == ["no_effect"]
    assert holders() == KARI_HOLDS


def test_a_supplier_switch_is_taken_and_changes_nothing() -> None:
    assert outcomes(event("supplier_switched", "s-1", "2026-11-01")) == ["no_effect"]

    assert holders() == KARI_HOLDS
    assert RegisterEvent.objects.get().outcome == "no_effect"


def test_a_meter_exchange_puts_the_new_meter_there() -> None:
    exchange = event("meter_exchanged", "x-1", "2026-11-01")
    assert outcomes(exchange | {"manufacturer": "Aidon", "serial": METER_B}) == [
        "applied"
    ]

    assert meters_at() == [
        (METER_A, "2018-05-01", "2026-11-01"),
        (METER_B, "2026-11-01", ""),
    ]
    # A meter sits at one point at a time.
    assert meters_at(POINT_B) == [(METER_B, "2018-05-01", "2026-11-01")]


def test_two_points_swap_their_meters() -> None:
    at_a = event("meter_exchanged", "x-1", "2026-11-01", manufacturer="Aidon")
    at_b = at_a | {"id": "x-2", "gsrn": POINT_B}
    tell(at_a | {"serial": METER_B}, at_b | {"serial": METER_A})

    assert meters_at()[-1] == (METER_B, "2026-11-01", "")
    assert meters_at(POINT_B)[-1] == (METER_A, "2026-11-01", "")

    tell(rollback("r-1", of="x-1"), rollback("r-2", of="x-2"))

    assert meters_at() == [(METER_A, "2018-05-01", "")]
    assert meters_at(POINT_B) == [(METER_B, "2018-05-01", "")]


def is_active() -> bool:
    return MeteringPoint.objects.get(gsrn=POINT_A).is_active


def test_a_point_is_deactivated_and_activated_again() -> None:
    assert outcomes(event("point_deactivated", "d-1", "2026-11-01")) == ["applied"]
    assert not is_active()
    assert outcomes(event("point_reactivated", "d-2", "2026-11-10")) == ["applied"]
    assert is_active()
    assert holders() == KARI_HOLDS


def test_a_deactivation_waits_for_its_date() -> None:
    assert outcomes(event("point_deactivated", "d-1", "2026-11-24")) == ["applied"]

    assert is_active()
    assert derive_today(now=NOW) == 0
    assert is_active()
    assert derive_today(now=NOW + A_DAY) == 1
    assert not is_active()
    assert derive_today(now=NOW + 2 * A_DAY) == 0


def test_dates_are_those_of_oslo() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    tell(event("point_deactivated", "d-1", "2026-11-24"), now=late)

    assert not is_active()


def test_a_changed_person_is_rekeyed_and_keeps_the_point() -> None:
    new = "01908000079"
    changed = event("end_user_changed", "c-1", "2026-11-01")

    assert outcomes(changed | {"customer": kari_by_now(national_id=new)}) == ["applied"]
    kari = Customer.objects.get(customer_number=KARI)
    assert kari.open_national_id() == new
    assert holders() == KARI_HOLDS


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_of_two_changes_of_a_person_the_later_date_holds(
    turned: bool, together: bool
) -> None:
    earlier = event("end_user_changed", "c-1", "2026-11-01")
    later = event("end_user_changed", "c-2", "2026-11-02")
    items = [
        earlier | {"customer": kari_by_now(name="Kari Nordby-Vik")},
        later | {"customer": kari_by_now(name="Kari Vik")},
    ]
    if turned:
        items.reverse()
    batches = [items] if together else [[item] for item in items]
    for batch in batches:
        tell(*batch)

    assert Customer.objects.get(customer_number=KARI).name == "Kari Vik"


def test_a_changed_person_who_cannot_stand_is_refused_with_the_field() -> None:
    changed = event("end_user_changed", "c-1", "2026-11-01")
    taken = changed | {"customer": kari_by_now(national_id=OLAS_NATIONAL_ID)}
    wrong = changed | {"id": "c-2", "customer": kari_by_now(national_id="06896100091")}

    assert outcomes(taken, wrong) == [
        "number_taken: customer.national_id",
        "national_id: customer.national_id",
    ]
    assert RegisterEvent.objects.count() == 0


def test_a_guardian_is_kept_and_says_that_it_is_not_applied() -> None:
    told = event("guardian_appointed", "e-1", "2026-11-01", customer_number=KARI)
    del told["gsrn"]

    assert outcomes(told) == ["recorded"]
    assert RegisterEvent.objects.get().customer == Customer.objects.get(
        customer_number=KARI
    )


BAD: list[tuple[Callable[[Item], object], str]] = [
    (lambda item: item | {"gsrn": "707057500000000019"}, "gsrn_check_digit: gsrn"),
    (lambda item: item | {"gsrn": "70705750000000001"}, "gsrn_length: gsrn"),
    (lambda item: item | {"gsrn": 707057500000000018}, "text_expected: gsrn"),
    (lambda item: item | {"gsrn": "707057500999999997"}, "unknown_reference: gsrn"),
    (lambda item: item | {"effective_on": "2026-02-30"}, "date: effective_on"),
    (lambda item: item | {"effective_on": None}, "missing: effective_on"),
    (lambda item: item | {"customer_number": ""}, "missing: customer_number"),
    (
        lambda item: item | {"customer_number": "K-9"},
        "unknown_reference: customer_number",
    ),
    (lambda item: item | {"kind": "moved"}, "choice: kind"),
    (lambda item: item | {"order": -1}, "number_expected: order"),
    (lambda item: item | {"order": True}, "number_expected: order"),
    (lambda item: item | {"ordr": 1}, "unknown_field: "),
    (lambda item: item | {"id": "a b"}, "sender_id: id"),
    (lambda item: item | {"id": f"p-{KARIS_NATIONAL_ID}"}, "sender_id: id"),
    (lambda item: item | {"id": "m-2"}, "sender_id_twice: id"),
    (lambda item: [item], "object_expected: "),
    (lambda item: item | {"customer_number": "\ud800"}, "characters: customer_number"),
]


@pytest.mark.parametrize(("spoil", "told"), BAD, ids=[told for _, told in BAD])
def test_a_bad_item_is_refused_and_harms_no_neighbour(
    spoil: Callable[[Item], object], told: str
) -> None:
    neighbours = kari_moves_out(on="2026-10-01"), ola_moves_in("m-9")

    got = outcomes(neighbours[0], spoil(ola_moves_in()), neighbours[1])

    assert got == ["applied", told, "applied"]
    assert holders() == [(KARI, "2020-01-01", "2026-10-01"), (OLA, "2026-11-01", "")]


def test_no_result_repeats_what_was_sent() -> None:
    spoilt = [
        ola_moves_in() | {name: KARIS_NATIONAL_ID}
        for name in ("id", "kind", "gsrn", "effective_on", "customer_number", "order")
    ]
    results = tell(
        *spoilt, ola_moves_in() | {KARIS_NATIONAL_ID: "1"}, KARIS_NATIONAL_ID
    )

    assert {result.outcome.value for result in results} == {"refused"}
    told = "".join(f"{result} {result.text}" for result in results)
    assert KARIS_NATIONAL_ID not in told


def test_each_batch_is_an_event_of_the_log_with_numbers_only() -> None:
    tell(ola_moves_in(), kari_moves_out(), ola_moves_in("m-1"))

    written = Event.objects.get(what="register.batch_taken")
    assert (written.actor_kind, written.actor_reference) == ("register", "api:test")
    assert written.facts == {
        "resource": "events",
        "applied": 1,
        "no_effect": 1,
        "refused": 1,
    }
