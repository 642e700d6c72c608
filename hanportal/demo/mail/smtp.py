"""The SMTP side: take a mail and keep it, unless a fault says otherwise."""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from hanportal.demo.mail.faults import ActiveFault, Faults
from hanportal.demo.mail.maildir import Mailbox

logger = logging.getLogger(__name__)

DEATH_STATUS = 70
_LARGEST_MAIL = 10 * 1024 * 1024


class Handler:
    """What aiosmtpd calls for each mail."""

    def __init__(
        self, mails: Mailbox, faults: Faults, clock: Callable[[], datetime]
    ) -> None:
        """Keep mails in `mails`, unless one of `faults` strikes."""
        self._mails = mails
        self._faults = faults
        self._clock = clock

    async def handle_DATA(  # noqa: N802 -- aiosmtpd looks for this name
        self, server: "Server", _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail and say so."""
        fault = self._faults.strike(envelope.rcpt_tos)
        word = f" [{fault.fault}]" if fault else ""
        logger.info("Mail to %s%s", ", ".join(envelope.rcpt_tos), word)
        if fault and fault.fault == "tempfail":
            return "451 4.3.0 Try again later"
        if fault and fault.fault == "reject":
            return "550 5.1.1 No such mailbox"
        if fault and fault.fault == "stall":
            await asyncio.sleep(fault.seconds)
        self._keep(envelope)
        return _last_words(server, fault)

    def _keep(self, envelope: Envelope) -> None:
        content = envelope.content or b""
        self._mails.keep(
            content.encode() if isinstance(content, str) else content,
            sender=envelope.mail_from or "",
            recipients=list(envelope.rcpt_tos),
            at=self._clock(),
        )


class Server(SMTP):
    """One SMTP connection, which may be the process's last."""

    dies_after_reply = False

    async def push(self, status: Any) -> None:
        """Send a reply line."""
        await super().push(status)
        if self.dies_after_reply:
            logger.info("Dying after %s", status)
            logging.shutdown()
            os._exit(DEATH_STATUS)

    def hang_up(self) -> None:
        """End the connection at once."""
        if self.transport:
            self.transport.close()


async def listen(host: str, port: int, handler: Handler) -> asyncio.Server:
    """Take SMTP connections; port 0 takes a free one."""
    loop = asyncio.get_running_loop()

    def connection() -> Server:
        return Server(
            handler,
            loop=loop,
            hostname="mail.demo.invalid",
            ident="HAN-portal demo",
            data_size_limit=_LARGEST_MAIL,
        )

    return await loop.create_server(connection, host, port)


def _last_words(server: Server, fault: ActiveFault | None) -> str:
    if fault and fault.fault == "die":
        server.dies_after_reply = True
    if fault and fault.fault == "vanish":
        server.hang_up()
    return "250 2.0.0 Kept"
