"""The provider over HTTP, with the headers that every answer has."""

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from hanportal.demo.eid import codes
from hanportal.demo.eid.backchannel import Backchannel
from hanportal.demo.eid.frontchannel import Frontchannel
from hanportal.demo.eid.misbehaviour import Misbehaviour
from hanportal.demo.eid.provider import Options, Provider


def application(provider: Provider) -> web.Application:
    """The provider as an aiohttp application."""
    app = web.Application(middlewares=[_with_headers(provider.options)])
    app.add_routes(Frontchannel(provider).routes())
    app.add_routes(Backchannel(provider).routes())
    if provider.options.workers:
        app.add_routes(codes.routes(provider.options.workers, clock=provider.now))
    if provider.options.misbehave:
        app.add_routes(_admin_routes(provider))
    return app


def _admin_routes(provider: Provider) -> list[web.RouteDef]:
    async def misbehave(http: web.Request) -> web.Response:
        provider.misbehave_next(Misbehaviour((await http.json())["how"]))
        return web.json_response({"status": "ok"})

    async def rotate_keys(_http: web.Request) -> web.Response:
        provider.keys.rotate()
        return web.json_response({"status": "ok"})

    return [
        web.post("/admin/misbehave", misbehave),
        web.post("/admin/rotate_keys", rotate_keys),
    ]


def _with_headers(options: Options) -> Any:
    # The forms lead on to the client, and browsers hold redirects to this list too.
    clients = " ".join(
        sorted(
            {
                f"{urlsplit(uri).scheme}://{urlsplit(uri).netloc}"
                for uri in options.redirect_uris
            }
        )
    )
    policy = (
        "default-src 'none'; style-src 'self'; frame-ancestors 'none'; "
        f"base-uri 'none'; form-action 'self' {clients}"
    )

    @web.middleware
    async def add(http: web.Request, handler: Any) -> web.StreamResponse:
        response: web.StreamResponse = await handler(http)
        response.headers["Content-Security-Policy"] = policy
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    return add
