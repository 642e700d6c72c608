"""What can be wrong with the answer to a command. Faults are named as in the docs."""

import http.client

import pytest

from tests.demo.client import Client, Command, new_id
from tests.demo.faulty import send_under, settle
from tests.demo.portal import Portal
from tests.demo.waiting import eventually

GONE = (http.client.RemoteDisconnected, ConnectionResetError)
CUT = (http.client.IncompleteRead, ConnectionResetError)


def test_f04_loses_the_answer_and_executes_nothing(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    with pytest.raises(GONE):
        send_under(head_ends, portal, meter, fault="F04")

    settle(head_ends, portal, meter)
    assert head_ends.states(meter) == ["closed"]


def test_f05_loses_the_answer_but_executes(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    with pytest.raises(GONE):
        send_under(head_ends, portal, meter, fault="F05")

    assert eventually(lambda: head_ends.states(meter), ["open"]) == ["open"]


def test_f06_resets_the_connection_in_the_middle_of_the_body(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    with pytest.raises(CUT):
        send_under(head_ends, portal, meter, fault="F06")

    assert eventually(lambda: head_ends.states(meter), ["open"]) == ["open"]


@pytest.mark.parametrize(
    ("fault", "status", "effects"),
    [
        ("F07", 500, ["closed"]),
        ("F07X", 500, ["open", "closed"]),
        ("F09", 503, ["closed"]),
        ("F10", 401, ["closed"]),
    ],
)
def test_a_bare_status_comes_instead_of_the_answer(
    head_ends: Client,
    portal: Portal,
    meter: str,
    *,
    fault: str,
    status: int,
    effects: list[str],
) -> None:
    answer, _address = send_under(head_ends, portal, meter, fault=fault)

    settle(head_ends, portal, meter)
    assert (answer.status, answer.body) == (status, b"")
    assert head_ends.states(meter) == effects


def test_f08_lets_the_answer_drip(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    answer, _address = send_under(
        head_ends, portal, meter, fault="F08", parameter="0.05"
    )

    assert answer.values("//h:Result") == ["OK"]


def test_f09_says_when_to_come_back(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    answer, _address = send_under(head_ends, portal, meter, fault="F09", parameter=7)

    assert answer.headers["retry-after"] == "7"


def test_f11_is_a_soap_fault(head_ends: Client, portal: Portal, meter: str) -> None:
    answer, _address = send_under(head_ends, portal, meter, fault="F11")

    assert answer.status == 500
    assert answer.values("//soap:Fault//h:code") == ["1.2"]


@pytest.mark.parametrize(
    ("fault", "beginning", "longest"),
    [
        ("F12", b"<!doctype html>", 200),
        ("F13", b"<?xml", 900),
        ("F21", b"<!DOCTYPE soap", 4_000),
        ("F22", b"<?xml", 20_000_000),
    ],
)
def test_an_answer_can_be_no_message_at_all_while_the_port_opens(
    head_ends: Client,
    portal: Portal,
    meter: str,
    *,
    fault: str,
    beginning: bytes,
    longest: int,
) -> None:
    answer, address = send_under(head_ends, portal, meter, fault=fault)

    portal.next(address)
    assert answer.status == 200
    assert answer.body[: len(beginning)] == beginning
    assert longest // 10 < len(answer.body) < longest
    assert head_ends.states(meter) == ["open"]


def test_answers_to_other_questions(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    asked = new_id()
    command = Command(serials=(meter,), correlation_id=asked)
    said = []
    for fault in ("F14", "F15", "F16", "F17", "F28"):
        head_ends.set_fault(fault, meter)
        said.append(head_ends.command(command))

    without_result, wrong, without, fine, partial = said
    assert without_result.values("//h:Result") == []
    assert [wrong.values("//h:CorrelationID") == [asked]] == [False]
    assert without.values("//h:CorrelationID") == []
    assert fine.values("//h:Result") + fine.values("//h:code") == ["OK", "0.0"]
    assert partial.values("//h:Result") == ["PARTIAL"]


@pytest.mark.parametrize(
    ("fault", "more", "code"),
    [
        ("REFUSE", {}, "2.4"),
        ("REFUSE", {"parameter": "2.12"}, "2.12"),
        ("F19", {}, "9.9"),
    ],
)
def test_a_command_is_refused_with_the_code_asked_for(
    head_ends: Client,
    portal: Portal,
    meter: str,
    *,
    fault: str,
    more: dict[str, str],
    code: str,
) -> None:
    answer, _address = send_under(head_ends, portal, meter, fault=fault, **more)

    settle(head_ends, portal, meter)
    assert answer.values("//h:Result") == ["FAILED"]
    assert answer.values("//h:Error/h:code") == [code]
    assert head_ends.states(meter) == ["closed"]
