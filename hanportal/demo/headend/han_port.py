"""The port itself, for whoever plugs something in: frames while open, else silence."""

import asyncio
from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

from aiohttp import web

from hanportal.demo.headend.fleet import HeadEnd, Meter
from hanportal.demo.headend.han_lists import BEAT, Kind, frame, kind_at
from hanportal.demo.headend.world import World

OSLO = ZoneInfo("Europe/Oslo")
_LONGEST = 3600.0


class HanPort:
    """GET /meters/<serial>/han: a stream of bytes, as an adapter would read them."""

    def __init__(self, world: World) -> None:
        """The ports of this world."""
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """The path and what answers it."""
        return [web.get("/meters/{serial}/han", self.listen)]

    async def listen(self, request: web.Request) -> web.StreamResponse:
        """Send what falls due while the port is open.

        ?frames= and ?seconds= end it; ?list= has only that kind sent, on every beat.
        """
        meter = self._world.fleet.meters.get(request.match_info["serial"])
        if meter is None:
            raise web.HTTPNotFound(text="No such meter\n")
        most, seconds, kind = _wishes(request)
        response = web.StreamResponse(
            headers={"Content-Type": "application/octet-stream"}
        )
        await response.prepare(request)
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        sent = 0
        while sent < most and loop.time() < end:
            if data := self._due(meter, kind):
                await response.write(data)
                sent += 1
            pause = BEAT / self._world.speed
            await asyncio.sleep(min(pause, max(0.0, end - loop.time())))
        await response.write_eof()
        return response

    def _due(self, meter: Meter, wanted: Kind | None) -> bytes:
        """What leaves the port on this beat; nothing where it is closed or silent."""
        if not self._world.ports.is_sending(meter.serial):
            return b""
        now: datetime = self._world.clock()
        head_end: HeadEnd = self._world.fleet.head_ends[meter.head_end]
        frames = head_end.preset.frames
        kind = wanted or kind_at(int(now.timestamp() / BEAT), frames=frames)
        if kind is None:
            return b""
        return frame(meter, now.astimezone(OSLO), frames=frames, kind=kind)


def _wishes(request: web.Request) -> tuple[int, float, Kind | None]:
    try:
        most = int(request.query.get("frames", "1000000"))
        seconds = float(request.query.get("seconds", "60"))
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from error
    kind = request.query.get("list")
    if kind is not None and kind not in get_args(Kind):
        raise web.HTTPBadRequest(text=f"list is one of {get_args(Kind)}\n")
    if not 0 < seconds <= _LONGEST or most < 1:
        raise web.HTTPBadRequest(text="seconds is from 0 to 3600, frames at least 1\n")
    return most, seconds, kind  # type: ignore[return-value] # checked above
