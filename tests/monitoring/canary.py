"""The canary: a customer whose particulars stand nowhere else, and her stage."""

import base64
import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from psycopg2 import sql
from uuid6 import uuid7

from hanportal.accounts.actions import seal_national_id
from hanportal.accounts.models import Customer, CustomerKind
from hanportal.audit import log
from hanportal.celery import app
from hanportal.demo.eid.people import Person
from meters.models import HanPort, HeadEnd, MeteringPoint
from orders.publishing import publish_terms
from tests.demo.processes import Program
from tests.orders.world import TERMS_FILE, a_point_with_meter

SECRET = "a-secret-of-the-canary-and-its-head-end"
NATIONAL_ID = "11829045623"
NAME = "Xanthippe Kvernbergvåg"
EMAILS = ("xk.register@kanarifugl.example", "xk.valgt@kanarifugl.example")
ADDRESS = "Kanarifuglveien 47"
CANARY = Person(
    subject="pseudonym-of-the-canary",
    name=NAME,
    national_id=NATIONAL_ID,
    label="Kanarifuglen",
    level="idporten-loa-high",
)


def spellings(text: str) -> set[str]:
    """The ways in which a text may stand somewhere without being any safer there."""
    raw = text.encode()
    return {
        text,
        raw.hex(),
        base64.b64encode(raw).decode(),
        hashlib.sha256(raw).hexdigest(),
        json.dumps(text).strip('"'),
        raw.decode("latin-1"),
    }


NUMBER_SPELLINGS = {
    *spellings(NATIONAL_ID),
    *spellings(f"{NATIONAL_ID[:6]} {NATIONAL_ID[6:]}"),
}
PERSON_SPELLINGS = {
    spelling
    for each in (NAME, *NAME.split(), *EMAILS, ADDRESS)
    for spelling in spellings(each)
}


def found(spelt: set[str], places: dict[str, str]) -> list[tuple[str, str]]:
    """Each place where one of these spellings stands."""
    return [
        (place, spelling)
        for place, text in places.items()
        for spelling in sorted(spelt)
        if spelling in text
    ]


def settle_down(endpoint: str) -> tuple[Customer, MeteringPoint, HanPort]:
    """The canary in the register, with a point, a meter, and the terms published."""
    by, now = log.Actor(log.ActorKind.SYSTEM, "test"), datetime.now(UTC)
    publish_terms(TERMS_FILE, by=by, now=now)
    sealed = seal_national_id(NATIONAL_ID, customer_number="C-1")
    customer = Customer.objects.create(
        customer_number="C-1",
        kind=CustomerKind.PERSON,
        name=NAME,
        national_id_hash=sealed.hash,
        national_id_sealed=sealed.sealed,
        national_id_key_version=sealed.key_version,
        email=EMAILS[0],
    )
    head_end = HeadEnd.objects.create(
        code="aidon",
        name="Aidon",
        profile=HeadEnd.Profile.CIM_STRICT,
        endpoint=endpoint,
    )
    point, port = a_point_with_meter(customer, head_end)
    MeteringPoint.objects.filter(pk=point.pk).update(street_address=ADDRESS)
    point.refresh_from_db()
    return customer, point, port


@contextmanager
def head_end_with(serial: str, folder: Path) -> Iterator[str]:
    """The head-end simulator with one meter; the address of its SOAP interface."""
    fleet = folder / "fleet.json"
    meter = {"serial": serial, "head_end": "aidon", "port": "closed"}
    preset = {"preset": "aidon", "delay_from": 0, "delay_to": 0}
    fleet.write_text(json.dumps({"head_ends": {"aidon": preset}, "meters": [meter]}))
    program = Program(
        "hanportal.demo.headend",
        *("--fleet", str(fleet), "--ledger", str(folder / "ledger.sqlite")),
        *("--secrets", f"aidon={SECRET}"),
    )
    try:
        port = program.line(r"Listening on http://.*:(\d+)/")[1]
        yield f"http://127.0.0.1:{port}/aidon/soap"
    finally:
        program.stop()


class Overheard(logging.Handler):
    """What everybody says to the log, before anything is cut out of it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the words and what was said with them."""
        self.said.append(f"{record.name} {record.getMessage()} {record.args}")


def table(name: str) -> str:
    """Every row of one table as text."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name)))
        return "\n".join(_text(value) for row in cursor.fetchall() for value in row)


def tables() -> dict[str, str]:
    """Every row of every table as text."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return {name: table(name) for name in names}


def sessions() -> str:
    """Every session, decoded."""
    rows = Session.objects.values_list("session_data", flat=True)
    return "\n".join(str(SessionStore().decode(data)) for data in rows)


@contextmanager
def own_queue() -> Iterator[str]:
    """Every bell is rung on a queue that no worker of anybody's listens to."""
    name, before = f"canary-{uuid7()}", app.conf.task_routes
    _route({"*": {"queue": name}})
    try:
        yield name
    finally:
        _route(before)
        with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
            broker.delete(name)


def _route(routes: dict[str, dict[str, str]]) -> None:
    app.conf.task_routes = routes
    app.amqp.flush_routes()
    vars(app.amqp).pop("router", None)


def waiting_in(queue: str) -> str:
    """Every message that waits at the broker, also with its body decoded."""
    texts = []
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        for message in broker.lrange(queue, 0, -1):
            parts: dict[str, Any] = json.loads(message)
            body = base64.b64decode(parts["body"]).decode()
            texts.append(f"{message.decode()} {body}")
    return "\n".join(texts)


def cached() -> str:
    """Everything in the cache."""
    with redis.Redis.from_url(settings.CACHES["default"]["LOCATION"]) as server:
        strings = [key for key in server.scan_iter() if server.type(key) == b"string"]
        return "\n".join(_text(key) + _text(server.get(key)) for key in strings)


def _text(value: object) -> str:
    if isinstance(value, memoryview | bytes):
        return bytes(value).decode("latin-1")
    return str(value)
