"""What can be wrong with results and readings. Faults are named as in the docs."""

import pytest

from tests.demo.client import Client, Command, new_id, reading_request, texts
from tests.demo.faulty import send_under, settle
from tests.demo.portal import Portal


@pytest.mark.parametrize(
    ("fault", "ref", "details", "effects"),
    [
        ("F18", "3.23.0.44", [], ["open"]),
        ("F33", "3.23.0.225", [], []),
        ("F34", "3.23.0.76", ["hanPortStatus", "Enabled"], []),
        ("F42", "3.23.0.64", [], []),
        (
            "FAIL",
            "3.23.0.221",
            ["hanPortStatus", "Disabled", "errorCode", "5.3"],
            [],
        ),
    ],
)
def test_a_result_can_say_something_else_than_what_happened(
    head_ends: Client,
    portal: Portal,
    meter: str,
    *,
    fault: str,
    ref: str,
    details: list[str],
    effects: list[str],
) -> None:
    _answer, address = send_under(head_ends, portal, meter, fault=fault)

    result = portal.next(address).body

    assert texts(result, "//@ref") == [ref]
    assert texts(result, "//e:EndDeviceEventDetails/*") == details
    assert head_ends.states(meter) == effects


def test_f20_leaves_out_the_zone(head_ends: Client, portal: Portal, meter: str) -> None:
    _answer, address = send_under(head_ends, portal, meter, fault="F20")

    [moment] = texts(portal.next(address).body, "//e:createdDateTime")

    assert (len(moment), moment[-1].isdigit()) == (23, True)


def test_f23_never_gives_a_result(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    _answer, address = send_under(head_ends, portal, meter, fault="F23")

    settle(head_ends, portal, meter)
    assert head_ends.states(meter) == ["open", "closed"]
    assert portal.waiting(address) == 0


def test_f24_gives_the_same_result_three_times(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    _answer, address = send_under(head_ends, portal, meter, fault="F24")

    bodies = [portal.next(address).body for _ in range(3)]

    assert bodies[1:] == bodies[:-1]


def test_f25_gives_the_result_before_the_acknowledgement(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    answer, address = send_under(head_ends, portal, meter, fault="F25")

    assert portal.waiting(address) == 1
    assert answer.values("//h:code") == ["0.3"]


def test_f30_tells_of_a_correlation_that_nobody_knows(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    stranger = new_id()
    _answer, address = send_under(
        head_ends, portal, meter, fault="F30", parameter=stranger
    )

    assert texts(portal.next(address).body, "//h:CorrelationID") == [stranger]


def test_f31_sends_a_forgery_and_a_replay_before_the_real_result(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    _answer, address = send_under(head_ends, portal, meter, fault="F31")

    forged, replayed, real = [portal.next(address) for _ in range(3)]

    assert forged.body == replayed.body == real.body
    signatures = {it.headers["x-hes-signature"] for it in (forged, replayed, real)}
    assert len(signatures) == 3
    ages = [
        int(real.headers["x-hes-timestamp"]) - int(it.headers["x-hes-timestamp"])
        for it in (forged, replayed)
    ]
    assert [age > 300 for age in ages] == [False, True]


def test_a_delayed_opening_lands_after_a_later_closing(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    _answer, address = send_under(
        head_ends, portal, meter, fault="DELAY", parameter=0.5
    )

    settle(head_ends, portal, meter)
    portal.next(address)

    assert head_ends.states(meter) == ["closed", "open"]


def test_readings_fail_in_their_own_ways(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    settle(head_ends, portal, meter)
    said = []
    for fault, more in (
        ("F29", {}),
        ("F36", {}),
        ("F42", {"operation": "read"}),
        ("UNREADABLE", {"parameter": "5.1"}),
        ("F10", {"operation": "read"}),
    ):
        head_ends.set_fault(fault, meter, **more)
        said.append(head_ends.soap(reading_request(meter)))

    missing, stale, offline, busy, unauthorised = said
    assert missing.values("//h:Result") == ["OK"]
    assert missing.values("//e:EndDeviceEvent") == []
    assert stale.values("//e:value") == ["Disabled"]
    assert offline.values("//h:code") == ["4.1"]
    assert busy.values("//h:code") == ["5.1"]
    assert unauthorised.status == 401


def test_f36_reads_what_the_port_was_before(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    address = portal.address()
    head_ends.command(Command(serials=(meter,), reply_to=address))
    portal.next(address)
    settle(head_ends, portal, meter)
    head_ends.set_fault("F36", meter)

    stale = head_ends.soap(reading_request(meter))

    opened = head_ends.get(f"/admin/ledger?serial={meter}")[0]["at"]
    assert stale.values("//e:value") == ["Enabled"]
    assert stale.values("//e:createdDateTime") == [f"{opened[:23]}Z"]
