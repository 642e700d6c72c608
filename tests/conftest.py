"""Databases for the tests: migrated by the owner, used as the application's role.

Nothing is ever flushed, because the log refuses it. A test that commits takes a
database of its own, copied from the migrated template in a tenth of a second.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from psycopg2 import sql
from pytest_django.plugin import DjangoDbBlocker
from uuid6 import uuid7

from hanportal.audit.management.commands import prepare_database
from hanportal.audit.management.commands.prepare_database import Roles
from hanportal.celery import app as celery_app

# Tests ring real bells, on the Valkey of the tests.
__all__ = ["celery_app"]

TEMPLATE_LOCK = 7_204_411
PASSWORD = "test-role"
ROLES = Roles(settings.DATABASE_OWNER_ROLE, settings.DATABASE_APPLICATION_ROLE)


def server_url(database: str) -> str:
    """Address of a database on the test server, as its superuser."""
    variable = "ADMIN_DATABASE_URL"
    url = os.environ.get(variable) or os.environ["DATABASE_URL"]
    return prepare_database.on_database(url, database)


def application_url(database: str) -> str:
    """Address of a database as the application connects to it in real life."""
    parts = urlsplit(server_url(database))
    host = f"{parts.hostname}:{parts.port or 5432}"
    return parts._replace(netloc=f"{ROLES.application}:{PASSWORD}@{host}").geturl()


def on_server(statement: str, **names: str) -> None:
    """Run one statement that PostgreSQL refuses inside a transaction."""
    identifiers = {key: sql.Identifier(name) for key, name in names.items()}
    with prepare_database.superuser_connection(server_url("postgres")) as server:
        server.cursor().execute(sql.SQL(statement).format(**identifiers))


def connect_to(database: str, *, role: str) -> None:
    """Point every thread's default connection at a database, as a role."""
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = database
    connections["default"].settings_dict["OPTIONS"] = {"options": f"-c role={role}"}


def schema_fingerprint() -> str:
    """Changes when any migration file of ours or of a dependency changes."""
    digest = hashlib.sha256()
    for app in sorted(apps.get_app_configs(), key=lambda config: config.label):
        for file in sorted(Path(app.path).glob("migrations/*.py")):
            digest.update(f"{app.label}/{file.name}".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def migrate_template(template: str) -> None:
    """Make the template database, as production does: roles, then owner migrates."""
    unfinished = f"{template}_unfinished"
    on_server("DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=unfinished)
    with prepare_database.superuser_connection(server_url("postgres")) as server:
        prepare_database.ensure_role(server, ROLES.owner, PASSWORD)
        prepare_database.ensure_role(server, ROLES.application, PASSWORD)
        prepare_database.ensure_database(server, unfinished, ROLES.owner)
    with prepare_database.superuser_connection(server_url(unfinished)) as database:
        grants = prepare_database.SCHEMA_GRANTS
        prepare_database.grant(database, grants, database=unfinished, roles=ROLES)
    connect_to(unfinished, role=ROLES.owner)
    call_command("migrate", verbosity=0, interactive=False)
    connections["default"].close()
    on_server("ALTER DATABASE {name} RENAME TO {new}", name=unfinished, new=template)


@contextmanager
def template_lock() -> Iterator[psycopg2.extensions.connection]:
    """Only one pytest-xdist worker migrates; the others wait for the template."""
    with prepare_database.superuser_connection(server_url("postgres")) as server:
        server.cursor().execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        yield server


@pytest.fixture(scope="session")
def migrated_template(django_db_blocker: DjangoDbBlocker) -> str:
    """Name of a database that nobody uses, with every table and no rows."""
    template = f"hanportal_template_{schema_fingerprint()}"
    with template_lock() as server, server.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        if cursor.fetchone() is None:
            with django_db_blocker.unblock():
                migrate_template(template)
    return template


@contextmanager
def database_from(template: str) -> Iterator[str]:
    """A copy of the template, dropped afterwards whoever still holds it open."""
    name = f"hanportal_test_{uuid7().hex}"
    on_server(
        "CREATE DATABASE {name} TEMPLATE {template} OWNER {owner}",
        name=name,
        template=template,
        owner=ROLES.owner,
    )
    # A copy keeps the grants on tables, but not those on the database itself.
    with prepare_database.superuser_connection(server_url("postgres")) as server:
        grants = prepare_database.DATABASE_GRANTS
        prepare_database.grant(server, grants, database=name, roles=ROLES)
    try:
        yield name
    finally:
        on_server("DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=name)


@pytest.fixture(scope="session")
def django_db_setup(
    migrated_template: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The database of every test that rolls back; replaces pytest-django's own."""
    with database_from(migrated_template) as name:
        connect_to(name, role=ROLES.application)
        yield
        with django_db_blocker.unblock():
            connections["default"].close()


@pytest.fixture
def committed_database(
    migrated_template: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A database of the test's own, for threads and processes that really commit.

    Every thread's connection goes to it; the value is its DATABASE_URL, logging in
    as the application's role, for child processes.
    """
    before: dict[str, Any] = dict(connections["default"].settings_dict)
    with django_db_blocker.unblock(), database_from(migrated_template) as name:
        connect_to(name, role=ROLES.application)
        yield application_url(name)
        connections["default"].close()
        connections["default"].settings_dict.update(before)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright leaves an event loop running in its process."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Limits and look-ups that one test left behind are not the next one's."""
    yield
    cache.clear()
