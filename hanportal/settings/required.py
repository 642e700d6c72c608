"""What production demands of its environment: present, strong, and not a default."""

import os
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

SECRET_KEY_LENGTH = 50
SECRET_KEY_CHARACTERS = 12
SHARED_SECRET_LENGTH = 32
SUPERUSERS = {"postgres", "root"}


def value(name: str) -> str:
    """A variable that must be set.

    :raises ImproperlyConfigured: it is missing or empty.
    """
    found = os.environ.get(name, "").strip()
    if not found:
        raise ImproperlyConfigured(f"Set {name}; production has no default for it.")
    return found


def secret_key(name: str = "SECRET_KEY") -> str:
    """A key that sessions and signatures can rest on.

    :raises ImproperlyConfigured: it is missing, short, or hardly random.
    """
    found = value(name)
    if len(found) < SECRET_KEY_LENGTH or len(set(found)) < SECRET_KEY_CHARACTERS:
        raise ImproperlyConfigured(
            f"{name} must be random and at least {SECRET_KEY_LENGTH} characters long."
        )
    return found


def shared_secret(name: str) -> str:
    """A secret that another system also holds.

    :raises ImproperlyConfigured: it is missing or short.
    """
    found = value(name)
    if len(found) < SHARED_SECRET_LENGTH:
        raise ImproperlyConfigured(
            f"{name} must be at least {SHARED_SECRET_LENGTH} characters long."
        )
    return found


def client_files(code: str, files: Mapping[str, str]) -> None:
    """What we prove ourselves with towards a head-end: both files, and there.

    :raises ImproperlyConfigured: one of the two is not set, or a file is not there.
    """
    names = {what: f"HEAD_END_{what.upper()}_{code.upper()}" for what in files}
    if ("certificate" in files) != ("key" in files):
        raise ImproperlyConfigured(
            f"Set both HEAD_END_CERTIFICATE_{code.upper()} and "
            f"HEAD_END_KEY_{code.upper()}, or neither."
        )
    for what, path in files.items():
        if not os.access(path, os.R_OK):
            raise ImproperlyConfigured(f"{names[what]}: {path} can't be read.")


def https_address(name: str) -> str:
    """An address that is reached over TLS.

    :raises ImproperlyConfigured: it is missing, or not https.
    """
    found = value(name)
    parts = urlsplit(found)
    if parts.scheme != "https" or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must be an https address, not {found!r}.")
    return found


def database_address(name: str = "DATABASE_URL") -> str:
    """The address of the database, logging in as a role that cannot do everything.

    :raises ImproperlyConfigured: it is missing, or logs in as a superuser.
    """
    found = value(name)
    if urlsplit(found).username in SUPERUSERS:
        raise ImproperlyConfigured(
            f"{name} logs in as a superuser, for whom the log is not append-only. "
            "Run `manage.py prepare_database` and use the application's role."
        )
    return found


def separate_instances(broker: str, cache: str) -> None:
    """The cache may forget, the broker may not: they cannot be one server.

    :raises ImproperlyConfigured: both addresses name the same server.
    """
    if urlsplit(broker).netloc == urlsplit(cache).netloc:
        raise ImproperlyConfigured(
            "REDIS_URL and CACHE_URL name the same server. A cache that makes room "
            "empties the queues; use two instances."
        )


def several_factors(methods: Sequence[str], levels: Sequence[str]) -> None:
    """The company's login must be asked for more than a password.

    :raises ImproperlyConfigured: neither a method nor a level is demanded.
    """
    if not methods and not levels:
        raise ImproperlyConfigured(
            "Set STAFF_OIDC_REQUIRED_METHODS or STAFF_OIDC_REQUIRED_LEVELS: without "
            "them a password alone would open everything."
        )
