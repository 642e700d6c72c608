"""A head-end that demands our certificate: given, not taken, not usable."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from hanportal.settings import required
from meters.headend import (
    CallbackRefused,
    Fault,
    HeadEndAdapter,
    HeadEndError,
    RawCallback,
    Submission,
    adapter_for,
)
from meters.models import HeadEnd
from tests.headend import said
from tests.headend.certificates import Authority, Files
from tests.headend.doubles import NOW, KeptInMemory, command, new_id
from tests.headend.far_end import http
from tests.headend.wire_reading import correlation_id_in

Connect = Callable[..., HeadEndAdapter]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@dataclass
class Demanding:
    """A head-end that talks only to who shows a certificate, and says so like others.

    Not asyncio's: that one hangs up without a word.
    """

    context: ssl.SSLContext
    listener: socket.socket
    heard: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self.listener.getsockname()[1]}/aidon/soap"

    def serve(self) -> None:
        """One connection after another, until nobody listens any more."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        line = self.context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )
        line.settimeout(5)
        try:
            line.do_handshake()
            body = _request(line)
            self.heard.append(body)
            said_back = said.acknowledgement(correlation_id_in(body))
            line.sendall(http(200, said_back, {"Content-Type": "text/xml"}))
        except OSError:
            # What it says goes out before the line is cut.
            with suppress(OSError):
                line.shutdown(socket.SHUT_WR)
                while line.recv(4096):
                    pass
        line.close()


def _request(line: ssl.SSLSocket) -> bytes:
    """The body of a request."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += line.recv(4096)
    head, _, body = read.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += line.recv(4096)
    return body


@contextmanager
def demanding(
    authority: Authority, *, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> Iterator[Demanding]:
    """A head-end that talks only to who shows a certificate of this authority."""
    ours = authority.issue("head-end")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours.certificate, ours.key)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = version
    listener = socket.create_server(("127.0.0.1", 0))
    far_end = Demanding(context, listener)
    thread = threading.Thread(target=far_end.serve, daemon=True)
    thread.start()
    try:
        yield far_end
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=10)


@pytest.fixture
def connect(settings: Settings, recorder: KeptInMemory) -> Connect:
    """The adapter of a head-end with these files."""

    def made(url: str, files: dict[str, str]) -> HeadEndAdapter:
        settings.HEAD_END_SECRETS = {"aidon": "s3cret"}
        settings.HEAD_END_CLIENT_FILES = {"aidon": files}
        row = HeadEnd(code="aidon", profile="cim-strict", endpoint=url)
        row.connect_timeout_seconds, row.read_timeout_seconds = 5, 5
        return adapter_for(row, recorder=recorder, clock=lambda: NOW, new_id=new_id)

    return made


def files_of(ours: Files, authority: Authority) -> dict[str, str]:
    return {
        "certificate": str(ours.certificate),
        "key": str(ours.key),
        "authorities": str(authority.certificate),
    }


def send(adapter: HeadEndAdapter) -> Submission:
    (submission,) = adapter.submit([command()])
    return submission


def test_a_head_end_that_demands_our_certificate_is_shown_it(
    authority: Authority, connect: Connect
) -> None:
    ours = authority.issue("portal")
    with demanding(authority) as far_end:
        assert send(connect(far_end.url, files_of(ours, authority))).fault is None
        assert len(far_end.heard) == 1


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("shown", ["a stranger's", "an expired one"])
def test_a_certificate_that_is_not_taken_is_a_matter_of_credentials(
    authority: Authority,
    connect: Connect,
    tmp_path: Path,
    *,
    shown: str,
    version: ssl.TLSVersion,
) -> None:
    """F10: nothing was delivered, and whoever runs it is told."""
    long_ago = datetime.now(UTC) - timedelta(days=400)
    ours = {
        "a stranger's": Authority(tmp_path, "stranger").issue("portal"),
        "an expired one": authority.issue("old", starts=long_ago),
    }[shown]
    with demanding(authority, version=version) as far_end:
        submission = send(connect(far_end.url, files_of(ours, authority)))

        assert submission.fault == Fault.AUTH
        assert far_end.heard == []


def test_without_a_certificate_nothing_is_delivered(
    authority: Authority, connect: Connect
) -> None:
    files = {"authorities": str(authority.certificate)}
    with demanding(authority) as far_end:
        assert send(connect(far_end.url, files)).fault == Fault.AUTH
        assert far_end.heard == []


def test_a_head_end_that_others_vouch_for_is_told_nothing(
    authority: Authority, connect: Connect, tmp_path: Path
) -> None:
    ours = authority.issue("portal")
    stranger = Authority(tmp_path, "stranger")
    with demanding(authority) as far_end:
        adapter = connect(far_end.url, files_of(ours, stranger))

        assert send(adapter).fault == Fault.NOT_DELIVERED
        assert far_end.heard == []


def test_a_renewed_certificate_is_read_without_a_restart(
    authority: Authority, connect: Connect, tmp_path: Path
) -> None:
    ours = Authority(tmp_path, "stranger").issue("portal")
    with demanding(authority) as far_end:
        before = send(connect(far_end.url, files_of(ours, authority)))
        authority.issue("portal")
        after = send(connect(far_end.url, files_of(ours, authority)))

    assert (before.fault, after.fault) == (Fault.AUTH, None)


def unusable(
    authority: Authority, folder: Path
) -> dict[str, tuple[dict[str, str], str]]:
    """Files that can't be used, and what is said of them."""
    ours, other = authority.issue("portal"), authority.issue("other")
    sealed = authority.issue("sealed", password=b"secret")
    nonsense = folder / "nonsense.pem"
    nonsense.write_text("nonsense")
    good = files_of(ours, authority)
    no_pair = "no certificate and its key"
    return {
        "no key": ({"certificate": good["certificate"]}, "client key is not set"),
        "no certificate": ({"key": good["key"]}, "client certificate is not set"),
        "not there": ({**good, "key": str(folder / "gone")}, "gone: No such file"),
        "another's key": ({**good, "key": str(other.key)}, no_pair),
        "a sealed key": (files_of(sealed, authority), no_pair),
        "no authorities": (
            {**good, "authorities": str(nonsense)},
            "holds no certificates of authorities",
        ),
    }


@pytest.mark.parametrize(
    "which",
    [
        "no key",
        "no certificate",
        "not there",
        "another's key",
        "a sealed key",
        "no authorities",
    ],
)
def test_files_that_can_not_be_used_stop_that_head_end_and_say_why(
    authority: Authority, connect: Connect, tmp_path: Path, which: str
) -> None:
    files, why = unusable(authority, tmp_path)[which]
    adapter = connect("https://127.0.0.1:1/", files)

    with pytest.raises(HeadEndError, match=why) as failed:
        adapter.submit([command()])
    with pytest.raises(CallbackRefused, match="client certificate of head-end aidon"):
        adapter.parse_callback(RawCallback(body=b"", headers={}, received_at=NOW))

    assert failed.value.fault == Fault.AUTH


def test_a_certificate_counts_for_nothing_where_no_tls_is_spoken(
    authority: Authority, connect: Connect
) -> None:
    files = files_of(authority.issue("portal"), authority)

    with pytest.raises(HeadEndError, match="is not https"):
        connect("http://127.0.0.1:1/", files).submit([command()])


def test_production_demands_both_files_where_they_should_be(
    authority: Authority,
) -> None:
    good = files_of(authority.issue("portal"), authority)
    required.client_files("aidon", good)

    with pytest.raises(ImproperlyConfigured, match="HEAD_END_KEY_AIDON, or neither"):
        required.client_files("aidon", {"certificate": good["certificate"]})
    with pytest.raises(ImproperlyConfigured, match="HEAD_END_KEY_AIDON: /gone can't"):
        required.client_files("aidon", {**good, "key": "/gone"})
