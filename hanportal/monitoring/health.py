"""Whether this process can serve: the database and its tables; and who else is away."""

from dataclasses import dataclass
from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

SECONDS = 1


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """What was found. Only the database decides: we run on without the others."""

    database: str
    broker: str
    cache: str

    @property
    def is_ready(self) -> bool:
        """True when requests can be served."""
        return self.database == "ok"


def readiness() -> Readiness:
    """Ask each of them, for a second at most."""
    return Readiness(
        database=_database(),
        broker=_valkey(settings.CELERY_BROKER_URL),
        cache=_valkey(settings.CACHES["default"]["LOCATION"]),
    )


def _database() -> str:
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError:
        return "away"
    missing = _newest_migrations() - applied.keys()
    return "migrations missing" if missing else "ok"


@cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of each app, as the code in this process knows them."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _valkey(url: str) -> str:
    try:
        with redis.Redis.from_url(
            url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS
        ) as server:
            server.ping()
    except redis.RedisError:
        return "away"
    return "ok"
