"""The register as a file: the same filters, guarded, streamed, and traced."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import cast

from django.http import StreamingHttpResponse
from django.test import Client
from hypothesis import given, strategies
from pytest_django import DjangoAssertNumQueries

from hanportal.audit import log
from hanportal.audit.models import PersonalDetail
from hanportal.oversight.exporting import (
    BYTE_ORDER_MARK,
    FORMULA_SIGNS,
    ROWS_AT_ONCE,
    as_csv,
    guarded,
)
from hanportal.oversight.register import row_of
from orders.models import Consent
from tests.oversight.street import Street, hang_up

DAY = timedelta(days=1)
DANGEROUS = "=+-@\t\r\n＝＋－＠"


def exported(client: Client, **asked: str) -> str:
    answer = client.post("/innsyn/eksport/", asked)
    assert answer.status_code == 200
    assert answer.streaming
    parts = cast("Iterable[bytes]", cast("StreamingHttpResponse", answer))
    return b"".join(parts).decode()


def table(text: str) -> list[dict[str, str]]:
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text[1:]), delimiter=";"))


def events(what: str) -> list[log.Event]:
    return list(log.Event.objects.filter(what=what).order_by("sequence"))


def test_a_line_holds_what_documents_the_consent(
    street: Street, auditor: Client
) -> None:
    consent = street.consent()
    (line,) = table(exported(auditor))
    assert line["kvittering"] == consent.receipt_number
    assert line["gitt"] == "2026-10-05 12:00:00+02:00"
    assert line["malepunkt"].replace(" ", "") == consent.gsrn
    assert line["malernummer"].replace(" ", "") == consent.meter_serial
    assert line["adresse"] == "Storgata 1, 0155 Oslo"
    assert consent.terms is not None
    assert line["vilkar_sha256"] == consent.terms.sha256
    assert line["kanal"] == "Min side"
    assert line["avsluttet"] == ""


def test_a_file_has_the_same_words_whatever_language_one_reads(
    street: Street, auditor: Client
) -> None:
    street.consent()
    written = exported(auditor)
    auditor.post("/sprak/", {"language": "en"})

    assert exported(auditor) == written


def test_the_same_filters_give_the_same_consents(
    street: Street, auditor: Client
) -> None:
    street.consent()
    ola = street.neighbour("Ola Dahl", after=DAY)
    lines = table(exported(auditor, who="Ola"))
    assert [line["kvittering"] for line in lines] == [ola.receipt_number]


def test_json_lines_say_the_same_with_numbers_whole(
    street: Street, auditor: Client
) -> None:
    consent = street.consent()
    street.neighbour("Ola Dahl", after=DAY)
    lines = exported(auditor, format="jsonl").splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["kunde"] for record in records] == ["Ola Dahl", "Kari Nordmann"]
    assert records[1]["malepunkt"] == consent.gsrn


def test_the_export_leaves_a_trace_before_and_after(
    street: Street, auditor: Client
) -> None:
    street.consent()
    street.neighbour("Ola Dahl", after=DAY)
    exported(auditor, who="Ola", state="active")
    (begun,), (ended,) = events("export.begun"), events("export.ended")
    assert begun.facts == {"format": "csv", "filters": {"state": "active"}}
    assert ended.facts == {"rows": 1, "complete": True}
    assert begun.subject_id == ended.subject_id
    kept = PersonalDetail.objects.get(event_id=begun.id)
    assert (kept.name, kept.value) == ("who", "Ola")


def test_who_hangs_up_leaves_a_trace_of_how_far_it_came(
    street: Street, auditor: Client
) -> None:
    street.many(3)
    answer = auditor.post("/innsyn/eksport/")
    parts = iter(cast("Iterable[bytes]", answer))
    next(parts)
    next(parts)
    hang_up(answer)
    (ended,) = events("export.ended")
    assert ended.facts == {"rows": 1, "complete": False}


def test_no_protected_address_and_no_national_id_leaves(
    street: Street, auditor: Client
) -> None:
    hidden = street.neighbour("Eva Berg", after=DAY, has_protected_address=True)
    number = hidden.customer.open_national_id()
    assert number is not None
    for form in ("csv", "jsonl"):
        text = exported(auditor, format=form)
        secrets = (hidden.metering_point.street_address, number)
        assert [secret for secret in secrets if secret in text] == []
        assert "Adressesperre" in text


def test_a_name_that_is_a_formula_is_guarded(street: Street, auditor: Client) -> None:
    street.neighbour('=HYPERLINK("http://x";"y")', after=DAY)
    (line,) = table(exported(auditor))
    assert line["kunde"] == '\'=HYPERLINK("http://x";"y")'


@given(text=strategies.text(alphabet=f" {DANGEROUS}a1;\"'æ\u00a0"))
def test_no_cell_begins_as_a_formula_and_nothing_is_lost(text: str) -> None:
    cell = guarded(text)
    assert cell in {text, f"'{text}"}
    assert cell.lstrip()[:1] not in FORMULA_SIGNS
    assert cell[:1] not in FORMULA_SIGNS


@given(name=strategies.text(max_size=40))
def test_any_name_comes_back_from_the_file(name: str) -> None:
    line = io.StringIO()
    csv.writer(line, delimiter=";").writerow([guarded(name), "x"])
    (row,) = csv.reader(io.StringIO(line.getvalue(), newline=""), delimiter=";")
    assert row == [guarded(name), "x"]


def test_rows_are_read_as_they_leave(street: Street) -> None:
    """A million rows take no more memory than the few that are under way."""
    consent = street.consent()
    taken = 0

    def endless() -> Iterable[object]:
        nonlocal taken
        while True:
            taken += 1
            yield row_of(consent)

    lines = as_csv(endless())  # type: ignore[arg-type] # rows without an end
    for _line in range(5):
        next(lines)
    assert taken == 4
    assert ROWS_AT_ONCE <= 2_000


def test_the_number_of_queries_does_not_grow_with_the_rows(
    street: Street,
    auditor: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    street.consent()
    with django_assert_max_num_queries(30) as asked:
        exported(auditor)
    street.neighbour("Ola Dahl", after=DAY)
    street.neighbour("Eva Berg", after=DAY)
    with django_assert_num_queries(len(asked)):
        exported(auditor)
    assert Consent.objects.count() == 3


def test_a_filter_that_makes_no_sense_exports_nothing(auditor: Client) -> None:
    for asked in ({"since": "x"}, {"format": "exe"}):
        answer = auditor.post("/innsyn/eksport/", asked)
        assert answer.status_code == 302
    assert events("export.begun") == []
