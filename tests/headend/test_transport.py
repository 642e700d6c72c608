"""What the network can do to a call, and what we then know of it."""

import gzip
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from meters.headend import Fault, HeadEndError, Submission
from meters.headend.cim import CimAdapter
from tests.headend import said
from tests.headend.doubles import COMMAND_ID, NOW, Build, KeptInMemory, command
from tests.headend.far_end import (
    Behaviour,
    FarEnd,
    Heard,
    Line,
    answer,
    drip,
    hang,
    http,
    listening,
    raw,
    reset,
    respond,
)

ACKNOWLEDGED = said.acknowledgement(COMMAND_ID)


def send(adapter: CimAdapter) -> Submission:
    (submission,) = adapter.submit([command()])
    return submission


@pytest.fixture
def impatient(build: Build, far_end: FarEnd) -> CimAdapter:
    """An adapter that waits 0.3 seconds for an answer."""
    return build(far_end.url, connect_timeout=0.2, read_timeout=0.1)


def test_f01_a_refused_connection_was_not_delivered(build: Build) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    assert send(build(f"http://127.0.0.1:{port}/")).fault == Fault.NOT_DELIVERED


def test_f02_a_connection_that_never_comes_was_not_delivered(build: Build) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        # TCP is accepted by the kernel, but nobody is there to shake hands on TLS.
        adapter = build(
            f"https://127.0.0.1:{deaf.getsockname()[1]}/", connect_timeout=0.2
        )

        assert send(adapter).fault == Fault.NOT_DELIVERED


def test_a_name_that_does_not_resolve_was_not_delivered(build: Build) -> None:
    adapter = build("http://head-end.invalid/", connect_timeout=0.5)

    assert send(adapter).fault == Fault.NOT_DELIVERED


def test_f03_plain_text_where_tls_should_be_was_not_delivered(
    build: Build, far_end: FarEnd
) -> None:
    far_end.greeting = http(400, b"Speak plainly", {})
    adapter = build(far_end.url.replace("http:", "https:"))

    assert send(adapter).fault == Fault.NOT_DELIVERED


@pytest.fixture
def strangers_tls(tmp_path: Path) -> Iterator[FarEnd]:
    """A head-end with a certificate that nobody vouches for, expired besides."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2021, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "stranger.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with listening(tls=context) as far_end:
        yield far_end


def test_f03_f10_a_certificate_that_does_not_hold_was_not_delivered(
    build: Build, strangers_tls: FarEnd
) -> None:
    adapter = build(strangers_tls.url.replace("http:", "https:"))

    assert send(adapter).fault == Fault.NOT_DELIVERED
    assert strangers_tls.heard == []


@pytest.mark.parametrize(
    "behaviour",
    [
        hang,
        reset,
        drip,
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<soap", then_reset=True),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<soap"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000 + b"\r\n\r\n"),
        raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        raw(b"\0" * 100),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nleft over"),
        respond(200, b"<html>Maintenance</html>"),
        respond(200, ACKNOWLEDGED[:-20]),
        respond(200, gzip.compress(ACKNOWLEDGED), headers={"Content-Encoding": "gzip"}),
        respond(200, b" " * (1024 * 1024) + ACKNOWLEDGED),
        respond(500),
        respond(500, b"<html/>"),
        respond(502),
        respond(503),
        respond(504),
        respond(408),
        respond(503, headers={"Retry-After": "soon"}),
        respond(999),
    ],
    ids=[
        "F04-F05-hang",
        "F06-reset",
        "F08-drip",
        "close",
        "F06-reset-mid-body",
        "close-mid-body",
        "bad-chunk",
        "bad-length",
        "long-header",
        "ssh",
        "zeros",
        "left-over",
        "F12-html",
        "F13-truncated",
        "gzip",
        "F22-oversize",
        "F07-500",
        "500-html",
        "502",
        "503",
        "504",
        "408",
        "503-soon",
        "999",
    ],
)
def test_whatever_fails_after_sending_may_have_been_executed(
    impatient: CimAdapter,
    far_end: FarEnd,
    recorder: KeptInMemory,
    behaviour: Behaviour,
) -> None:
    far_end.behaviour = behaviour

    assert send(impatient).fault == Fault.AMBIGUOUS
    assert len(far_end.heard) == 1
    assert [answer.fault for answer in recorder.came_back] == [Fault.AMBIGUOUS]


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (301, Fault.NOT_DELIVERED),
        (307, Fault.NOT_DELIVERED),
        (400, Fault.CONTRACT),
        (401, Fault.AUTH),
        (403, Fault.AUTH),
        (404, Fault.NOT_DELIVERED),
        (413, Fault.CONTRACT),
        (415, Fault.CONTRACT),
        (429, Fault.THROTTLED),
    ],
)
def test_f09_f10_a_status_has_its_fault(
    cim: CimAdapter, far_end: FarEnd, status: int, fault: Fault
) -> None:
    elsewhere = {"Location": far_end.url}
    far_end.behaviour = respond(status, headers=elsewhere)

    assert send(cim).fault == fault
    assert len(far_end.heard) == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("0", timedelta()),
        ("Mon, 02 Mar 2026 08:16:10 GMT", timedelta(minutes=1)),
        ("Mon, 02 Mar 2020 08:16:10 GMT", timedelta()),
        ("9" * 300, timedelta(hours=6)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(hours=6)),
    ],
)
def test_f09_busy_says_how_long(
    cim: CimAdapter, far_end: FarEnd, status: int, header: str, wait: timedelta
) -> None:
    far_end.behaviour = respond(status, headers={"Retry-After": header})

    submission = send(cim)

    assert (submission.fault, submission.retry_after) == (Fault.THROTTLED, wait)


@pytest.mark.parametrize(
    "url", ["", "head-end", "ftp://head-end/", "http://", "http://a:b/"]
)
def test_an_endpoint_that_is_no_address_fails_before_anything_is_recorded(
    build: Build, recorder: KeptInMemory, url: str
) -> None:
    with pytest.raises(HeadEndError) as failed:
        build(url).submit([command()])

    assert (failed.value.fault, recorder.order) == (Fault.CONTRACT, [])


def test_a_slow_meter_does_not_hold_up_the_others(
    impatient: CimAdapter, far_end: FarEnd
) -> None:
    slow, quick = command(1), command(2)

    async def behave(line: Line, heard: Heard) -> None:
        if str(slow.id).encode() in heard.body:
            await hang(line, heard)
        await line.send(http(200, said.acknowledgement(quick.id), {}))

    far_end.behaviour = behave

    submissions = impatient.submit([slow, quick])

    assert [s.fault for s in submissions] == [Fault.AMBIGUOUS, None]


def test_connections_are_kept_and_never_more_than_allowed(
    build: Build, far_end: FarEnd
) -> None:
    far_end.behaviour = answer(lambda _: ACKNOWLEDGED)

    build(far_end.url, max_concurrency=3).submit([command(n) for n in range(30)])

    assert len(far_end.heard) == 30
    assert far_end.connections <= 3
    assert far_end.busiest <= 3


def test_a_request_is_signed_and_is_soap_1_1(cim: CimAdapter, far_end: FarEnd) -> None:
    send(cim)

    (heard,) = far_end.heard
    assert heard.headers["content-type"] == "text/xml; charset=utf-8"
    assert heard.headers["soapaction"] == (
        '"http://iec.ch/TC57/2011/EndDeviceControls/CreateEndDeviceControls"'
    )
    assert heard.headers["x-hes-timestamp"] == str(int(NOW.timestamp()))


def test_what_came_back_is_kept_but_not_an_oversized_answer(
    cim: CimAdapter, far_end: FarEnd, recorder: KeptInMemory
) -> None:
    far_end.behaviour = respond(200, b"x" * 3_000_000)

    send(cim)

    (kept,) = recorder.came_back
    assert (kept.status, kept.body) == (200, b"x" * 4096)
