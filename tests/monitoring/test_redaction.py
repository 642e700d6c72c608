"""The net below the rule that nobody logs personal data."""

import logging
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
import structlog
from django.db import IntegrityError, transaction

from hanportal.accounts.models import Customer
from hanportal.monitoring.redaction import clean_text, redact
from tests.monitoring.lines import production_logs
from tests.orders.world import a_customer

NATIONAL_ID = "01908000079"
log = structlog.get_logger("hanportal.test")


def redacted(**line: Any) -> dict[str, Any]:
    return dict(redact(None, "info", line))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"found {NATIONAL_ID}.", "found [11 digits]."),
        ("found 019080 00079", "found [11 digits]"),
        ("found 019080-00079", "found [11 digits]"),
        (f"id-{NATIONAL_ID}-x", "id-[11 digits]-x"),
        ("write to kari.o+x@eksempel.example now", "write to [e-mail] now"),
        ("<kari@eksempel.example>", "<[e-mail]>"),
        ("GET /logg-inn/retur/?code=c&state=s", "GET /logg-inn/retur/"),
        ("https://eid.example/auth?login_hint=x y", "https://eid.example/auth y"),
    ],
)
def test_texts_lose_what_points_to_a_person(said: str, kept: str) -> None:
    assert clean_text(said) == kept


@pytest.mark.parametrize(
    "text",
    [
        "GSRN 707057500000000001",
        "order 01934f5e-7b1a-7c3d-8e9f-012345678901",
        "at 2026-10-05T10:00:00.123456+00:00 port 12345",
        "Is it open? Yes.",
    ],
)
def test_texts_keep_what_points_to_things(text: str) -> None:
    assert clean_text(text) == text


def test_keys_that_name_a_person_are_emptied_at_every_depth() -> None:
    line = redacted(
        event="x", Email="a@b.example", seen=[{"name": "Kari", "order_id": "7"}]
    )

    assert line == {
        "event": "x",
        "Email": "[removed]",
        "seen": [{"name": "[removed]", "order_id": "7"}],
    }


def test_addresses_of_browsers_are_not_even_mentioned() -> None:
    assert redacted(event="x", ip="10.0.0.1", user_agent="Lynx") == {"event": "x"}


def test_values_are_plain_and_objects_only_their_type() -> None:
    class Colour(StrEnum):
        RED = "red"

    customer = Customer(name="Kari Nordmann")

    line = redacted(
        event="x",
        whom=customer,
        colour=Colour.RED,
        id=UUID(int=7),
        at=datetime(2026, 10, 5, tzinfo=UTC),
        number=int(NATIONAL_ID),
        took=12,
        ok=True,
    )

    assert line == {
        "event": "x",
        "whom": "[Customer]",
        "colour": "red",
        "id": "00000000-0000-0000-0000-000000000007",
        "at": "2026-10-05 00:00:00+00:00",
        "number": "[11 digits]",
        "took": 12,
        "ok": True,
    }


def test_an_exception_is_types_and_places_without_values() -> None:
    def fail(national_id: str) -> None:
        raise ValueError(f"What is {national_id} of Kari?")

    with production_logs() as lines:
        try:
            fail(NATIONAL_ID)
        except ValueError:
            log.exception("it_failed")
        (line,) = lines.named("it_failed")

    title, *places = line["exception"].split("\n")
    assert title == "builtins.ValueError"
    assert [place.split(" ")[-1] for place in places] == [
        "test_an_exception_is_types_and_places_without_values",
        "fail",
    ]
    assert "Kari" not in lines.text


@pytest.mark.django_db
def test_the_databases_error_tells_its_constraint_and_not_the_row() -> None:
    customer = a_customer("K-canary-1")

    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(language="xx")
    with production_logs() as lines:
        logging.getLogger("some.library").error("update failed", exc_info=caught.value)
        (line,) = lines.named("update failed")

    assert (
        "psycopg2.errors.CheckViolation [23514 customer_language_is_known]"
        in (line["exception"])
    )
    assert "K-canary-1" not in lines.text
    assert "kari@" not in lines.text


def test_lines_of_libraries_go_through_the_same_net() -> None:
    with production_logs() as lines:
        logging.getLogger("some.library").warning("GET %s?pid=%s", "/a", NATIONAL_ID)
        (line,) = lines.read()

    assert (line["event"], line["level"], line["logger"]) == (
        "GET /a",
        "warning",
        "some.library",
    )
