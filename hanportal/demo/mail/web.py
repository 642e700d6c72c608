"""Reading the mails over HTTP: JSON for programs, a page for people.

A mail's HTML is a stranger's: it is shown in a sandboxed frame, under a policy that
runs nothing and fetches nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from html import escape
from importlib import resources
from urllib.parse import quote

from aiohttp import web

from hanportal.demo.mail.faults import FaultRefused, Faults
from hanportal.demo.mail.maildir import Mail, Mailbox, NoSuchMail

_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    " frame-ancestors 'self'"
)
_SHOWN = 200


class Web:
    """All paths of the mail server."""

    def __init__(self, mails: Mailbox, faults: Faults) -> None:
        """Show these mails; let tests set these faults."""
        self._mails = mails
        self._faults = faults
        sheet = resources.files("hanportal.demo.mail") / "static" / "mail.css"
        self._style = sheet.read_text(encoding="utf-8")

    def routes(self) -> list[web.RouteDef]:
        """The paths and what answers them."""
        return [
            web.get("/healthz", self.health),
            web.get("/", self.inbox),
            web.get("/mail.css", self.style),
            web.get("/messages", self.messages),
            web.delete("/messages", self.clear),
            web.get("/messages/{id}", self.read),
            web.get("/messages/{id}/html", self.html),
            web.get("/admin/faults", self.faults),
            web.post("/admin/faults", self.set_fault),
            web.delete("/admin/faults", self.clear_faults),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        """It lives."""
        return web.json_response({"status": "ok"})

    async def style(self, _request: web.Request) -> web.Response:
        """The style sheet."""
        return web.Response(text=self._style, content_type="text/css")

    async def messages(self, request: web.Request) -> web.Response:
        """Mails as JSON, newest first; ?to= names one recipient."""
        mails = self._mails.mails(to=request.query.get("to", ""))
        return web.json_response([asdict(mail) for mail in mails])

    async def clear(self, _request: web.Request) -> web.Response:
        """Throw all mails away."""
        self._mails.clear()
        return web.json_response({"cleared": True})

    async def inbox(self, request: web.Request) -> web.Response:
        """The list of mails; ?to= names one recipient."""
        wanted = request.query.get("to", "").strip()
        mails = self._mails.mails(to=wanted)[:_SHOWN]
        return _page("Innboks", _search(wanted) + _list(mails))

    async def read(self, request: web.Request) -> web.Response:
        """One mail, as its HTML and as its text."""
        return _page("E-post", _opened(self._mail(request)))

    async def html(self, request: web.Request) -> web.Response:
        """The mail's own HTML, fit for a frame."""
        return web.Response(
            text=self._mail(request).html,
            content_type="text/html",
            headers={
                "Content-Security-Policy": _MAIL_POLICY,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
            },
        )

    async def faults(self, _request: web.Request) -> web.Response:
        """The faults that will still strike."""
        return web.json_response([asdict(it) for it in self._faults.active()])

    async def set_fault(self, request: web.Request) -> web.Response:
        """Set one fault: fault, to, times, seconds."""
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="Send application/json\n")
        try:
            document = json.loads(await request.read())
            if not isinstance(document, dict):
                raise FaultRefused("send one JSON object")
            fault = self._faults.set(document)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(asdict(fault), status=201)

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """All is well again."""
        return web.json_response({"cleared": self._faults.clear()})

    def _mail(self, request: web.Request) -> Mail:
        try:
            return self._mails.mail(request.match_info["id"])
        except NoSuchMail as error:
            raise web.HTTPNotFound(text="No such mail\n") from error


def _page(title: str, content: str) -> web.Response:
    html = f"""<!doctype html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} – demoens e-post</title>
<link rel="stylesheet" href="/mail.css">
</head>
<body>
<header><h1><a href="/">Demoens e-post</a></h1></header>
<main>{content}</main>
</body>
</html>
"""
    headers = {"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-store"}
    return web.Response(text=html, content_type="text/html", headers=headers)


def _search(wanted: str) -> str:
    return (
        f'<form action="/"><label>Mottaker <input name="to" type="email"'
        f' value="{escape(wanted)}"></label><button>Vis</button></form>'
    )


def _list(mails: Sequence[Mail]) -> str:
    if not mails:
        return "<p>Ingen e-post ennå.</p>"
    items = "".join(
        f'<li><a href="/messages/{quote(mail.id)}">{escape(mail.subject)}</a>'
        f"<span>til {escape(mail.to)}</span>{_when(mail)}</li>"
        for mail in mails
    )
    return f'<ul class="mails">{items}</ul>'


def _opened(mail: Mail) -> str:
    frame = (
        f'<h3>Slik mottakeren ser den</h3><iframe sandbox title="E-posten"'
        f' src="/messages/{quote(mail.id)}/html"></iframe>'
        if mail.html
        else ""
    )
    return (
        f"<article><h2>{escape(mail.subject)}</h2>"
        f"<dl><dt>Til</dt><dd>{escape(mail.to)}</dd>"
        f"<dt>Fra</dt><dd>{escape(mail.sender)}</dd>"
        f"<dt>Mottatt</dt><dd>{_when(mail)}</dd>"
        f"<dt>Message-ID</dt><dd>{escape(mail.message_id)}</dd></dl>"
        f"{frame}<h3>Som ren tekst</h3><pre>{escape(mail.text)}</pre></article>"
    )


def _when(mail: Mail) -> str:
    local = datetime.fromisoformat(mail.received_at).astimezone()
    return f'<time datetime="{mail.received_at}">{local:%d.%m.%Y %H:%M:%S}</time>'
