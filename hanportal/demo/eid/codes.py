"""The codes that the demo staff's authenticator apps would show just now.

Whoever tries the demo has no such app. Nothing of this is part of the product.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from aiohttp import web

from hanportal.demo.eid.pages import FRAME

SECONDS_A_CODE = 30

WORKER = """<li class="worker"><strong>{name}</strong> <span>{label}</span>
<span>{email}</span> <code>{code}</code></li>"""


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Somebody on the demo's staff."""

    name: str
    label: str
    email: str
    secret: str
    """Base32, as an authenticator app takes it."""


def read_workers(file: Path) -> list[Worker]:
    """The staff in a JSON file: a list of name, label, email and totp_secret."""
    return [
        Worker(
            name=entry["name"],
            label=entry["label"],
            email=entry["email"],
            secret=entry["totp_secret"],
        )
        for entry in json.loads(file.read_text(encoding="utf-8"))
    ]


def code_of(secret: str, *, at: float) -> str:
    """The six digits at a moment in seconds since 1970 (RFC 6238)."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    step = int(at // SECONDS_A_CODE).to_bytes(8, "big")
    digest = hmac.new(key, step, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def routes(
    workers: Sequence[Worker], *, clock: Callable[[], float]
) -> list[web.RouteDef]:
    """The page with the codes."""

    async def codes(_http: web.Request) -> web.Response:
        now = clock()
        left = SECONDS_A_CODE - int(now % SECONDS_A_CODE)
        return web.Response(
            text=_page(workers, at=now, left=left),
            content_type="text/html",
            headers={"Refresh": str(left)},
        )

    return [web.get("/koder", codes)]


def _page(workers: Sequence[Worker], *, at: float, left: int) -> str:
    rows = "\n".join(
        WORKER.format(
            name=escape(worker.name),
            label=escape(worker.label),
            email=escape(worker.email),
            code=code_of(worker.secret, at=at),
        )
        for worker in workers
    )
    content = (
        "<p>Dette ville autentiseringsappene til de ansatte i demoen ha vist nå. "
        f"Kodene skiftes om {left} sekunder, og siden med dem.</p>\n<ul>\n{rows}\n</ul>"
    )
    return FRAME.format(title="Koder for ansatte", content=content)
