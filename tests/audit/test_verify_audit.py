"""`manage.py verify_audit`: what it says to people and to machines."""

import json
from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command

from hanportal.audit.log import Event
from tests.audit.scene import AT_3, Attack


def run(*arguments: str) -> tuple[str, str | None]:
    """The command's output, and what it failed with."""
    output = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=output)
    except CommandError as error:
        return output.getvalue(), str(error)
    return output.getvalue(), None


def test_the_command_says_what_it_saw(
    committed_database: str, chain: list[Event]
) -> None:
    output, failure = run("--heads")

    assert failure is None
    assert output.splitlines()[1] == f"HEAD customer:a #5 {chain[4].hash.hex()}"
    assert output.splitlines()[3] == (
        "7 events in 3 chains: nothing broken. Personal details: 5 kept, 0 erased."
    )
    assert output.count("It does not prove that ") == 1


def test_the_command_fails_and_names_the_damage(
    attacker: Attack, chain: list[Event]
) -> None:
    attacker(f"UPDATE audit_event SET what = 'order.forged' {AT_3}")

    output, failure = run()

    assert output.splitlines()[0] == (
        "BROKEN customer:a #3: column: a column tells another `what` than the bytes"
    )
    assert failure == "The log is broken in 1 place."
    assert run("--chain", "customer:b")[1] is None
    assert run("--chain", "customer:a")[1] == failure


def test_the_command_speaks_to_machines(attacker: Attack, chain: list[Event]) -> None:
    attacker(f"UPDATE audit_event SET what = 'order.forged' {AT_3}")
    attacker("DELETE FROM audit_personaldetail WHERE event_id = %s", str(chain[0].id))

    output, failure = run("--json")
    document: dict[str, Any] = json.loads(output)

    assert failure == "The log is broken in 1 place."
    assert document == {
        "intact": False,
        "chains": 3,
        "events": 7,
        "commitments": 5,
        "details": 4,
        "erased": 1,
        "damaged": 1,
        "damages": [
            {
                "chain": "customer:a",
                "sequence": 3,
                "kind": "column",
                "sentence": "a column tells another `what` than the bytes",
            }
        ],
        "heads": [],
    }


def test_a_chain_that_is_not_there_is_a_failure(committed_database: str) -> None:
    assert run("--chain", "customer:gone")[1] == "There is no chain customer:gone."
    assert run()[1] is None
