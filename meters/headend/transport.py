"""Sending messages over HTTP and saying what surely did or did not happen.

The rule behind the faults: whatever fails before there is a connection was not
delivered; whatever fails after may have been executed. Nothing is retried here, no
redirect is followed, and both the size and the duration of an answer are bounded.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp

from meters.headend.base import Clock, Fault, HeadEndError
from meters.headend.client_tls import is_refused

_KEPT_OF_OVERSIZE = 4096
_CHUNK = 16384

STATUS_FAULTS = {
    401: Fault.AUTH,
    403: Fault.AUTH,
    429: Fault.THROTTLED,
    # Nothing at that address took the message.
    404: Fault.NOT_DELIVERED,
    405: Fault.NOT_DELIVERED,
    410: Fault.NOT_DELIVERED,
    421: Fault.NOT_DELIVERED,
    # Cut off while the message was on its way.
    408: Fault.AMBIGUOUS,
}


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where messages go, and the bounds of a call. Timeouts are in seconds."""

    url: str
    connect_timeout: float
    read_timeout: float
    """From the request's start, beside `connect_timeout`, to the answer's last byte."""
    max_concurrency: int
    max_response_bytes: int
    max_retry_after: timedelta
    tls: ssl.SSLContext | None = None
    """None: the machine's own list of authorities, and no certificate of ours."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One message to send."""

    message_id: UUID
    method: Literal["POST", "GET"] = "POST"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Received:
    """How one call went. Without a fault there is a 2xx answer with its whole body."""

    message_id: UUID
    status: int | None = None
    body: bytes = b""
    fault: Fault | None = None
    detail: str = ""
    retry_after: timedelta | None = None
    took: timedelta = timedelta()


Authenticate = Callable[[bytes], dict[str, str]]


def require_usable(url: str) -> None:
    """Check that calls to this address can be made at all.

    :raises HeadEndError: CONTRACT: it is no HTTP address.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        parts.port  # noqa: B018 -- raises for a port that is no number
    except ValueError:
        usable = False
    if not usable:
        raise HeadEndError(Fault.CONTRACT, f"{url!r} is no HTTP address.")


def send_all(
    endpoint: Endpoint,
    requests: Sequence[Request],
    *,
    authenticate: Authenticate,
    clock: Clock,
) -> list[Received]:
    """Send the requests concurrently; one result per request, in the same order.

    `authenticate` gives the headers that sign a body, called right before it is sent.
    Takes at most (requests ÷ max_concurrency, rounded up) × (both timeouts).
    """
    return asyncio.run(_send_all(endpoint, requests, authenticate, clock))


async def _send_all(
    endpoint: Endpoint,
    requests: Sequence[Request],
    authenticate: Authenticate,
    clock: Clock,
) -> list[Received]:
    permits = asyncio.Semaphore(endpoint.max_concurrency)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=endpoint.max_concurrency, ssl=endpoint.tls or True
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        # A compressed answer could grow past every bound, so none is unpacked.
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(
            total=endpoint.connect_timeout + endpoint.read_timeout,
            connect=endpoint.connect_timeout,
            sock_connect=endpoint.connect_timeout,
            sock_read=endpoint.read_timeout,
        ),
    ) as session:

        async def send(request: Request) -> Received:
            async with permits:
                started = asyncio.get_running_loop().time()
                received = await _exchange(
                    session, endpoint, request, authenticate(request.body), clock
                )
                took = asyncio.get_running_loop().time() - started
                return replace(received, took=timedelta(seconds=took))

        return list(await asyncio.gather(*map(send, requests)))


async def _exchange(
    session: aiohttp.ClientSession,
    endpoint: Endpoint,
    request: Request,
    signature: dict[str, str],
    clock: Clock,
) -> Received:
    status: int | None = None
    try:
        async with session.request(
            request.method,
            endpoint.url,
            data=request.body or None,
            headers={**dict(request.headers), **signature},
            allow_redirects=False,
        ) as response:
            status = response.status
            body = await _body(response, endpoint.max_response_bytes)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        fault = Fault.AUTH if is_refused(error) else Fault.NOT_DELIVERED
        return _failed(request, fault, error)
    except _TooLarge as error:
        return replace(
            _failed(request, Fault.AMBIGUOUS, error), status=status, body=error.start
        )
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # With TLS 1.3 a certificate is refused after the handshake, on the first read.
        fault = Fault.AUTH if is_refused(error) else Fault.AMBIGUOUS
        return replace(_failed(request, fault, error), status=status)
    received = Received(message_id=request.message_id, status=status, body=body)
    return _judged(received, response.headers.get("Retry-After"), endpoint, clock)


class _TooLarge(Exception):  # noqa: N818 -- said of the answer
    """The answer is larger than allowed; `start` is how it begins."""

    def __init__(self, start: bytes) -> None:
        super().__init__("The answer is larger than allowed.")
        self.start = start


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    read = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        read += chunk
        if len(read) > limit:
            response.close()
            raise _TooLarge(bytes(read[:_KEPT_OF_OVERSIZE]))
    return bytes(read)


def _failed(request: Request, fault: Fault, error: Exception) -> Received:
    said = str(error) or "timed out"
    return Received(
        message_id=request.message_id,
        fault=fault,
        detail=f"{type(error).__name__.lstrip('_')}: {said}"[:200],
    )


def _judged(
    received: Received, retry_after: str | None, endpoint: Endpoint, clock: Clock
) -> Received:
    """The fault that the HTTP status alone stands for."""
    status = received.status or 0
    if 200 <= status < 300:
        return received
    wait = _wait(retry_after, longest=endpoint.max_retry_after, now=clock())
    if status == 503 and wait is not None:
        fault = Fault.THROTTLED
    elif status in STATUS_FAULTS:
        fault = STATUS_FAULTS[status]
    elif 300 <= status < 400:
        fault = Fault.NOT_DELIVERED
    elif 400 <= status < 500:
        fault = Fault.CONTRACT
    else:
        fault = Fault.AMBIGUOUS
    return replace(
        received, fault=fault, detail=f"HTTP status {status}.", retry_after=wait
    )


def _wait(header: str | None, *, longest: timedelta, now: datetime) -> timedelta | None:
    """A Retry-After in either of its forms, never negative, never past `longest`."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        seconds = min(int(text[:12]), int(longest.total_seconds()))
        return timedelta(seconds=seconds)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), longest)
