"""What the audit tests share: a moment, an actor, connections past Django's."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg2
from django.db import connection
from psycopg2.extensions import connection as RawConnection  # noqa: N812 -- a class

from hanportal.audit.log import Actor, ActorKind, Event

NOON = datetime(2026, 3, 2, 12, 0, 0, 1, tzinfo=UTC)
SYSTEM = Actor(ActorKind.SYSTEM, "test")

Write = Callable[..., Event]
Attack = Callable[..., None]

AT_3 = "WHERE chain = 'customer:a' AND sequence = 3"


def raw_connection(role: str) -> RawConnection:
    """A connection to the test's database that has nothing to do with Django's."""
    parameters = connection.get_connection_params()
    raw = psycopg2.connect(
        host=parameters.get("host"),
        port=parameters.get("port"),
        user=parameters.get("user"),
        password=parameters.get("password"),
        dbname=parameters["dbname"],
        options=f"-c role={role}",
    )
    raw.autocommit = True
    return raw
