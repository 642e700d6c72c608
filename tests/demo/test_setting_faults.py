"""Setting faults: for whom, how often, and what is refused."""

import pytest

from tests.demo.client import Client, Command
from tests.demo.faulty import send_under
from tests.demo.portal import Portal


def test_a_fault_strikes_as_often_as_it_was_told(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    first, _address = send_under(head_ends, portal, meter, fault="F07", times=2)
    others = [head_ends.command(Command(serials=(meter,))) for _ in range(2)]

    assert [it.status for it in (first, *others)] == [500, 500, 200]


def test_a_fault_can_strike_a_prefix_or_a_whole_head_end_until_it_is_cleared(
    head_ends: Client, kaifa_meters: tuple[str, str]
) -> None:
    commands = [Command(serials=(serial,)) for serial in kaifa_meters]
    prefix = {"scope": "prefix", "key": kaifa_meters[0][:6], "fault": "F07"}
    everyone = {"scope": "head_end", "key": "kaifa", "fault": "F10", "times": None}

    head_ends.post("/admin/faults", prefix)
    one = [head_ends.command(it, head_end="kaifa").status for it in commands]
    head_ends.post("/admin/faults", everyone)
    both = [head_ends.command(it, head_end="kaifa").status for it in commands]
    cleared = head_ends.request("DELETE", "/admin/faults?key=kaifa").json()
    neither = [head_ends.command(it, head_end="kaifa").status for it in commands]

    assert (one, both, neither) == ([500, 200], [401, 401], [200, 200])
    assert cleared == {"cleared": 1}


def test_every_fault_there_is_can_be_set(head_ends: Client) -> None:
    kinds = head_ends.get("/admin/fault-kinds")

    answers = [head_ends.set_fault(fault, "nobody").status for fault in kinds]
    set_now = [it["fault"] for it in head_ends.get("/admin/faults")]
    head_ends.request("DELETE", "/admin/faults?key=nobody")

    assert answers == [201] * len(kinds)
    assert set_now == list(kinds)
    assert head_ends.get("/admin/faults") == []


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"fault": "F99", "key": "1"}, "no fault is called 'F99'"),
        ({"fault": "F07"}, "key is missing"),
        ({"fault": "F07", "key": "1", "who": 1}, "unknown fields: ['who']"),
        (
            {"fault": "F07", "key": "1", "times": 0},
            "times must be a positive number, or null for no end",
        ),
        (
            {"fault": "F24", "key": "1", "parameter": "many"},
            "parameter 'many': invalid literal for int() with base 10: 'many'",
        ),
        (
            {"fault": "F23", "key": "1", "operation": "read"},
            "F23 can't strike 'read'",
        ),
    ],
)
def test_a_fault_that_can_not_be_set_is_explained(
    head_ends: Client, document: dict[str, object], reason: str
) -> None:
    answer = head_ends.post("/admin/faults", document)

    assert (answer.status, answer.json()) == (400, {"error": reason})
