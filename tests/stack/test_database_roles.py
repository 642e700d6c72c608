"""`manage.py prepare_database`: who owns, and who may only use."""

from collections.abc import Iterator
from contextlib import closing
from io import StringIO

import psycopg2
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from psycopg2.errors import InsufficientPrivilege
from psycopg2.extensions import connection as Connection  # noqa: N812 -- it is a class
from pytest_django import Settings
from uuid6 import uuid7

from tests.conftest import on_server, server_url

PASSWORD = "it's a secret, æ"


class Place:
    """A database and two roles that only this test has."""

    def __init__(self) -> None:
        suffix = uuid7().hex
        self.database = f"roles_{suffix}"
        self.owner = f"owner_{suffix}"
        self.application = f"app_{suffix}"

    def url(self, role: str) -> str:
        return _url(role, self.database)

    def connect(self, role: str) -> Connection:
        connection = psycopg2.connect(
            server_url(self.database), user=role, password=PASSWORD
        )
        connection.autocommit = True
        return connection


def _url(role: str, database: str) -> str:
    return f"postgres://{role}:it%27s%20a%20secret%2C%20%C3%A6@127.0.0.1:1/{database}"


@pytest.fixture
def place(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    place = Place()
    settings.DATABASE_OWNER_ROLE = place.owner
    settings.DATABASE_APPLICATION_ROLE = place.application
    monkeypatch.setenv("ADMIN_DATABASE_URL", server_url("postgres"))
    monkeypatch.setenv("MIGRATION_DATABASE_URL", place.url(place.owner))
    monkeypatch.setenv("DATABASE_URL", place.url(place.application))
    yield place
    on_server("DROP DATABASE IF EXISTS {name} WITH (FORCE)", name=place.database)
    for role in (place.owner, place.application):
        on_server("DROP ROLE IF EXISTS {role}", role=role)


def prepare() -> str:
    output = StringIO()
    call_command("prepare_database", stdout=output)
    return output.getvalue()


def test_the_owner_makes_tables_and_the_application_fills_them(place: Place) -> None:
    prepare()

    with closing(place.connect(place.owner)) as owner:
        owner.cursor().execute("CREATE TABLE note (id serial, text text)")
    with closing(place.connect(place.application)) as application:
        cursor = application.cursor()
        cursor.execute("INSERT INTO note (text) VALUES ('a') RETURNING id")
        assert cursor.fetchone() == (1,)
        cursor.execute("CREATE TEMPORARY TABLE staged (line int)")
        for forbidden in (
            "CREATE TABLE mine (id int)",
            "TRUNCATE note",
            "ALTER TABLE note ADD more int",
            "DROP TABLE note",
        ):
            with pytest.raises(InsufficientPrivilege):
                cursor.execute(forbidden)


def test_doing_it_again_changes_nothing(place: Place) -> None:
    first = prepare()

    assert prepare() == first
    assert first == (
        f"Database {place.database}: {place.owner} owns it, "
        f"{place.application} uses it.\n"
    )


def test_an_address_that_logs_in_as_someone_else_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", place.url("postgres"))

    with pytest.raises(CommandError) as caught:
        prepare()

    assert str(caught.value) == (
        f"DATABASE_URL must log in as {place.application}, not as postgres."
    )


def test_a_missing_address_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.delenv("ADMIN_DATABASE_URL")
        with pytest.raises(CommandError) as caught:
            prepare()

    assert str(caught.value) == "Set ADMIN_DATABASE_URL to prepare the database."
