"""The admin interface, in JSON: the ledger, the meters, and the faults to come.

It has no login: it listens on loopback and belongs to whoever started the process.
Writing needs the content type application/json, so no web page can do it.
"""

import json
from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from hanportal.demo.headend.doors import Doors
from hanportal.demo.headend.faults import FAULTS
from hanportal.demo.headend.fleet import HeadEnd, Meter
from hanportal.demo.headend.ledger import Ledger
from hanportal.demo.headend.switchboard import FaultRefused
from hanportal.demo.headend.world import World


class Admin:
    """Everything under /admin, and /healthz."""

    def __init__(self, world: World, ledger: Ledger, doors: Doors) -> None:
        """Look at this world and its ledger."""
        self._world = world
        self._ledger = ledger
        self._doors = doors

    def routes(self) -> list[web.RouteDef]:
        """The paths and what answers them."""
        return [
            web.get("/healthz", self.health),
            web.get("/admin/ledger", self.ledger),
            web.get("/admin/meters/{serial}", self.meter),
            web.post("/admin/meters/{serial}/port", self.set_port),
            web.get("/admin/head-ends", self.head_ends),
            web.post("/admin/head-ends/{code}", self.set_head_end),
            web.post("/admin/head-ends/{code}/restart", self.restart),
            web.post("/admin/speed", self.set_speed),
            web.get("/admin/faults", self.faults),
            web.post("/admin/faults", self.set_fault),
            web.delete("/admin/faults", self.clear_faults),
            web.get("/admin/fault-kinds", self.fault_kinds),
            web.get("/admin/traffic", self.traffic),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        """It lives; and how much it simulates."""
        fleet = self._world.fleet
        return web.json_response(
            {"status": "ok", "head_ends": len(fleet.head_ends)}
            | {"meters": len(fleet.meters)}
        )

    async def ledger(self, request: web.Request) -> web.Response:
        """Effects, oldest first; ?serial= and ?after=<number> narrow them."""
        after = request.query.get("after", "0")
        if not (after.isascii() and after.isdigit()):
            return _refused("after must be a number")
        serial = request.query.get("serial", "")
        effects = self._ledger.effects(serial=serial, after=int(after))
        return web.json_response([asdict(effect) for effect in effects])

    async def meter(self, request: web.Request) -> web.Response:
        """One meter and what its port is now."""
        return web.json_response(self._described(self._meter(request)))

    async def set_port(self, request: web.Request) -> web.Response:
        """A technician at the meter sets the port; the portal is not told."""
        meter = self._meter(request)
        state = (await _document(request)).get("state")
        if state not in {"open", "closed"}:
            return _refused("state must be open or closed")
        self._world.ports.set(meter.serial, state)
        text = f"port set {state} by a technician"
        self._world.traffic.note("•", meter.head_end, meter.serial, text)
        return web.json_response(self._described(meter))

    async def head_ends(self, _request: web.Request) -> web.Response:
        """Each head-end, with its protocol and the port of its own."""
        return web.json_response(
            {
                code: {
                    "protocol": head_end.protocol,
                    "callback": head_end.callback,
                    "port": self._doors.ports[code],
                    "meters": self._world.ports.meters[code],
                    "open": self._world.ports.opened[code],
                    "queued": self._world.queued(head_end),
                }
                for code, head_end in self._world.fleet.head_ends.items()
            }
        )

    async def set_head_end(self, request: web.Request) -> web.Response:
        """Register where results go that come with no address: {"callback": …}."""
        head_end = self._head_end(request)
        callback = (await _document(request)).get("callback")
        if not isinstance(callback, str):
            return _refused("callback must be an address")
        changed = replace(head_end, callback=callback)
        self._world.fleet.head_ends[head_end.code] = changed
        return web.json_response({"callback": callback})

    async def restart(self, request: web.Request) -> web.Response:
        """Restart a head-end: what is queued there is lost (F40)."""
        await _document(request)
        lost = self._world.restart(self._head_end(request))
        return web.json_response({"lost": lost})

    async def set_speed(self, request: web.Request) -> web.Response:
        """Let what comes from now on take so much less time: {"speed": …}."""
        speed = (await _document(request)).get("speed")
        if isinstance(speed, bool) or not isinstance(speed, int | float):
            return _refused("speed must be a number")
        if not 0 < speed < float("inf"):
            return _refused("speed must be above 0")
        self._world.speed = float(speed)
        return web.json_response({"speed": speed})

    async def faults(self, _request: web.Request) -> web.Response:
        """The faults that will still strike."""
        active = self._world.switchboard.active()
        return web.json_response([asdict(fault) for fault in active])

    async def set_fault(self, request: web.Request) -> web.Response:
        """Set one fault: scope, key, fault, times, parameter, operation."""
        try:
            fault = self._world.switchboard.set(await _document(request))
        except FaultRefused as error:
            return _refused(str(error))
        await self._doors.arrange()
        return web.json_response(asdict(fault), status=201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Clear all faults, or those of ?key=."""
        key = request.query.get("key", "")
        cleared = self._world.switchboard.clear(key=key)
        await self._doors.arrange()
        return web.json_response({"cleared": cleared})

    async def fault_kinds(self, _request: web.Request) -> web.Response:
        """What can be set, by id."""
        return web.json_response({name: kind.title for name, kind in FAULTS.items()})

    async def traffic(self, _request: web.Request) -> web.Response:
        """The newest lines, newest first."""
        lines = self._world.traffic.newest()
        return web.json_response(
            [asdict(line) | {"at": line.at.isoformat()} for line in lines]
        )

    def _head_end(self, request: web.Request) -> HeadEnd:
        head_end = self._world.fleet.head_ends.get(request.match_info["code"])
        if head_end is None:
            raise web.HTTPNotFound(text="No such head-end\n")
        return head_end

    def _meter(self, request: web.Request) -> Meter:
        meter = self._world.fleet.meters.get(request.match_info["serial"])
        if meter is None:
            raise web.HTTPNotFound(text="No such meter\n")
        return meter

    def _described(self, meter: Meter) -> dict[str, Any]:
        reading = self._world.ports.read(meter.serial)
        return asdict(meter) | {"port": reading.state, "at": reading.at.isoformat()}


async def _document(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Send application/json\n")
    try:
        document = json.loads(await request.read())
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"Not JSON: {error}\n") from error
    if not isinstance(document, dict):
        raise web.HTTPBadRequest(text="Send one JSON object\n")
    return document


def _refused(reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=400)
