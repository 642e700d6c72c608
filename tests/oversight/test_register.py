"""The register is filtered by addresses and read page by page."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from hanportal.accounts.models import Role
from hanportal.oversight.register import PAGE_LENGTH
from orders.models import Consent
from tests.minside.conftest import LogIn
from tests.oversight.conftest import StaffBrowser
from tests.oversight.street import Street

MOST_QUERIES = 14
DAY = timedelta(days=1)
RECEIPT = re.compile(r">(SAM-[A-Z0-9-]+)</a>")


def listed(client: Client, **asked: str) -> list[str]:
    """The receipt numbers on one page, in its order."""
    answer = client.get(f"/innsyn/?{urlencode(asked)}")
    assert answer.status_code == 200
    return RECEIPT.findall(answer.content.decode())


def receipts(*consents: Consent) -> list[str]:
    return [consent.receipt_number for consent in consents]


def test_the_newest_consent_stands_first(street: Street, auditor: Client) -> None:
    kari = street.consent()
    ola = street.neighbour("Ola Dahl", after=DAY)
    assert listed(auditor) == receipts(ola, kari)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"who": "Ola"}, "ola"),
        ({"who": "ola d"}, "ola"),
        ({"who": "k2"}, "ola"),
        ({"who": "Dahl"}, ""),
        ({"who": "%"}, ""),
        ({"where": "storgata 12"}, "ola"),
        ({"where": "Storgata"}, "ola kari"),
        ({"where": "7359990000000001"}, "kari"),
        ({"since": "2026-10-06"}, "ola"),
        ({"until": "2026-10-05"}, "kari"),
        ({"since": "2026-10-05", "until": "2026-10-06"}, "ola kari"),
        ({"channel": "minside"}, "ola kari"),
        ({"channel": "console"}, ""),
        ({"state": "active"}, "ola"),
        ({"state": "ended"}, "kari"),
        ({"state": "withdrawn"}, "kari"),
        ({"state": "order_failed"}, ""),
        ({"terms": "2026-1"}, "ola kari"),
        ({"who": "Ola", "state": "ended"}, ""),
    ],
)
def test_every_filter_is_an_address(
    street: Street, auditor: Client, asked: dict[str, str], found: str
) -> None:
    kari = street.consent()
    street.world.order_closing()
    ola = street.neighbour("Ola Dahl", after=DAY)
    names = {"ola": ola, "kari": kari}
    assert listed(auditor, **asked) == receipts(*(names[n] for n in found.split()))


def test_a_metering_point_is_found_with_and_without_blanks(
    street: Street, auditor: Client
) -> None:
    kari = street.consent()
    street.neighbour("Ola Dahl", after=DAY)
    grouped = " ".join(kari.gsrn[at : at + 4] for at in range(0, 18, 4))
    assert listed(auditor, where=kari.gsrn) == receipts(kari)
    assert listed(auditor, where=grouped) == receipts(kari)


def test_pages_follow_each_other_without_gaps_and_repeats(
    street: Street, auditor: Client
) -> None:
    """All were given at the same moment: the order is total all the same."""
    consents = street.many(PAGE_LENGTH + 3)
    seen: list[str] = []
    path = "/innsyn/?who=Kari"
    while path:
        page = auditor.get(path).content.decode()
        seen += RECEIPT.findall(page)
        older = re.search(r'href="(\?[^"]+)">Eldre samtykker', page)
        path = f"/innsyn/{older[1].replace('&amp;', '&')}" if older else ""
    newest_first = sorted(consents, key=lambda each: each.id, reverse=True)
    assert seen == receipts(*newest_first)


def test_nothing_is_counted_and_no_row_is_skipped_over(
    street: Street,
    auditor: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    street.many(3)
    with django_assert_max_num_queries(MOST_QUERIES) as asked:
        listed(auditor)
    few = len(asked)
    street.neighbour("Ola Dahl", after=DAY)
    street.neighbour("Eva Berg", after=DAY)
    with django_assert_num_queries(few) as asked:
        listed(auditor)
    sql = " ".join(query["sql"] for query in asked.captured_queries).upper()
    assert "COUNT(" not in sql
    assert "OFFSET" not in sql


def test_a_protected_address_is_neither_shown_nor_a_way_to_find_someone(
    street: Street, auditor: Client
) -> None:
    hidden = street.neighbour("Eva Berg", after=DAY, has_protected_address=True)
    address = hidden.metering_point.street_address
    assert listed(auditor, who="Eva") == receipts(hidden)
    assert address not in auditor.get("/innsyn/").content.decode()
    assert listed(auditor, where=address) == []


@pytest.mark.parametrize(
    "behind", ["x", "~", "2026-10-05~x", "2026-10-05T10:00~" + "0" * 32, "~~~"]
)
def test_a_place_that_is_none_is_not_found(auditor: Client, behind: str) -> None:
    assert auditor.get("/innsyn/", {"behind": behind}).status_code == 404


def test_a_filter_that_makes_no_sense_is_said_so(auditor: Client) -> None:
    answer = auditor.get("/innsyn/", {"since": "i går"})
    assert answer.status_code == 422
    assert "<title>Feil: Samtykker" in answer.content.decode()


def test_only_auditors_see_the_register(
    street: Street, log_in: LogIn, browser_of: StaffBrowser
) -> None:
    street.consent()
    for role in set(Role) - {Role.AUDITOR}:
        assert browser_of(role).get("/innsyn/").status_code == 403
    assert log_in(street.world.customer).get("/innsyn/").status_code == 404
    stranger = Client().get("/innsyn/")
    assert stranger.status_code == 302
    assert stranger["Location"].startswith("/ansatt/logg-inn/")
