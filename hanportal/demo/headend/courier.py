"""Carrying results to the portal until it takes them."""

import asyncio
import hashlib
import logging
import random
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from hanportal.demo.headend import wire
from hanportal.demo.headend.signing import WINDOW, signature_headers
from hanportal.demo.headend.traffic import Traffic

logger = logging.getLogger(__name__)

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 15.0
_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A result on its way."""

    head_end: str
    serial: str
    address: str
    body: bytes
    what: str
    """For the log."""


class Courier:
    """Posts signed messages, and again with growing pauses until a 2xx."""

    def __init__(
        self,
        *,
        secrets: Mapping[str, str],
        traffic: Traffic,
        clock: Callable[[], datetime],
    ) -> None:
        """`secrets` by head-end code."""
        self._secrets = secrets
        self._traffic = traffic
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._errands: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open the connections; needs a running loop."""
        self._session = aiohttp.ClientSession(
            timeout=_TIMEOUT, connector=aiohttp.TCPConnector(limit=64)
        )

    async def stop(self) -> None:
        """Drop what is under way, as a head-end that is switched off does."""
        errands = list(self._errands)
        for errand in errands:
            errand.cancel()
        await asyncio.gather(*errands, return_exceptions=True)
        if self._session:
            await self._session.close()

    def errand(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something in the background until it is done or the courier stops."""
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._finished)
        return task

    async def deliver(self, parcel: Parcel) -> None:
        """Post until the portal says 2xx. Ends only then."""
        pause = _FIRST_PAUSE
        while not await self.attempt(parcel):
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def attempt(self, parcel: Parcel) -> bool:
        """Post once; True for a 2xx."""
        secret = self._secrets.get(parcel.head_end, "")
        headers = signature_headers(secret, parcel.body, self._clock())
        is_taken = await self._post(parcel, headers, parcel.what)
        if is_taken:
            digest = hashlib.sha256(parcel.body).hexdigest()
            logger.info("%s acknowledged %s", parcel.head_end, digest)
        return is_taken

    async def attempt_forgery(self, parcel: Parcel) -> None:
        """Post once with another's secret and once as a replay of long ago."""
        now = self._clock()
        false = signature_headers("not the secret", parcel.body, now)
        await self._post(parcel, false, f"forged {parcel.what}")
        secret = self._secrets.get(parcel.head_end, "")
        long_ago = now - 2 * WINDOW - timedelta(seconds=1)
        old = signature_headers(secret, parcel.body, long_ago)
        await self._post(parcel, old, f"replayed {parcel.what}")

    async def _post(self, parcel: Parcel, headers: dict[str, str], what: str) -> bool:
        if self._session is None:
            raise RuntimeError("The courier has not been started")
        headers |= {
            "Content-Type": wire.CONTENT_TYPE,
            "SOAPAction": f'"{wire.CREATED_EVENTS_ACTION}"',
        }
        try:
            async with self._session.post(
                parcel.address, data=parcel.body, headers=headers, allow_redirects=False
            ) as response:
                await response.content.read(65_536)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            outcome = f"{type(error).__name__}: {error}"
            status = 0
        else:
            outcome = str(status)
        text = f"{what} ⇒ {outcome}"
        self._traffic.note("→", parcel.head_end, parcel.serial, text)
        return 200 <= status < 300

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("A background errand failed", exc_info=error)
