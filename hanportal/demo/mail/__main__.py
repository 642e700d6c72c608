"""`python -m hanportal.demo.mail`: the demo's mail server on the command line."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from hanportal.demo.mail.faults import Faults
from hanportal.demo.mail.maildir import Mailbox
from hanportal.demo.mail.smtp import Handler, listen
from hanportal.demo.mail.web import Web

logger = logging.getLogger(__name__)


async def serve(*, host: str, smtp_port: int, http_port: int, maildir: Path) -> None:
    """Run until SIGTERM or SIGINT. Ports that are 0 become free ones."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    mails, faults = Mailbox(maildir), Faults()
    smtp = await listen(host, smtp_port, Handler(mails, faults, _now))
    application = web.Application()
    application.add_routes(Web(mails, faults).routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, http_port).start()
        logger.info("Taking mail on %s:%d", host, smtp.sockets[0].getsockname()[1])
        logger.info("Listening on http://%s:%d/", host, runner.addresses[0][1])
        await stop.wait()
        logger.info("Stopping")
    finally:
        smtp.close()
        await runner.cleanup()


def main(arguments: Sequence[str]) -> int:
    """Run the mail server until it is stopped; 2 when it can't start."""
    parser = argparse.ArgumentParser(prog="python -m hanportal.demo.mail")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--http-port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--maildir", type=Path, required=True)
    parsed = parser.parse_args(arguments)
    logging.basicConfig(
        stream=sys.stdout,
        level=logging.INFO,
        format="%(asctime)s mail %(message)s",
        datefmt="%H:%M:%S",
    )
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    try:
        asyncio.run(
            serve(
                host=parsed.host,
                smtp_port=parsed.smtp_port,
                http_port=parsed.http_port,
                maildir=parsed.maildir,
            )
        )
    except OSError as error:
        logger.error("%s", error)  # noqa: TRY400 -- no traceback
        return 2
    return 0


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
