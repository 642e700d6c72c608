"""What a head-end does with commands when nothing goes wrong on purpose."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.demo.client import (
    SECRETS,
    Client,
    Command,
    new_id,
    reading_request,
    signature,
    signed,
    texts,
)
from tests.demo.conftest import start_simulator
from tests.demo.portal import Portal
from tests.demo.processes import ROOT
from tests.demo.waiting import eventually

EVENT = "//e:EndDeviceEvent"
REPLY = "//cm:EndDeviceControlsResponseMessage/cm:Reply"


def documented(heading: str) -> bytes:
    """The first example under a heading of the wire description."""
    page = (ROOT / "docs" / "head-end-wire.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {heading}", 1)[1]
    return section.split("```xml\n", 1)[1].split("```", 1)[0].strip().encode()


def test_an_opening_is_acknowledged_then_done_then_told(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    address = portal.address()
    command = Command(serials=(meter,), reply_to=address)

    answer = head_ends.command(command)
    callback = portal.next(address)

    assert answer.status == 200
    assert answer.values(f"{REPLY}/h:Result") == ["OK"]
    assert answer.values(f"{REPLY}/h:Error/h:code") == ["0.3"]
    assert answer.values("//h:CorrelationID") == [command.correlation_id]
    assert texts(callback.body, "//h:CorrelationID") == [command.correlation_id]
    assert texts(callback.body, f"{EVENT}/e:EndDeviceEventType/@ref") == ["3.23.0.76"]
    assert texts(callback.body, f"{EVENT}/e:Assets/e:Names/e:name") == [meter]
    assert texts(callback.body, f"{EVENT}/e:issuerTrackingID") == ["HAN-1"]
    assert texts(callback.body, f"{EVENT}/e:EndDeviceEventDetails/*") == [
        "hanPortStatus",
        "Enabled",
    ]
    [effect] = head_ends.get(f"/admin/ledger?serial={meter}")
    assert effect["state"] == "open"
    assert effect["correlation_id"] == command.correlation_id
    assert effect["message_id"] == command.message_id
    assert datetime.fromisoformat(effect["at"]).utcoffset() is not None
    assert head_ends.get(f"/admin/meters/{meter}")["port"] == "open"


def test_a_result_is_signed_with_the_head_ends_secret(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    address = portal.address()
    head_ends.command(Command(serials=(meter,), reply_to=address))

    callback = portal.next(address)

    timestamp = callback.headers["x-hes-timestamp"]
    expected = signature(SECRETS["aidon"], timestamp, callback.body)
    assert callback.headers["x-hes-signature"] == expected
    assert callback.headers["content-type"] == "text/xml; charset=utf-8"


def test_the_signature_is_the_one_of_the_documentation() -> None:
    page = (ROOT / "docs" / "head-end-wire.md").read_text(encoding="utf-8")
    [example] = re.findall(r"`(sha256=[0-9a-f]{64})`", page)

    assert signature("s3cret", "1790000000", b"<a/>") == example


def test_a_closing_after_an_opening_is_carried_out_after_it(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    first, second = portal.address(), portal.address()
    head_ends.command(Command(serials=(meter,), reply_to=first))
    head_ends.command(Command(serials=(meter,), state="closed", reply_to=second))

    callback = portal.next(second)

    assert texts(callback.body, "//@ref") == ["3.23.0.66"]
    assert head_ends.states(meter) == ["open", "closed"]


def test_a_command_sent_twice_is_carried_out_twice(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    address, correlation_id = portal.address(), new_id()
    for _ in range(2):
        head_ends.command(
            Command(serials=(meter,), reply_to=address, correlation_id=correlation_id)
        )

    portal.next(address)
    portal.next(address)

    assert head_ends.states(meter) == ["open", "open"]


def test_a_result_is_repeated_until_the_portal_takes_it(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    address = portal.address(answers=[500, 401, 204])
    head_ends.command(Command(serials=(meter,), reply_to=address))

    bodies = [portal.next(address).body for _ in range(3)]

    assert bodies[1:] == bodies[:-1]


def test_a_concentrator_reports_all_meters_of_a_request_at_once(
    head_ends: Client, portal: Portal, kaifa_meters: tuple[str, str]
) -> None:
    address = portal.address()
    head_ends.command(Command(serials=kaifa_meters, reply_to=address), head_end="kaifa")

    callback = portal.next(address)

    names = texts(callback.body, f"{EVENT}/e:Assets/e:Names/e:name")
    assert names == list(kaifa_meters)


def test_a_meter_of_another_head_end_is_refused(
    head_ends: Client, kaifa_meters: tuple[str, str]
) -> None:
    answer = head_ends.command(Command(serials=(kaifa_meters[0],)))

    assert answer.status == 200
    assert answer.values(f"{REPLY}/h:Result") == ["FAILED"]
    assert answer.values(f"{REPLY}/h:Error/h:code") == ["2.4"]
    assert answer.values(f"{REPLY}/h:Error/h:ID") == [kaifa_meters[0]]


def test_of_two_meters_the_known_one_is_opened(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    address = portal.address()
    answer = head_ends.command(Command(serials=(meter, "nobody"), reply_to=address))

    callback = portal.next(address)

    assert answer.values(f"{REPLY}/h:Result") == ["PARTIAL"]
    assert answer.values(f"{REPLY}/h:Error/h:ID") == ["nobody"]
    assert texts(callback.body, f"{EVENT}/e:Assets/e:Names/e:name") == [meter]


def test_landis_gyr_refuses_to_open_and_agrees_to_close(
    head_ends: Client, portal: Portal, landisgyr_meter: str
) -> None:
    address = portal.address()
    opening = Command(serials=(landisgyr_meter,))
    closing = Command(serials=(landisgyr_meter,), state="closed", reply_to=address)

    refusal = head_ends.command(opening, head_end="landisgyr")
    agreement = head_ends.command(closing, head_end="landisgyr")

    assert refusal.values(f"{REPLY}/h:Error/h:code") == ["2.12"]
    assert agreement.values(f"{REPLY}/h:Result") == ["OK"]
    assert agreement.values(f"{REPLY}/h:Error") == []
    assert texts(portal.next(address).body, "//@ref") == ["3.23.0.66"]


def test_a_reading_says_what_each_port_is(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    address = portal.address()
    before = head_ends.soap(reading_request(meter))
    head_ends.command(Command(serials=(meter,), reply_to=address))
    portal.next(address)

    after = head_ends.soap(reading_request(meter, "nobody"))

    assert before.values("//h:Result") == ["OK"]
    assert before.values(f"{EVENT}//e:value") == ["Disabled"]
    assert after.values("//h:Result") == ["PARTIAL"]
    assert after.values(f"{EVENT}/e:EndDeviceEventDetails/e:value") == ["Enabled"]
    assert after.values(f"{EVENT}/e:Assets/e:Names/e:name") == [meter]
    assert after.values("//h:Error/h:code") == ["2.4"]


@pytest.mark.parametrize("heading", ["1. A command", "4. Reading a meter back"])
def test_the_documented_requests_are_understood(
    head_ends: Client, heading: str
) -> None:
    answer = head_ends.soap(documented(heading))

    assert answer.status == 200
    assert answer.values("//h:Error/h:code") == ["2.4"]


def test_every_answer_to_a_control_is_valid_under_the_public_schemas(
    head_ends: Client, meter: str, valid_control: Callable[[bytes], bool]
) -> None:
    command = Command(serials=(meter,))
    refused = Command(serials=("nobody",))

    assert valid_control(command.xml())
    assert valid_control(documented("1. A command"))
    assert valid_control(documented("2. The immediate answer"))
    assert valid_control(head_ends.command(command).body)
    assert valid_control(head_ends.command(refused).body)
    assert valid_control(head_ends.soap(b"<html/>").body)


@pytest.mark.parametrize("age", [301, -301])
def test_a_signature_from_another_time_is_refused(
    head_ends: Client, meter: str, age: int
) -> None:
    body = Command(serials=(meter,)).xml()

    answer = head_ends.request(
        "POST", "/aidon/soap", body, signed("aidon", body, age=age)
    )

    assert answer.status == 401


def test_a_signature_of_another_head_end_is_refused(
    head_ends: Client, meter: str
) -> None:
    body = Command(serials=(meter,)).xml()

    unsigned = head_ends.request("POST", "/aidon/soap", body)
    foreign = head_ends.request("POST", "/aidon/soap", body, signed("kaifa", body))

    assert (unsigned.status, foreign.status) == (401, 401)
    assert head_ends.states(meter) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"</soap:Envelope>", b"", "1.1"),
        (b"<soap:Envelope", b"<!DOCTYPE a><soap:Envelope", "1.1"),
        (b"soap:", b"h:", "1.1"),
        (b"3.23.0.26", b"3.23.0.99", "1.2"),
        (b"<h:Verb>create</h:Verb>", b"<h:Verb>get</h:Verb>", "2.9"),
        (b"<h:Noun>EndDeviceControls", b"<h:Noun>EndDeviceEvents", "2.5"),
        (b"CreateEndDeviceControls", b"CancelEndDeviceControls", "2.9"),
        (b"<h:Timestamp>2026-03-02T08:15:00Z</h:Timestamp>", b"", "1.4"),
        (b"<h:MessageID>", b"<h:MessageID>not-", "1.2"),
        (b"c:EndDeviceControl>", b"c:Something>", "1.4"),
        (b"<h:Verb>", b"<h:MessageID>x</h:MessageID><h:Verb>", "1.2"),
        (b"c:Names>", b"c:Nicknames>", "1.4"),
    ],
)
def test_a_message_that_breaks_the_profile_gets_a_fault_with_its_code(
    head_ends: Client, meter: str, old: bytes, new: bytes, code: str
) -> None:
    body = Command(serials=(meter,)).xml().replace(old, new)

    answer = head_ends.soap(body)

    assert answer.status == 500
    assert answer.values("//soap:Fault//h:Error/h:code") == [code]
    assert head_ends.states(meter) == []


def test_a_message_of_over_a_mebibyte_is_not_read(
    head_ends: Client, meter: str
) -> None:
    answer = head_ends.soap(Command(serials=(meter,)).xml() + b" " * 1024 * 1024)

    assert answer.status == 413


def test_the_ports_survive_a_killed_simulator(tmp_path: Path, portal: Portal) -> None:
    address = portal.address()
    program, client = start_simulator(tmp_path)
    client.command(Command(serials=("730000",), reply_to=address))
    assert eventually(lambda: client.states("730000"), ["open"]) == ["open"]
    program.kill()

    program, client = start_simulator(tmp_path)

    assert client.states("730000") == ["open"]
    assert client.soap(reading_request("730000")).values("//e:value") == ["Enabled"]
    assert program.stop() == 0
