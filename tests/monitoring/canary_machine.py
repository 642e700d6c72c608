"""The canary as the operator's customer system sends her, right and wrong.

The addresses that machines ask hold no place for her number; the bodies do.
"""

import json
from typing import Any

from tests.api.machine import Machine, a_machine
from tests.meters.batches import Item, event
from tests.monitoring import canary


def her(**values: object) -> Item:
    """Her row, as it is."""
    row: Item = {
        "customer_number": "C-1",
        "kind": "person",
        "name": canary.NAME,
        "national_id": canary.NATIONAL_ID,
        "email": canary.EMAILS[0],
        "language": "nb",
        "protected_address": False,
    }
    return row | values


def sent_by_machine(gsrn: str) -> str:
    """Send everything that may name her; gives all that was answered."""
    machine = a_machine()
    spoilt: dict[str, dict[str, Any]] = {
        "swapped": {"customer_number": canary.NATIONAL_ID, "national_id": "C-1"},
        "misspelt": {canary.NATIONAL_ID: canary.NAME},
        "number": {"national_id": int(canary.NATIONAL_ID)},
        "organisation": {"kind": "organisation"},
        "mail": {"email": canary.NATIONAL_ID, "name": canary.NATIONAL_ID},
    }
    move = event("moved_in", "v-1", "2026-11-01", gsrn=gsrn, customer_number="C-1")
    answers = [
        machine.post("/customers", her(id="r-1")),
        machine.post(
            "/customers", *[her(id=name, **row) for name, row in spoilt.items()]
        ),
        machine.post(
            "/events",
            event("end_user_changed", "e-1", "2026-11-01", customer=her()),
            event("end_user_changed", "e-1", "2026-11-01", customer=her(phone="1")),
            event("end_user_changed", "e-2", "2026-11-01", customer=her(name="")),
            event("customer_died", "e-3", "2026-11-01", customer_number="C-9"),
            *[move | {"id": canary.NATIONAL_ID, name: canary.NAME} for name in move],
        ),
        machine.post("/holdings", move | {"id": canary.NATIONAL_ID}),
        machine.get(f"/metering-points/{gsrn}"),
        machine.get("/events/e-1"),
        *_unreadable(machine),
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [200, 422, 207, 422, 200, 200, 400, 422, 415, 401, 400]
    return "\n".join(f"{a.content.decode()} {dict(a.headers)}" for a in answers)


def _unreadable(machine: Machine) -> list[object]:
    number = canary.NATIONAL_ID
    return [
        machine.send("/customers", f'{{"items": [{number}'),
        machine.send("/customers", json.dumps({number: canary.NAME})),
        machine.send("/customers", number, "text/plain"),
        machine.ask_for_token(client_id=number, client_secret=canary.NAME),
        machine.ask_for_token(scope=number),
    ]
