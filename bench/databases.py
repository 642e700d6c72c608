"""Databases for one measurement, migrated once and copied from a template."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg2 import sql

from hanportal.audit.management.commands import prepare_database
from hanportal.audit.management.commands.prepare_database import Roles
from hanportal.demo.neighbourhood.makes import MAKES
from meters.models import HeadEnd

TEMPLATE = "bench_template"
TABLES = (
    "meters_meteringpoint",
    "meters_meter",
    "meters_hanport",
    "accounts_customer",
    "meters_installation",
    "meters_holding",
)
ROLES = Roles(settings.DATABASE_OWNER_ROLE, settings.DATABASE_APPLICATION_ROLE)


class Databases:
    """Databases that are made and dropped for one import or one \\copy."""

    def __init__(self, admin: str) -> None:
        self.admin = admin

    def on(self, database: str) -> str:
        """The superuser's address of a database."""
        return prepare_database.on_database(self.admin, database)

    def run(self, database: str, *statements: sql.Composable | str) -> None:
        """Run statements as the superuser, each on its own."""
        with prepare_database.superuser_connection(self.on(database)) as connection:
            for statement in statements:
                connection.cursor().execute(statement)

    def make_template(self) -> None:
        """A migrated register with its head-ends and nothing else."""
        with prepare_database.superuser_connection(self.admin) as connection:
            for role in ROLES:
                prepare_database.ensure_role(connection, role, "bench")
            prepare_database.ensure_database(connection, TEMPLATE, ROLES.owner)
        with prepare_database.superuser_connection(self.on(TEMPLATE)) as connection:
            grants = prepare_database.SCHEMA_GRANTS
            prepare_database.grant(connection, grants, database=TEMPLATE, roles=ROLES)
        self.connect(TEMPLATE, role=ROLES.owner)
        call_command("migrate", verbosity=0, interactive=False)
        for code in MAKES:
            HeadEnd.objects.create(
                code=code,
                name=code.title(),
                profile=HeadEnd.Profile.CIM_STRICT,
                endpoint="http://127.0.0.1:9/soap",
            )
        connections["default"].close()

    def connect(self, database: str, *, role: str) -> None:
        """Point Django at a database, as a role."""
        connections["default"].close()
        target = connections["default"].settings_dict
        url = psycopg2.extensions.parse_dsn(self.on(database))
        target |= {
            "NAME": database,
            "USER": url["user"],
            "PASSWORD": url.get("password", ""),
            "HOST": url["host"],
            "PORT": url["port"],
            "OPTIONS": {"options": f"-c role={role}"},
        }

    @contextmanager
    def register(self) -> Iterator[str]:
        """An empty register that Django is connected to as the application's role."""
        name = sql.Identifier("bench_register")
        self.run(
            "postgres",
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name),
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log").format(
                name, sql.Identifier(TEMPLATE)
            ),
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                name, sql.Identifier(ROLES.application)
            ),
            "CHECKPOINT",
        )
        self.connect("bench_register", role=ROLES.application)
        try:
            yield "bench_register"
        finally:
            connections["default"].close()

    def empty_yardstick(self) -> None:
        """Tables like the register's, with their indexes and CHECKs."""
        self.run(
            TEMPLATE,
            "DROP SCHEMA IF EXISTS yardstick CASCADE",
            "CREATE SCHEMA yardstick",
            *(
                sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(
                    sql.Identifier("yardstick", table),
                    sql.Identifier("public", table),
                )
                for table in TABLES
            ),
            "CHECKPOINT",
        )
