"""The poll shape: a reference of the head-end's own, and a result that is asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from meters.headend import CallbackRefused, Fault, RawCallback
from meters.headend.poll import PollAdapter
from meters.headend.poll_profile import POLL
from meters.states import DesiredState, ReportedState, ReportSource
from tests.headend import said_when_polled as said
from tests.headend.doubles import NOW, KeptInMemory, command, signed
from tests.headend.far_end import FarEnd, answer, hang, respond
from tests.headend.wire_reading import device_in
from tests.headend.worlds import poll, polled


@pytest.fixture
def adapter(far_end: FarEnd, recorder: KeptInMemory) -> PollAdapter:
    """The adapter before a head-end of its kind."""
    made = poll(far_end, recorder).adapter
    assert isinstance(made, PollAdapter)
    return made


@pytest.mark.parametrize(
    ("body", "fault", "reference"),
    [
        (said.taken(command().serial, uid="gxf-7"), None, "gxf-7"),
        (said.taken("another"), Fault.AMBIGUOUS, ""),
        (said.taken(command().serial, uid=""), Fault.AMBIGUOUS, ""),
        (said.taken(command().serial, uid="x" * 101), Fault.AMBIGUOUS, ""),
        (said.outcome("OK"), Fault.AMBIGUOUS, ""),
        (said.fault("UNKNOWN_DEVICE"), Fault.REJECTED, ""),
        (said.fault("UNAUTHORIZED"), Fault.AUTH, ""),
        (said.fault("", code="VALIDATION_ERROR"), Fault.CONTRACT, ""),
        (said.fault("SOMETHING_NEW"), Fault.AMBIGUOUS, ""),
        (said.fault("", code="", name="soap:Client"), Fault.CONTRACT, ""),
        (said.fault("", code=""), Fault.AMBIGUOUS, ""),
        (b"<html>", Fault.AMBIGUOUS, ""),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", Fault.AMBIGUOUS, ""),
    ],
)
def test_what_is_said_at_once(
    adapter: PollAdapter, far_end: FarEnd, *, body: bytes, fault: Fault, reference: str
) -> None:
    far_end.behaviour = respond(200, body)

    (submission,) = adapter.submit([command()])

    assert (submission.fault, submission.hes_reference) == (fault, reference)
    assert submission.report is None


@pytest.mark.parametrize(
    ("body", "state", "fault", "code"),
    [
        (said.outcome("OK"), ReportedState.OPEN, None, "OK"),
        (said.outcome("NOT_OK"), None, Fault.UNREACHABLE, "NOT_OK"),
        (said.outcome("MAYBE"), None, Fault.AMBIGUOUS, "MAYBE"),
        (said.outcome(""), None, Fault.AMBIGUOUS, ""),
        (said.fault("UNKNOWN_DEVICE"), None, Fault.REJECTED, "UNKNOWN_DEVICE"),
        (said.fault("NEVER_HEARD"), None, Fault.AMBIGUOUS, "NEVER_HEARD"),
    ],
)
def test_a_result_is_what_the_table_says(
    adapter: PollAdapter,
    far_end: FarEnd,
    *,
    body: bytes,
    state: ReportedState | None,
    fault: Fault | None,
    code: str,
) -> None:
    far_end.behaviour = respond(200, body)

    (report,) = adapter.poll([polled(0)])

    assert (report.correlation_id, report.serial, report.source) == (
        command().id,
        command().serial,
        ReportSource.POLL,
    )
    assert (report.state, report.fault, report.code) == (state, fault, code)
    assert (report.observed_at is None) is (state is None)


@pytest.mark.parametrize(
    "behaviour",
    [
        respond(500, said.fault("UNKNOWN_CORRELATION_UID")),
        respond(200, said.outcome("NOT_FOUND")),
        respond(200, b"<html>"),
        respond(200, said.taken("1")),
        respond(503),
        respond(401),
        hang,
    ],
    ids=["too early or lost", "not found", "html", "other", "503", "401", "silence"],
)
def test_nothing_is_heard_of_what_is_not_ready(
    adapter: PollAdapter, far_end: FarEnd, behaviour: object
) -> None:
    far_end.behaviour = behaviour  # type: ignore[assignment]

    assert adapter.poll([polled(0)]) == []
    assert len(far_end.heard) == 1


def test_each_is_asked_about_under_its_own_reference(
    adapter: PollAdapter, far_end: FarEnd, recorder: KeptInMemory
) -> None:
    ready = command(2).serial
    far_end.behaviour = answer(
        lambda body: said.outcome("OK" if device_in(body) == ready else "NOT_FOUND")
    )

    reports = adapter.poll(
        [polled(1, reference="a"), polled(2, reference="b"), command(3)]
    )

    assert [report.correlation_id for report in reports] == [command(2).id]
    asked = sorted((message.command_id, message.body) for message in recorder.left)
    assert [b">a<" in asked[0][1], b">b<" in asked[1][1], len(asked)] == [True, True, 2]


def test_a_doorbell_says_nothing_of_the_port(adapter: PollAdapter) -> None:
    body = said.doorbell("123", uid="gxf-7")

    batch = adapter.parse_callback(
        RawCallback(body=body, headers=signed(body), received_at=NOW)
    )

    (report,) = batch.reports
    assert (report.serial, report.hes_reference) == ("123", "gxf-7")
    assert (report.state, report.fault, report.correlation_id) == (
        None,
        Fault.NOT_FINAL,
        None,
    )
    assert b"SendNotificationResponse" in batch.reply


@pytest.mark.parametrize(
    ("body", "age", "status"),
    [
        (said.doorbell("1"), timedelta(seconds=301), 401),
        (said.taken("1"), timedelta(), 400),
        (b" " * (1024 * 1024 + 1), timedelta(), 413),
    ],
)
def test_a_doorbell_that_is_none_is_refused(
    adapter: PollAdapter, body: bytes, age: timedelta, status: int
) -> None:
    with pytest.raises(CallbackRefused) as refused:
        adapter.parse_callback(
            RawCallback(body=body, headers=signed(body, at=NOW - age), received_at=NOW)
        )

    assert refused.value.status == status


def test_a_word_of_its_own_is_a_setting(adapter: PollAdapter, far_end: FarEnd) -> None:
    profile = replace(POLL, words={**POLL.words, DesiredState.OPEN: "AAN"})
    far_end.behaviour = respond(500)

    replace(adapter, profile=profile).submit([command()])

    assert b"Enabled>AAN<" in far_end.heard[0].body
