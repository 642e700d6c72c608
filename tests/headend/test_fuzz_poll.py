"""Whatever a head-end that is polled says, it ends in a value or a refusal."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters.headend import CallbackRefused, RawCallback
from meters.headend.hostile_xml import Unreadable
from meters.headend.poll import PollAdapter
from meters.headend.poll_messages import (
    Outcome,
    PollFault,
    Taken,
    read_outcome,
    read_taken,
)
from meters.headend.poll_profile import POLL
from meters.headend.transport import Endpoint
from meters.states import ReportedState
from tests.headend import said_when_polled as said
from tests.headend.doubles import NOW, SECRET, SERIAL, KeptInMemory, new_id, signed
from tests.headend.test_fuzz import PIECES

ADAPTER = PollAdapter(
    code="polled",
    endpoint=Endpoint(
        url="http://127.0.0.1:9/",
        connect_timeout=1,
        read_timeout=1,
        max_concurrency=1,
        max_response_bytes=1000,
        max_retry_after=timedelta(hours=1),
    ),
    secret=SECRET,
    secret_setting="HEAD_END_SECRET_POLLED",
    recorder=KeptInMemory(),
    clock=lambda: NOW,
    new_id=new_id,
    profile=POLL,
)
TRUE = [
    said.taken(SERIAL),
    said.outcome("OK", "Done"),
    said.fault("UNKNOWN_CORRELATION_UID"),
    said.doorbell(SERIAL),
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """One of the true messages with pieces put in, taken out or repeated."""
    body = draw(st.sampled_from(TRUE))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 40)))
        repeated = body[start:end] * draw(st.integers(0, 2))
        body = body[:start] + draw(PIECES) + repeated + body[end:]
    return body


bodies = st.one_of(st.binary(max_size=200), damaged())


@pytest.mark.parametrize("read", [read_taken, read_outcome])
@given(body=bodies)
def test_any_answer_is_understood_or_unreadable(
    read: Callable[..., Taken | Outcome | PollFault], body: bytes
) -> None:
    try:
        answer = read(body, profile=POLL)
    except Unreadable:
        return
    if isinstance(answer, Taken):
        assert 0 < len(answer.correlation_uid) <= 100
        assert (answer.correlation_uid + answer.serial).isprintable()
    elif isinstance(answer, Outcome):
        assert len(answer.result) <= 32
        assert POLL.results.get(answer.result, "unknown") or b"OK" in body
    else:
        assert (answer.message + answer.code + answer.text).isprintable()


@given(body=bodies)
def test_any_doorbell_says_nothing_of_a_port(body: bytes) -> None:
    raw = RawCallback(body=body, headers=signed(body), received_at=NOW)
    try:
        reports = ADAPTER.parse_callback(raw).reports
    except CallbackRefused as refused:
        reports = ()
        assert refused.status == 400  # noqa: PT017 -- either is fine

    states: list[ReportedState | None] = [report.state for report in reports]
    assert states == [None] * len(reports)
    assert all(len(report.serial) <= 20 for report in reports)


@given(body=bodies)
def test_no_unsigned_doorbell_is_heard(body: bytes) -> None:
    with pytest.raises(CallbackRefused) as refused:
        ADAPTER.parse_callback(RawCallback(body=body, headers={}, received_at=NOW))

    assert refused.value.status == 401
