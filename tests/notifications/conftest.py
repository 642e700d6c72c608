"""A real mail server of our own on loopback, and customers to write to."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pytest_django.fixtures import Settings
from uuid6 import uuid7

from hanportal.accounts.models import Customer, CustomerKind

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@dataclass
class MailServer:
    """Keeps every letter it says 250 to; answers otherwise when told to."""

    letters: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """What to say to the next letters instead of 250."""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        await asyncio.sleep(0)
        if self.answers:
            return self.answers.pop(0)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 Kept"


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    """The mail server that the senders are pointed at."""
    server = MailServer()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.EMAIL_USE_TLS = False
    settings.EMAIL_TIMEOUT = 5
    settings.DEFAULT_FROM_EMAIL = "Fjordnett <han@fjordnett.example>"
    yield server
    controller.stop()


def customer_with(email: str, *, language: str = "nb") -> Customer:
    """An organisation that we may write to."""
    number = str(uuid7().int % 10**9).zfill(9)
    return Customer.objects.create(
        customer_number=number,
        kind=CustomerKind.ORGANISATION,
        name="Fjelltoppen Borettslag",
        organisation_number=number,
        email=email,
        language=language,
    )


@pytest.fixture
def customer(db: None) -> Customer:
    """A customer with an e-mail address."""
    return customer_with("styret@fjelltoppen.example")


def facts(**changed: object) -> dict[str, object]:
    """What a message about an order tells."""
    return {
        "reference": "HAN-7F3K-2M9Q",
        "address": "Storgata 1, 6770 Nordfjordeid",
        "meter_serial": "7359992912345678",
        "due_date": date(2026, 11, 26),
        "placed_at": NOON,
        "sent_at": NOON,
        "confirmed_at": NOON,
        "at": NOON,
        "reason": "",
        "represented": "Fjelltoppen Borettslag",
        "starts_on": date(2026, 11, 23),
        "ends_on": date(2027, 11, 23),
        "effective_date": date(2026, 11, 20),
        "exposed_from": NOON,
        "exposed_until": NOON,
        "obstacle": "needs_module",
        "awaits": "closed",
        "is_confirmed": True,
        "url": "https://han.fjordnett.example/min-side/bestilling/1/",
        **changed,
    }
