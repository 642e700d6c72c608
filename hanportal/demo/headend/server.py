"""Putting the simulator together and keeping it up until it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from hanportal.demo.headend.admin import Admin
from hanportal.demo.headend.courier import Courier
from hanportal.demo.headend.doors import Doors
from hanportal.demo.headend.fleet import Fleet, read_fleet
from hanportal.demo.headend.han_port import HanPort
from hanportal.demo.headend.ledger import Ledger
from hanportal.demo.headend.pages import Pages
from hanportal.demo.headend.ports import Ports
from hanportal.demo.headend.soap import SoapEndpoint
from hanportal.demo.headend.switchboard import Switchboard
from hanportal.demo.headend.traffic import Traffic
from hanportal.demo.headend.world import World

logger = logging.getLogger(__name__)

_LARGEST_REQUEST = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line says."""

    host: str
    port: int
    """0 takes a free one."""
    fleet: Path
    ledger: Path
    seed: int
    speed: float
    secrets: Mapping[str, str]


async def serve(options: Options) -> None:
    """Run until SIGTERM or SIGINT.

    :raises FleetInvalid: the fleet file can't be used.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    fleet = read_fleet(options.fleet)
    ledger = Ledger(options.ledger)
    traffic = Traffic(_now)
    courier = Courier(secrets=options.secrets, traffic=traffic, clock=_now)
    world = _world(options, fleet, ledger, traffic, courier)
    application = web.Application(client_max_size=_LARGEST_REQUEST)
    runner = web.AppRunner(
        application, access_log=None, handle_signals=False, shutdown_timeout=1.0
    )
    doors = Doors(runner, options.host, world.switchboard)
    _route(application, world, ledger, doors, options.secrets)
    await courier.start()
    await runner.setup()
    try:
        await doors.open(fleet.head_ends)
        await web.TCPSite(runner, options.host, options.port).start()
        port = runner.addresses[-1][1]
        logger.info("Listening on http://%s:%d/", options.host, port)
        logger.info("%d meters, speed %g", len(fleet.meters), options.speed)
        await stop.wait()
        logger.info("Stopping")
    finally:
        await courier.stop()
        await doors.close()
        await runner.cleanup()
        ledger.close()


def _world(
    options: Options,
    fleet: Fleet,
    ledger: Ledger,
    traffic: Traffic,
    courier: Courier,
) -> World:
    return World(
        fleet=fleet,
        ports=Ports(fleet, ledger, _now),
        switchboard=Switchboard(),
        courier=courier,
        traffic=traffic,
        clock=_now,
        seed=options.seed,
        speed=options.speed,
    )


def _route(
    application: web.Application,
    world: World,
    ledger: Ledger,
    doors: Doors,
    secrets: Mapping[str, str],
) -> None:
    application.add_routes(Admin(world, ledger, doors).routes())
    application.add_routes(Pages(world, ledger, doors).routes())
    application.add_routes(HanPort(world).routes())
    endpoint = SoapEndpoint(world, secrets)
    application.add_routes([web.post("/{code}/soap", endpoint.handle)])


def _now() -> datetime:
    return datetime.now(UTC)
