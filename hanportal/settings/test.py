"""Settings of the test-suite: real PostgreSQL and Valkey, cheap everything else.

The tests connect as the server's superuser and take on the application's role
(tests/conftest.py), because they make and drop databases of their own. `make test`
starts the services and sets the addresses.
"""

import os

# Each pytest-xdist worker has its own numbered databases in both Valkeys.
WORKER_NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

_SERVICES = {
    "DATABASE_URL": "postgres://postgres@127.0.0.1:1/hanportal",
    "REDIS_URL": "redis://127.0.0.1:1",
    "CACHE_URL": "redis://127.0.0.1:1",
}
_IDENTITY = {
    "EID_ISSUER": "http://127.0.0.1:1",
    "EID_CLIENT_ID": "hanportal-test",
    "EID_CLIENT_SECRET": "a-secret-of-the-tests",
    "NATIONAL_ID_HASH_KEYS": "1:aGFzaCBrZXkgb2YgdGhlIHRlc3RzLCAzMiBieXRlcyE=",
    "NATIONAL_ID_ENCRYPTION_KEYS": "1:c2VhbCBrZXkgb2YgdGhlIHRlc3RzLCAzMiBieXRlcyE=",
}
for _name, _value in (_SERVICES | _IDENTITY).items():
    os.environ.setdefault(_name, _value)

from hanportal.settings import connections  # noqa: E402 -- after the environment is set
from hanportal.settings.base import *  # noqa: E402, F403 -- the settings they all share

SECRET_KEY = "the tests sign nothing of worth with this"  # noqa: S105 -- as it says
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

DATABASES = {
    "default": connections.database(
        "ADMIN_DATABASE_URL" if "ADMIN_DATABASE_URL" in os.environ else "DATABASE_URL"
    )
}
CELERY_BROKER_URL = f"{os.environ['REDIS_URL']}/{WORKER_NUMBER}"
CACHES = {"default": connections.cache(f"{os.environ['CACHE_URL']}/{WORKER_NUMBER}")}

LOGGING_CONFIG = None  # pytest shows what a failing test logged

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
