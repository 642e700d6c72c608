"""Whatever arrives, it ends in a value or a refusal, and nothing is made up."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from meters.headend import CallbackRefused, Fault, RawCallback, Report
from meters.headend.cim import CimAdapter
from meters.headend.cim_results import read_back_of, submission_of
from meters.headend.profile_data import STRICT
from meters.headend.transport import Endpoint, Received
from tests.headend import said
from tests.headend.doubles import (
    COMMAND_ID,
    NOW,
    SECRET,
    SERIAL,
    KeptInMemory,
    command,
    new_id,
    signed,
)

CIM = CimAdapter(
    code="aidon",
    endpoint=Endpoint(
        url="http://127.0.0.1:9/",
        connect_timeout=1,
        read_timeout=1,
        max_concurrency=1,
        max_response_bytes=1000,
        max_retry_after=timedelta(hours=1),
    ),
    secret=SECRET,
    secret_setting="HEAD_END_SECRET_AIDON",
    reply_address="http://127.0.0.1:8000/",
    profile=STRICT,
    recorder=KeptInMemory(),
    clock=lambda: NOW,
    new_id=new_id,
)

CALLBACK = said.callback(
    COMMAND_ID,
    said.event(SERIAL, "3.23.0.76", status="Enabled"),
    said.event("1", "3.23.0.221", status="Disabled", code="5.3"),
)
ACKNOWLEDGEMENT = said.acknowledgement(
    COMMAND_ID, errors=said.error("0.3", reason="Queued"), reference="aidon-1"
)
READING = said.read_back(COMMAND_ID, said.event(SERIAL, "", status="Enabled"))
FAULT = said.soap_fault(name="soap:Client", errors=said.error("1.4"))

PIECES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [
            b"<", b">", b"&", b"&a;", b"&#0;", b"&#x10FFFF;", b"]]>", b"<![CDATA[",
            b"<!DOCTYPE a>", b"<!--", b"-->", b"<?pi?>", b"\xff\xfe", b"\xef\xbb\xbf",
            b"</h:Result>", b"<h:Result>OK</h:Result>", b"xmlns:h=''", b"0.0", b"OK",
            "målér\u202e".encode(),
        ]
    ),
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """One of the true messages with pieces put in, taken out or repeated."""
    body = draw(st.sampled_from([CALLBACK, ACKNOWLEDGEMENT, READING, FAULT]))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 40)))
        repeated = body[start:end] * draw(st.integers(0, 2))
        body = body[:start] + draw(PIECES) + repeated + body[end:]
    return body


bodies = st.one_of(st.binary(max_size=200), damaged())
words = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<&]"),
    max_size=40,
)


def outcome(raw: RawCallback) -> tuple[int | None, tuple[Report, ...]]:
    """The status it was refused with, or what it said."""
    try:
        return None, CIM.parse_callback(raw).reports
    except CallbackRefused as refused:
        return refused.status, ()


def check(report: Report) -> None:
    """A report may be stored and shown as it is."""
    assert len(report.serial) <= 20
    assert len(report.code) <= 32
    assert len(report.detail) <= 200
    assert (report.serial + report.code + report.detail).isprintable()
    assert report.observed_at is None or report.observed_at <= NOW
    assert report.state is None or report.observed_at is not None


@given(body=bodies)
def test_any_callback_is_understood_or_refused(body: bytes) -> None:
    raw = RawCallback(body=body, headers=signed(body), received_at=NOW)

    refused_with, reports = outcome(raw)

    assert refused_with in {None, 400}
    for report in reports:
        check(report)


@given(body=bodies, headers=st.dictionaries(words, words))
def test_no_unsigned_callback_is_understood(
    body: bytes, headers: dict[str, str]
) -> None:
    raw = RawCallback(body=body, headers=headers, received_at=NOW)

    assert outcome(raw) == (401, ())


@given(serial=words, ref=words, at=words, status=words, code=words)
def test_any_words_in_an_event_make_a_report(
    serial: str, ref: str, at: str, status: str, code: str
) -> None:
    event = said.event(serial, ref.replace('"', ""), at=at, status=status, code=code)
    body = said.callback(COMMAND_ID, event)

    batch = CIM.parse_callback(
        RawCallback(body=body, headers=signed(body), received_at=NOW)
    )

    (report,) = batch.reports
    check(report)
    if ref.strip() not in STRICT.event_types:
        assert (report.state, report.fault) == (None, Fault.AMBIGUOUS)


@given(body=bodies, status=st.sampled_from([200, 202, 500, 400]))
def test_an_acknowledgement_is_never_made_up(body: bytes, status: int) -> None:
    faults = {500: Fault.AMBIGUOUS, 400: Fault.CONTRACT}
    received = Received(
        message_id=COMMAND_ID, status=status, body=body, fault=faults.get(status)
    )

    submission = submission_of(
        received, command=command(), received_at=NOW, profile=STRICT
    )

    assert len(submission.code) <= 32
    assert (submission.code + submission.detail).isprintable()
    if submission.fault is None:
        assert status in {200, 202}
        assert (b"OK" in body, str(COMMAND_ID).encode() in body) == (True, True)


@given(body=bodies, message_id=st.sampled_from([COMMAND_ID, UUID(int=1)]))
def test_a_reading_is_never_made_up(body: bytes, message_id: UUID) -> None:
    received = Received(message_id=message_id, status=200, body=body)

    report = read_back_of(received, serial=SERIAL, received_at=NOW, profile=STRICT)

    check(report)
    assert report.serial == SERIAL
    if report.state is not None:
        assert message_id == COMMAND_ID
        assert b"hanPortStatus" in body
