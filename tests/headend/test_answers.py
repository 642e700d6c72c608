"""What the immediate answer to a command means, code by code."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from meters.headend import Fault, Report, Submission
from meters.headend.cim_results import read_back_of, submission_of
from meters.headend.profile_data import STRICT
from meters.headend.transport import Received
from meters.states import ReportedState, ReportSource
from tests.headend import said
from tests.headend.doubles import COMMAND_ID, NOW, SERIAL, command


def submission(
    body: bytes, *, status: int = 200, fault: Fault | None = None
) -> Submission:
    received = Received(message_id=uuid4(), status=status, body=body, fault=fault)
    return submission_of(received, command=command(), received_at=NOW, profile=STRICT)


def reading(body: bytes) -> Report:
    received = Received(message_id=COMMAND_ID, status=200, body=body)
    return read_back_of(received, serial=SERIAL, received_at=NOW, profile=STRICT)


@pytest.mark.parametrize("errors", ["", said.error("0.0"), said.error("0.3")])
def test_f17_an_ok_is_an_acknowledgement_also_with_an_error_that_is_none(
    errors: str,
) -> None:
    answer = submission(said.acknowledgement(COMMAND_ID, errors=errors))

    assert answer.fault is None


def test_the_head_ends_own_reference_is_kept() -> None:
    answer = submission(said.acknowledgement(COMMAND_ID, reference="aidon-000042"))

    assert answer == Submission(command_id=COMMAND_ID, hes_reference="aidon-000042")


@pytest.mark.parametrize("correlation_id", [None, uuid4(), "not-a-uuid", ""])
def test_f15_f16_an_answer_to_something_else_is_ambiguous(
    correlation_id: object,
) -> None:
    body = said.acknowledgement(correlation_id)  # type: ignore[arg-type]  # hostile

    assert submission(body).fault == Fault.AMBIGUOUS


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("0.1", Fault.NOT_FINAL),
        ("0.2", Fault.AMBIGUOUS),
        ("1.1", Fault.CONTRACT),
        ("1.99", Fault.CONTRACT),
        ("2.4", Fault.REJECTED),
        ("2.5", Fault.CONTRACT),
        ("2.9", Fault.CONTRACT),
        ("2.12", Fault.REJECTED),
        ("2.13", Fault.REJECTED),
        ("3.1", Fault.THROTTLED),
        ("3.2", Fault.THROTTLED),
        ("4.1", Fault.UNREACHABLE),
        ("5.1", Fault.THROTTLED),
        ("5.2", Fault.UNREACHABLE),
        ("5.3", Fault.UNREACHABLE),
        ("6.1", Fault.REJECTED),
        ("6.2", Fault.NOT_FINAL),
        ("6.3", Fault.NOT_FINAL),
        ("6.4", Fault.NOT_FINAL),
        ("6.5", Fault.REJECTED),
        ("7.2", Fault.AUTH),
    ],
)
def test_a_reply_code_has_the_fault_of_the_table(code: str, fault: Fault) -> None:
    body = said.acknowledgement(
        COMMAND_ID, result="FAILED", errors=said.error(code, reason="Because")
    )

    assert submission(body) == Submission(
        command_id=COMMAND_ID, fault=fault, code=code, detail="Because"
    )


@pytest.mark.parametrize("code", ["0.7", "6.9", "8.1", "24", "", "OK", "٢.٤", "-1.0"])
@pytest.mark.parametrize("result", ["OK", "PARTIAL", "FAILED"])
def test_f19_an_unknown_code_is_ambiguous_and_never_success(
    code: str, result: str
) -> None:
    body = said.acknowledgement(COMMAND_ID, result=result, errors=said.error(code))

    assert submission(body).fault == Fault.AMBIGUOUS


@pytest.mark.parametrize("result", ["FAILED", "PARTIAL", "ok", "", "MAYBE"])
def test_f28_anything_but_ok_without_a_reason_is_ambiguous(result: str) -> None:
    body = said.acknowledgement(COMMAND_ID, result=result, errors=said.error("0.0"))

    assert submission(body).fault == Fault.AMBIGUOUS


def test_f29_a_meter_that_the_errors_do_not_name_is_ambiguous() -> None:
    other = said.error("2.4", meter="another")
    body = said.acknowledgement(COMMAND_ID, result="PARTIAL", errors=other)

    assert submission(body).fault == Fault.AMBIGUOUS


def test_the_error_that_names_the_meter_counts() -> None:
    errors = said.error("5.1", meter="another") + said.error("2.4", meter=SERIAL)
    body = said.acknowledgement(COMMAND_ID, result="FAILED", errors=errors)

    assert submission(body).fault == Fault.REJECTED


def test_codes_that_disagree_are_ambiguous() -> None:
    errors = said.error("2.4") + said.error("5.1")
    body = said.acknowledgement(COMMAND_ID, result="FAILED", errors=errors)

    assert submission(body).fault == Fault.AMBIGUOUS


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (said.soap_fault(errors=said.error("1.4")), Fault.CONTRACT),
        (said.soap_fault(errors=said.error("5.1")), Fault.THROTTLED),
        (said.soap_fault(errors=said.error("0.0")), Fault.AMBIGUOUS),
        (said.soap_fault(name="soap:Client"), Fault.CONTRACT),
        (said.soap_fault(name="Client.Schema"), Fault.CONTRACT),
        (said.soap_fault(name="wsse:FailedAuthentication"), Fault.AUTH),
        (said.soap_fault(name="soap:Server"), Fault.AMBIGUOUS),
        (said.soap_fault(name=""), Fault.AMBIGUOUS),
    ],
)
@pytest.mark.parametrize("status", [200, 500, 400])
def test_f11_a_soap_fault_says_what_it_is_whatever_its_status(
    status: int, body: bytes, fault: Fault
) -> None:
    by_status = {200: None, 500: Fault.AMBIGUOUS, 400: Fault.CONTRACT}

    assert submission(body, status=status, fault=by_status[status]).fault == fault


def test_f07_an_acknowledgement_with_status_500_is_no_acknowledgement() -> None:
    body = said.acknowledgement(COMMAND_ID)

    answer = submission(body, status=500, fault=Fault.AMBIGUOUS)

    assert answer.fault == Fault.AMBIGUOUS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"<html><body>Maintenance</body></html>",
        said.acknowledgement(COMMAND_ID)[:-40],
        said.acknowledgement(COMMAND_ID).replace(b"TC57/2011/", b"TC57/2099/"),
        said.acknowledgement(COMMAND_ID).replace(b"h:Result>", b"h:Outcome>"),
        said.read_back(COMMAND_ID),
        said.callback(COMMAND_ID),
        said.envelope(""),
    ],
    ids=["empty", "text", "F12", "F13", "year", "F14", "other", "callback", "nothing"],
)
def test_f12_f13_f14_a_2xx_that_can_not_be_understood_is_ambiguous(body: bytes) -> None:
    assert submission(body).fault == Fault.AMBIGUOUS


def test_a_header_that_two_readers_could_read_differently_is_ambiguous() -> None:
    twice = f"<h:CorrelationID>{uuid4()}</h:CorrelationID></cm:Header>".encode()
    body = said.acknowledgement(COMMAND_ID).replace(b"</cm:Header>", twice)

    assert submission(body).fault == Fault.AMBIGUOUS


@pytest.mark.parametrize(
    ("ref", "status", "state"),
    [
        ("3.23.0.76", "Enabled", ReportedState.OPEN),
        ("3.23.0.66", "Disabled", ReportedState.CLOSED),
        ("3.23.0.66", "Enabled", ReportedState.OPEN),
        ("9.9.9.9", "Disabled", ReportedState.CLOSED),
    ],
)
def test_a_read_back_says_the_status_and_its_time(
    ref: str, status: str, state: ReportedState
) -> None:
    body = said.read_back(COMMAND_ID, said.event(SERIAL, ref, status=status))

    assert reading(body) == Report(
        serial=SERIAL,
        source=ReportSource.READ_BACK,
        state=state,
        observed_at=datetime(2026, 3, 2, 8, 15, 9, 300000, tzinfo=UTC),
    )


def test_the_newest_of_several_readings_counts() -> None:
    old = said.event(SERIAL, "", status="Enabled", at="2026-03-02T07:00:00Z")
    new = said.event(SERIAL, "", status="Disabled", at="2026-03-02T08:00:00Z")

    assert reading(said.read_back(COMMAND_ID, new, old)).state == ReportedState.CLOSED


def test_readings_of_the_same_moment_that_contradict_say_nothing() -> None:
    one = said.event(SERIAL, "", status="Enabled")
    other = said.event(SERIAL, "", status="Disabled")

    report = reading(said.read_back(COMMAND_ID, one, other))

    assert (report.state, report.fault) == (None, Fault.AMBIGUOUS)


def test_a_reading_from_the_future_is_taken_as_now() -> None:
    ahead = said.event(SERIAL, "", status="Enabled", at="2031-01-01T00:00:00Z")

    assert reading(said.read_back(COMMAND_ID, ahead)).observed_at == NOW


@pytest.mark.parametrize(
    "body",
    [
        said.read_back(COMMAND_ID),
        said.read_back(COMMAND_ID, said.event("another", "", status="Enabled")),
        said.read_back(COMMAND_ID, said.event(SERIAL, "", status="Perhaps")),
        said.read_back(COMMAND_ID, said.event(SERIAL, "3.23.0.76")),
        said.read_back(COMMAND_ID, said.event(SERIAL, "", status="Enabled", at=None)),
        said.read_back(
            COMMAND_ID, said.event(SERIAL, "", status="Enabled"), result="FAILED"
        ),
        said.read_back(uuid4(), said.event(SERIAL, "", status="Enabled")),
        said.read_back(None, said.event(SERIAL, "", status="Enabled")),
        said.acknowledgement(COMMAND_ID),
        b"<html/>",
    ],
)
def test_f29_a_read_back_that_does_not_say_it_all_is_ambiguous(body: bytes) -> None:
    report = reading(body)

    assert (report.serial, report.state, report.fault) == (
        SERIAL,
        None,
        Fault.AMBIGUOUS,
    )


@pytest.mark.parametrize(
    ("code", "fault"),
    [("2.4", Fault.REJECTED), ("4.1", Fault.UNREACHABLE), ("5.1", Fault.THROTTLED)],
)
def test_f30_a_read_back_that_is_refused_carries_the_reason(
    code: str, fault: Fault
) -> None:
    body = said.read_back(
        COMMAND_ID, result="FAILED", errors=said.error(code, meter=SERIAL)
    )

    report = reading(body)

    assert (report.fault, report.code) == (fault, code)


def test_waiting_is_passed_on() -> None:
    received = Received(
        message_id=uuid4(),
        status=429,
        fault=Fault.THROTTLED,
        retry_after=timedelta(seconds=7),
    )

    answer = submission_of(received, command=command(), received_at=NOW, profile=STRICT)

    assert (answer.fault, answer.retry_after) == (
        Fault.THROTTLED,
        timedelta(seconds=7),
    )
