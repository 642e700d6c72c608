"""The admin interface, in JSON: the ledger, the meters, and the faults to come.

It has no login: it listens on loopback and belongs to whoever started the process.
Writing needs the content type application/json, so no web page can do it.
"""

import json
from dataclasses import asdict
from typing import Any

from aiohttp import web

from hanportal.demo.headend.faults import FAULTS
from hanportal.demo.headend.fleet import Meter
from hanportal.demo.headend.ledger import Ledger
from hanportal.demo.headend.switchboard import FaultRefused
from hanportal.demo.headend.world import World


class Admin:
    """Everything under /admin, and /healthz."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        """Look at this world and its ledger."""
        self._world = world
        self._ledger = ledger

    def routes(self) -> list[web.RouteDef]:
        """The paths and what answers them."""
        return [
            web.get("/healthz", self.health),
            web.get("/admin/ledger", self.ledger),
            web.get("/admin/meters/{serial}", self.meter),
            web.post("/admin/meters/{serial}/port", self.set_port),
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
        return web.json_response(asdict(fault), status=201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Clear all faults, or those of ?key=."""
        key = request.query.get("key", "")
        cleared = self._world.switchboard.clear(key=key)
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
