"""Make the database's two roles: one that migrates, one that cannot touch the log.

Roles belong to the server, not to the schema, so migrations do not make them. The
command may run any number of times; it is the only one that needs a superuser.
"""

import os
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import psycopg2
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812 -- it is a class

MAINTENANCE_DATABASE = "postgres"


class Login(NamedTuple):
    """Who connects, to which database."""

    role: str
    password: str
    database: str


class Roles(NamedTuple):
    """The owner that migrates, and the application's role that may only add events."""

    owner: str
    application: str


def login_of(url: str) -> Login:
    """Role, password and database of a PostgreSQL address.

    :raises CommandError: the address names no role or no database.
    """
    parts = urlsplit(url)
    database = unquote(parts.path.lstrip("/"))
    if not parts.username or not database:
        raise CommandError(
            "A database address must name its role and its database: "
            "postgres://role:password@host:port/database."
        )
    return Login(unquote(parts.username), unquote(parts.password or ""), database)


def on_database(url: str, database: str) -> str:
    """The same server and login, another database."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def ensure_role(connection: Connection, role: str, password: str) -> None:
    """Create the role, or give it this password; it may log in and nothing more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
        cursor.execute(
            sql.SQL(
                "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}"
            ).format(verb, sql.Identifier(role), sql.Literal(password or None))
        )


def ensure_database(connection: Connection, database: str, owner: str) -> None:
    """Create the database if it is missing; the owner role owns it either way."""
    names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
        if cursor.fetchone() is None:
            cursor.execute(
                sql.SQL("CREATE DATABASE {database} OWNER {owner}").format(**names)
            )
        else:
            cursor.execute(
                sql.SQL("ALTER DATABASE {database} OWNER TO {owner}").format(**names)
            )


DATABASE_GRANTS = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    # The register's importer stages its files in temporary tables.
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {application}",
)
SCHEMA_GRANTS = (
    "ALTER SCHEMA public OWNER TO {owner}",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {application}",
    """ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {application}""",
    """ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO {application}""",
)
"""What a table gets when the owner makes it. The log's own migration then takes back
everything but reading and adding."""


def grant(
    connection: Connection, statements: Sequence[str], *, database: str, roles: Roles
) -> None:
    """Run one of the lists of grants for this database and these roles."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(
                sql.SQL(statement).format(
                    database=sql.Identifier(database),
                    owner=sql.Identifier(roles.owner),
                    application=sql.Identifier(roles.application),
                )
            )


@contextmanager
def superuser_connection(url: str) -> Iterator[Connection]:
    """An autocommitting connection.

    :raises CommandError: the server cannot be reached as this user.
    """
    try:
        connection = psycopg2.connect(url)
    except psycopg2.OperationalError as error:
        raise CommandError(f"Cannot connect as the administrator: {error}") from error
    try:
        connection.autocommit = True
        yield connection
    finally:
        connection.close()


def address_from_environment(variable: str) -> str:
    """A database address.

    :raises CommandError: the variable is not set.
    """
    url = os.environ.get(variable)
    if not url:
        raise CommandError(f"Set {variable} to prepare the database.")
    return url


def login_for(role: str, variable: str) -> Login:
    """The login in the variable, which must be the role's own.

    :raises CommandError: the variable is not set, or logs in as someone else.
    """
    login = login_of(address_from_environment(variable))
    if login.role != role:
        raise CommandError(f"{variable} must log in as {role}, not as {login.role}.")
    return login


class Command(BaseCommand):
    """`manage.py prepare_database`."""

    help = (
        "Create the database, its owner role and its application role. Reads "
        "ADMIN_DATABASE_URL (a superuser), MIGRATION_DATABASE_URL and DATABASE_URL."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command takes its addresses from the environment only."""

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Create what is missing, and set the passwords that the addresses hold."""
        roles = Roles(settings.DATABASE_OWNER_ROLE, settings.DATABASE_APPLICATION_ROLE)
        admin_url = address_from_environment("ADMIN_DATABASE_URL")
        owner = login_for(roles.owner, "MIGRATION_DATABASE_URL")
        application = login_for(roles.application, "DATABASE_URL")
        if owner.database != application.database:
            raise CommandError(
                "MIGRATION_DATABASE_URL and DATABASE_URL name different databases."
            )
        with superuser_connection(
            on_database(admin_url, MAINTENANCE_DATABASE)
        ) as server:
            ensure_role(server, owner.role, owner.password)
            ensure_role(server, application.role, application.password)
            ensure_database(server, owner.database, owner.role)
            grant(server, DATABASE_GRANTS, database=owner.database, roles=roles)
        with superuser_connection(on_database(admin_url, owner.database)) as database:
            grant(database, SCHEMA_GRANTS, database=owner.database, roles=roles)
        self.stdout.write(
            f"Database {owner.database}: {roles.owner} owns it, "
            f"{roles.application} uses it."
        )
