"""Batches over HTTP: what came of each item, and of the request as a whole."""

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from hanportal.accounts.models import ApiUse, Customer
from meters.register import locking
from tests.api.machine import Machine, a_machine, outcomes_of, reason_of
from tests.meters.batches import event, holders, rollback
from tests.meters.deliveries import (
    KARI,
    METER_A,
    OLA,
    OLAS_NATIONAL_ID,
    POINT_A,
    POINT_B,
)

PROBLEM = "application/problem+json"
MOVE = event("moved_in", "m-1", "2026-11-01", customer_number=OLA)
BAD = MOVE | {"id": "m-2", "gsrn": "707057500000000019"}


def test_a_move_is_told_and_can_be_read(machine: Machine) -> None:
    answer = machine.post("/events", MOVE)

    assert (answer.status_code, outcomes_of(answer)) == (200, [("m-1", "applied")])
    point = machine.get(f"/metering-points/{POINT_A}").json()
    assert point == {
        "gsrn": POINT_A,
        "active": True,
        "holdings": [
            {
                "customer_number": KARI,
                "starts_on": "2020-01-01",
                "ends_on": "2026-11-01",
            },
            {"customer_number": OLA, "starts_on": "2026-11-01", "ends_on": None},
        ],
        "installations": [
            {
                "manufacturer": "Aidon",
                "serial": METER_A,
                "starts_on": "2018-05-01",
                "ends_on": None,
            }
        ],
    }


def test_some_refused_is_207_and_all_refused_is_422(machine: Machine) -> None:
    some = machine.post("/events", BAD, MOVE)
    again = machine.post("/events", BAD | {"id": "m-3"})

    assert some.status_code == 207
    assert outcomes_of(some) == [("m-2", "gsrn_check_digit"), ("m-1", "applied")]
    assert reason_of(again) == (422, PROBLEM, "all_refused")
    assert again.json()["results"] == [
        {
            "id": "m-3",
            "outcome": "refused",
            "reason": "gsrn_check_digit",
            "field": "gsrn",
            "message": "kontrollsifferet i målepunkt-ID-en stemmer ikke",
            "shape": "9" * 18,
        }
    ]


def test_a_repeat_and_a_conflict(machine: Machine) -> None:
    machine.post("/events", MOVE)

    repeat = machine.post("/events", MOVE)
    conflict = machine.post("/events", MOVE | {"effective_on": "2026-11-02"})

    assert (repeat.status_code, outcomes_of(repeat)) == (200, [("m-1", "unchanged")])
    assert (conflict.status_code, outcomes_of(conflict)) == (422, [("m-1", "conflict")])


def test_an_event_is_read_by_its_own_sender_only(machine: Machine) -> None:
    machine.post("/events", MOVE, rollback("r-1", of="m-1"))

    own = machine.get("/events/m-1").json()
    assert own.pop("received_at")
    assert own == {
        "id": "m-1",
        "kind": "moved_in",
        "effective_on": "2026-11-01",
        "rolls_back": None,
        "outcome": "applied",
        "rolled_back": True,
    }
    assert machine.get("/events/r-1").json()["rolls_back"] == "m-1"
    assert a_machine("kis-2").get("/events/m-1").status_code == 200
    other = a_machine("other-1", sender="other").get("/events/m-1")
    assert reason_of(other) == (404, PROBLEM, "not_found")


def test_customers_land_with_their_national_id_sealed(machine: Machine) -> None:
    answer = machine.post(
        "/customers",
        {
            "id": "c-1",
            "customer_number": OLA,
            "kind": "person",
            "name": "Ola Vestby-Vik",
            "national_id": OLAS_NATIONAL_ID,
            "language": "nn",
            "protected_address": True,
        },
    )

    assert outcomes_of(answer) == [("c-1", "applied")]
    ola = Customer.objects.get(customer_number=OLA)
    assert (ola.name, ola.has_protected_address) == ("Ola Vestby-Vik", True)
    assert ola.open_national_id() == OLAS_NATIONAL_ID
    assert OLAS_NATIONAL_ID not in answer.content.decode()


BODIES: list[tuple[str | bytes, int, str]] = [
    ("", 422, "invalid"),
    ("{", 400, "unreadable"),
    (b"\xff", 400, "unreadable"),
    ("[" * 200_000, 400, "unreadable"),
    ('{"items": [NaN]}', 400, "unreadable"),
    ("[]", 422, "invalid"),
    ("{}", 422, "invalid"),
    ('{"items": {}}', 422, "invalid"),
    ('{"items": []}', 422, "invalid"),
    ('{"items": [1], "more": 1}', 422, "invalid"),
    ('{"items": [1]}', 422, "all_refused"),
    (json.dumps({"items": [MOVE] * 1001}), 422, "invalid"),
    ('{"items": ["' + "x" * 2_100_000 + '"]}', 413, "too_large"),
]


@pytest.mark.parametrize(
    ("body", "status", "reason"), BODIES, ids=[str(b[0][:24]) for b in BODIES]
)
def test_a_body_that_is_no_batch_is_a_problem(
    machine: Machine, body: str | bytes, status: int, reason: str
) -> None:
    assert reason_of(machine.send("/events", body)) == (status, PROBLEM, reason)
    assert holders()[-1][0] == KARI


def test_another_type_than_json_is_a_problem(machine: Machine) -> None:
    body = json.dumps({"items": [MOVE]})

    assert reason_of(machine.send("/events", body, "text/plain")) == (
        415,
        PROBLEM,
        "not_json",
    )


def test_a_problem_repeats_nothing_of_what_was_sent(machine: Machine) -> None:
    bodies = [
        {"items": OLAS_NATIONAL_ID},
        {"items": [{OLAS_NATIONAL_ID: OLAS_NATIONAL_ID}], OLAS_NATIONAL_ID: 1},
        {"items": [MOVE | {"gsrn": OLAS_NATIONAL_ID}]},
        {"items": [OLAS_NATIONAL_ID]},
        [OLAS_NATIONAL_ID],
    ]
    for body in bodies:
        answer = machine.send("/events", json.dumps(body))
        assert answer.status_code == 422
        assert OLAS_NATIONAL_ID not in answer.content.decode()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/events", 405),
        ("DELETE", f"/metering-points/{POINT_A}", 405),
        ("GET", "/nothing/here", 404),
        ("PUT", "/nothing/here", 405),
    ],
)
def test_other_methods_and_addresses_are_problems(
    machine: Machine, method: str, path: str, status: int
) -> None:
    answer = machine.http.generic(method, f"/api/v1{path}")

    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    assert (status != 405) or answer["Allow"]


def test_an_import_that_holds_the_register_is_told_as_such(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_cursor: Any) -> None:
        raise locking.RegisterBusy("Registeret er opptatt.")

    monkeypatch.setattr("meters.register.events.lock_for_batch", busy)

    answer = machine.post("/events", MOVE)

    assert reason_of(answer) == (503, PROBLEM, "register_busy")
    assert answer["Retry-After"] == "30"


def test_requests_are_counted_by_client_and_outcome(
    machine: Machine, settings: Settings
) -> None:
    machine.post("/events", MOVE)
    machine.post("/events", MOVE)
    machine.post("/events", BAD)
    machine.get("/metering-points/707057500999999997")
    machine.token = ""
    machine.post("/events", MOVE)

    assert list(ApiUse.objects.totals()) == [
        ("", "not_proven", 1),
        ("", "ok", 1),
        ("kis-1", "not_found", 1),
        ("kis-1", "ok", 2),
        ("kis-1", "refused", 1),
    ]


def test_a_thousand_events_take_as_many_questions_as_ten(machine: Machine) -> None:
    def told(first: int, number: int) -> int:
        moves = [
            event(
                "moved_in",
                f"m-{first + each}",
                f"2026-{1 + each % 12:02}-{1 + each % 28:02}",
                customer_number=(KARI, OLA)[each % 2],
                gsrn=(POINT_A, POINT_B)[each % 2],
            )
            for each in range(number)
        ]
        with (
            transaction.atomic(),
            CaptureQueriesContext(connection) as queries,
        ):
            assert machine.post("/events", *moves).status_code == 200
            transaction.set_rollback(True)
        return len(queries)

    assert told(0, 1000) <= told(0, 10) + 5
