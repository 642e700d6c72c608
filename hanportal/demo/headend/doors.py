"""A port of its own for each head-end, which can be shut, deaf, or badly locked.

What goes wrong before a request is read can't be played on the port that all head-ends
share. On its own port a head-end answers like there, until F01, F02 or F03 is set.
"""

import asyncio
import contextlib
import socket
import ssl
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hanportal.demo.headend.faults import Door
from hanportal.demo.headend.switchboard import Switchboard


class Doors:
    """One listening port per head-end; the number stays whatever happens to it."""

    def __init__(
        self, runner: web.AppRunner, host: str, switchboard: Switchboard
    ) -> None:
        """Doors to the application that `runner` runs."""
        self._runner = runner
        self._host = host
        self._switchboard = switchboard
        self.ports: dict[str, int] = {}
        self._state: dict[str, Door | None] = {}
        self._sites: dict[str, web.BaseSite] = {}
        self._deaf: dict[str, list[socket.socket]] = {}
        self._changing = asyncio.Lock()

    async def open(self, codes: Iterable[str]) -> None:
        """Listen on a free port for each head-end."""
        for code in codes:
            listening = self._bound(0)
            self.ports[code] = listening.getsockname()[1]
            self._state[code] = None
            await self._start(code, listening, tls=None)

    async def arrange(self) -> None:
        """Make each door what the switchboard says."""
        async with self._changing:
            for code, port in self.ports.items():
                wanted = self._switchboard.door(code)
                if wanted == self._state[code]:
                    continue
                await self._close(code)
                self._state[code] = wanted
                if wanted == "deaf":
                    self._deaf[code] = self._deafened(port)
                elif wanted == "tls":
                    await self._start(code, self._bound(port), tls=_expired())
                elif wanted is None:
                    await self._start(code, self._bound(port), tls=None)

    async def close(self) -> None:
        """Stop listening."""
        for code in self.ports:
            await self._close(code)

    async def _start(
        self, code: str, listening: socket.socket, *, tls: ssl.SSLContext | None
    ) -> None:
        site = web.SockSite(self._runner, listening, ssl_context=tls)
        await site.start()
        self._sites[code] = site

    async def _close(self, code: str) -> None:
        if site := self._sites.pop(code, None):
            await site.stop()
        for kept in self._deaf.pop(code, ()):
            kept.close()

    def _bound(self, port: int) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((self._host, port))
        return made

    def _deafened(self, port: int) -> list[socket.socket]:
        """A queue of waiting connections that is full, so that nobody else gets in."""
        listening = self._bound(port)
        listening.listen(0)
        kept = [listening]
        for _ in range(2):
            filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            filler.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                filler.connect((self._host, port))
            kept.append(filler)
        return kept


def _expired() -> ssl.SSLContext:
    """A certificate that nobody vouches for, and that ran out yesterday."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=365))
        .not_valid_after(now - timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "both.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context.load_cert_chain(file)
    return context
