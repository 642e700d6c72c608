"""A national id is driven through a login; then everything is searched for it."""

import logging

import pytest
from django.db import connection
from psycopg2 import sql
from structlog.testing import capture_logs

from hanportal.accounts.models import Customer
from hanportal.audit.log import Event
from hanportal.demo.eid.misbehaviour import Misbehaviour
from hanportal.demo.eid.provider import Provider
from tests.accounts.eid_server import Browser
from tests.accounts.people import KARI, NOBODY, make_customer

pytestmark = pytest.mark.django_db


def everything_in_the_database() -> str:
    """Every row of every table as text; bytes also as the text they may hold."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows: list[str] = []
        for table in tables:
            query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))
            cursor.execute(query)
            for row in cursor.fetchall():
                rows += [_as_text(value) for value in row]
    return "\n".join(rows)


def _as_text(value: object) -> str:
    if isinstance(value, memoryview | bytes):
        return bytes(value).decode("latin-1")
    return str(value)


def test_a_national_id_is_in_no_row_no_session_and_no_log(
    eid: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canaries = [KARI.national_id, NOBODY.national_id]
    make_customer(KARI)
    visitor, stranger = Browser(), Browser()
    pages = []

    with capture_logs() as logged:
        visitor.log_in(KARI)
        pages.append(visitor.portal.get("/prove/"))
        visitor.log_in(KARI, "/logg-inn/bekreft/")
        stranger.log_in(NOBODY)
        pages.append(stranger.portal.get("/prove/"))
        for how in Misbehaviour:
            eid.misbehave_next(how)
            pages.append(Browser().log_in(KARI))

    sessions = [
        dict(visitor.portal.session.items()),
        dict(stranger.portal.session.items()),
    ]
    written = {
        "database": everything_in_the_database(),
        "sessions": str(sessions),
        "structlog": str(logged),
        "logging": caplog.text + str([r.__dict__ for r in caplog.records]),
        "pages": str([page.content for page in pages]),
        "headers": str([page.headers for page in pages]),
    }
    # The search can find: what must be there is there.
    assert Customer.objects.by_national_id(KARI.national_id) is not None
    assert KARI.name in written["database"]
    assert KARI.subject in written["sessions"]
    assert "login_refused" in written["structlog"]
    assert Event.objects.count() > 1
    found = [
        (place, canary)
        for place, text in written.items()
        for canary in canaries
        if canary in text
    ]
    assert found == []
