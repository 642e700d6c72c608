"""The page for people: head-ends, meters and their ports, the traffic, the faults.

A few lines of script fetch what changed every second; without them the page reloads
itself. Its own policy lets nothing else in. What it changes needs a token of its own,
so no other page can do it in passing.
"""

import secrets
from importlib import resources

from aiohttp import web

from hanportal.demo.headend.doors import Doors
from hanportal.demo.headend.ledger import Ledger
from hanportal.demo.headend.sections import Sections, fault_form, frame
from hanportal.demo.headend.switchboard import FaultRefused
from hanportal.demo.headend.world import World

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STATIC = {"simulator.css": "text/css", "simulator.js": "text/javascript"}
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


class Pages:
    """GET / and what belongs to it."""

    def __init__(self, world: World, ledger: Ledger, doors: Doors) -> None:
        """Show this world and its ledger."""
        self._world = world
        self._doors = doors
        self._sections = Sections(world, ledger)
        self._token = secrets.token_urlsafe(16)
        folder = resources.files("hanportal.demo.headend") / "static"
        self._static = {
            name: (folder / name).read_text(encoding="utf-8") for name in _STATIC
        }

    def routes(self) -> list[web.RouteDef]:
        """The paths and what answers them."""
        return [
            web.get("/", self.front),
            web.get("/live", self.live),
            web.post("/faults", self.set_fault),
            web.post("/faults/clear", self.clear_faults),
            web.get("/favicon.ico", self.icon),
            web.get("/{name:simulator\\.(?:css|js)}", self.static),
        ]

    async def static(self, request: web.Request) -> web.Response:
        """The style sheet and the script."""
        name = request.match_info["name"]
        return web.Response(text=self._static[name], content_type=_STATIC[name])

    async def icon(self, _request: web.Request) -> web.Response:
        """None; browsers ask all the same."""
        return web.Response(status=204)

    async def front(self, request: web.Request) -> web.Response:
        """Everything on one page; ?q= finds meters, ?pause stops its clock."""
        return self._page(request, refusal="", status=200)

    async def live(self, request: web.Request) -> web.Response:
        """What changes by itself, for the script."""
        html = self._sections.live(request.query.get("q", "").strip())
        return web.Response(text=html, content_type="text/html", headers=_HEADERS)

    async def set_fault(self, request: web.Request) -> web.Response:
        """Set a fault from the page's form."""
        form = await self._form(request)
        times = form.get("times", "").strip()
        document = {
            "scope": form.get("scope", ""),
            "key": form.get("key", "").strip(),
            "fault": form.get("fault", ""),
            "parameter": form.get("parameter", "").strip(),
        }
        if times:
            document["times"] = int(times) if times.isdecimal() else None  # type: ignore[assignment]
        if operation := form.get("operation"):
            document["operation"] = operation
        try:
            self._world.switchboard.set(document)
        except FaultRefused as error:
            return self._page(request, refusal=str(error), status=400)
        await self._doors.arrange()
        raise web.HTTPSeeOther("/")

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Clear all faults."""
        await self._form(request)
        self._world.switchboard.clear()
        await self._doors.arrange()
        raise web.HTTPSeeOther("/")

    async def _form(self, request: web.Request) -> dict[str, str]:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not secrets.compare_digest(form.pop("token", ""), self._token):
            raise web.HTTPForbidden(text="Open the page again and send it from there\n")
        return form

    def _page(self, request: web.Request, *, refusal: str, status: int) -> web.Response:
        wanted = request.query.get("q", "").strip()
        html = frame(
            self._sections.live(wanted),
            fault_form(token=self._token, refusal=refusal, suggested=wanted),
            wanted=wanted,
            is_paused="pause" in request.query,
        )
        return web.Response(
            text=html, content_type="text/html", status=status, headers=_HEADERS
        )
