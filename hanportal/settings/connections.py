"""Where the services are: read from the environment, the same names everywhere."""

from typing import Any
from urllib.parse import urlsplit

import environ

env = environ.Env()

SOCKET_SECONDS = 1
"""A request never waits longer for the broker or the cache than this."""
CONNECTION_SECONDS = 60
"""How long a database connection is kept for the next request."""
SMTP_SECONDS = 10


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as the content security policy wants it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def database(variable: str = "DATABASE_URL") -> dict[str, Any]:
    """Django's settings of the PostgreSQL database in an environment variable."""
    connection: dict[str, Any] = env.db(variable)
    connection.update(
        ENGINE="django.db.backends.postgresql",
        CONN_MAX_AGE=CONNECTION_SECONDS,
        CONN_HEALTH_CHECKS=True,
        ATOMIC_REQUESTS=False,
    )
    return connection


def cache(url: str) -> dict[str, Any]:
    """Django's settings of the cache; its own Valkey, never the broker's."""
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "KEY_PREFIX": "hanportal",
        "OPTIONS": {
            "socket_timeout": SOCKET_SECONDS,
            "socket_connect_timeout": SOCKET_SECONDS,
        },
    }


def email(variable: str = "EMAIL_URL") -> dict[str, Any]:
    """Django's EMAIL_ settings of an address as smtp+tls://user:password@host:587."""
    settings: dict[str, Any] = env.email_url(variable)
    return {
        name: value
        for name, value in settings.items()
        if name.startswith("EMAIL_") and name != "EMAIL_FILE_PATH"
    } | {"EMAIL_TIMEOUT": SMTP_SECONDS}


def manifest_storage() -> dict[str, dict[str, str]]:
    """Static files with their hash in the name, compressed, cached for ever."""
    return {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {
            "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        },
    }
