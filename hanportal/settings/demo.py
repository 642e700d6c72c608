"""Settings of the box that `make run` starts: the product on loopback, over http.

The supervisor (hanportal/demo/stack/) makes the keys and sets every address. Nothing
here weakens a rule; what differs from production is that there is no TLS, and that
the register is followed every five seconds instead of once a minute.
"""

from pathlib import Path
from urllib.parse import urlsplit

from hanportal.settings import connections
from hanportal.settings.base import *  # noqa: F403 -- the settings they all share
from hanportal.settings.base import (
    CELERY_BEAT_SCHEDULE,
    PORTAL_BASE_URL,
    READABLE_LOGGING,
    env,
)

SECRET_KEY = env("SECRET_KEY")
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

DATABASES = {"default": connections.database()}
CELERY_BROKER_URL = env("REDIS_URL")
CACHES = {"default": connections.cache(env("CACHE_URL"))}
globals().update(connections.email())

# Who plays a move in the demo sees at once what comes of it.
CELERY_BEAT_SCHEDULE["orders.follow_register"]["schedule"] = 5.0

LOGGING = READABLE_LOGGING
METRICS_FOR_LOOPBACK = True

STATIC_ROOT = Path(env("STATIC_ROOT"))
STORAGES = connections.manifest_storage()

# Browsers keep one set of cookies per host, whatever the port: two stacks, two names.
_PORT = urlsplit(PORTAL_BASE_URL).port
SESSION_COOKIE_NAME = f"hanportal-session-{_PORT}"
CSRF_COOKIE_NAME = f"hanportal-csrf-{_PORT}"
