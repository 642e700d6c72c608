"""Where a port stood open without a consent: whole, filtered, counted and taken out."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import cast
from urllib.parse import urlencode

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from hanportal.accounts.models import Customer, CustomerKind, Role
from hanportal.audit import log
from hanportal.audit.models import PersonalDetail
from hanportal.oversight.exporting import BYTE_ORDER_MARK
from hanportal.oversight.exposures import in_words
from hanportal.oversight.register import PAGE_LENGTH
from meters.states import ReportedState, ReportSource
from orders.models import LifeEvent
from orders.states import LifeEventKind
from tests.orders.life import meters_answer, open_the_port
from tests.orders.world import NOW, World, a_customer, a_point_with_meter
from tests.oversight.conftest import StaffBrowser
from tests.oversight.moving import a_move
from tests.oversight.staff import BY
from tests.oversight.street import hang_up

REPORT = "/innsyn/apne-uten-samtykke/"
MOST_QUERIES = 24
NATIONAL_IDS = ("01908000079", "01908000230")
GSRN = re.compile(
    r'<a class="ds-link hk-number" href="/innsyn/malepunkt/[^"]+">([^<]+)'
)


def report(client: Client, **asked: str) -> str:
    """The page, without what stands outside its main part."""
    answer = client.get(f"{REPORT}?{urlencode(asked)}")
    assert answer.status_code == 200
    html: str = answer.content.decode()
    return html.partition("<main")[2].partition("</main>")[0]


def listed(client: Client, **asked: str) -> list[str]:
    """The points on one page, in its order; other open ports are not among them."""
    page = report(client, **asked).partition('id="andre"')[0]
    return [found.replace(" ", "") for found in GSRN.findall(page)]


def exported(client: Client, **asked: str) -> list[dict[str, str]]:
    answer = client.post(f"{REPORT}eksport/", asked)
    assert answer.status_code == 200
    parts = cast("Iterable[bytes]", cast("StreamingHttpResponse", answer))
    text = b"".join(parts).decode()
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text[1:]), delimiter=";"))


def an_exposure(world: World, *, number: int, found_after: timedelta) -> LifeEvent:
    """Another window, at a point of its own, that has ended after an hour."""
    customer = Customer.objects.create(
        customer_number=f"K{number}",
        kind=CustomerKind.ORGANISATION,
        organisation_number=f"9990000{number:02d}",
        name="Bakeri AS",
    )
    point, port = a_point_with_meter(customer, world.head_end, number=number)
    at = NOW + found_after
    return LifeEvent.note(
        LifeEventKind.MOVED_OUT,
        metering_point=point,
        customer=customer,
        port=port,
        effective_date=at.date(),
        exposed_from=at,
        exposed_until=at + timedelta(hours=1),
        by=BY,
        at=at,
    )


def test_a_window_says_when_how_long_why_where_who_and_who_was_told(
    world: World, auditor: Client
) -> None:
    move = a_move(world)
    page = report(auditor)
    for told in (
        "Pågår",
        "2. oktober 2026 kl. 00.00",
        "3 døgn 12 timer",
        "Utflytting",
        "Storgata 1, 0155 Oslo",
        "Kari Nordmann",
        move.consent.receipt_number,
        "Per Innflytter",
        "samtykket er avsluttet ved flytting",
        "porten sto åpen da du overtok",
    ):
        assert told in page
    assert not any(number in page for number in NATIONAL_IDS)


def test_it_ends_when_the_meter_has_confirmed(world: World, auditor: Client) -> None:
    a_move(world)
    world.now += timedelta(minutes=30)
    meters_answer(world)
    page = report(auditor)
    table = page.partition("<table")[2]
    assert "Pågår" not in table
    assert "3 døgn 12 timer" in table
    assert "porten som sto åpen, er stengt" in table


def test_the_summary_counts_what_was_not_taken_back(
    world: World, auditor: Client
) -> None:
    a_move(world)
    erred = an_exposure(world, number=9, found_after=-timedelta(days=1))
    an_exposure(world, number=8, found_after=-timedelta(days=40))
    rollback = an_exposure(world, number=7, found_after=-timedelta(days=2))
    LifeEvent.objects.filter(pk=rollback.pk).update(
        exposed_from=None, exposed_until=None
    )
    erred.undo(rollback=rollback, by=BY, at=NOW)
    figures = re.findall(r"<dd>(.*?)</dd>", report(auditor).partition("</dl>")[0])
    assert [re.sub("<[^>]+>", "", each) for each in figures] == [
        "1",
        "1",
        "3 døgn 12 timer",
    ]
    assert listed(auditor, state="taken_back") == [erred.metering_point.gsrn]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "move other"),
        ({"who": "Per"}, "move"),
        ({"who": "K2"}, "move"),
        ({"who": "k9"}, "other"),
        ({"who": "%"}, ""),
        ({"where": "storgata 9"}, "other"),
        ({"where": "7359 9900 0000 0001"}, "move"),
        ({"since": "2026-10-05"}, "move"),
        ({"until": "2026-10-04"}, "other"),
        ({"why": "moved_out"}, "move other"),
        ({"why": "holder_died"}, ""),
        ({"state": "ongoing"}, "move"),
        ({"state": "ended"}, "other"),
        ({"who": "Per", "state": "ended"}, ""),
    ],
)
def test_every_filter_is_an_address(
    world: World, auditor: Client, asked: dict[str, str], found: str
) -> None:
    move = a_move(world).event
    other = an_exposure(world, number=9, found_after=-timedelta(days=3))
    gsrns = {"move": move.metering_point.gsrn, "other": other.metering_point.gsrn}
    assert listed(auditor, **asked) == [gsrns[name] for name in found.split()]
    lines = exported(auditor, **asked)
    assert [line["malepunkt"].replace(" ", "") for line in lines] == [
        gsrns[name] for name in found.split()
    ]


def test_pages_go_on_where_the_last_one_ended(world: World, auditor: Client) -> None:
    events = [
        an_exposure(world, number=10 + n, found_after=-timedelta(days=n // 2))
        for n in range(PAGE_LENGTH + 3)
    ]
    events.sort(key=lambda event: (event.found_at, event.id), reverse=True)
    first = report(auditor)
    (older,) = re.findall(r'href="\?(behind=[^"]+)"', first)
    second = auditor.get(f"{REPORT}?{older}").content.decode()
    found = [GSRN.findall(page.partition('id="andre"')[0]) for page in (first, second)]
    assert [len(each) for each in found] == [PAGE_LENGTH, 3]
    assert [gsrn.replace(" ", "") for each in found for gsrn in each] == [
        event.metering_point.gsrn for event in events
    ]


def test_a_filter_or_a_place_that_makes_no_sense_shows_nothing(
    world: World, auditor: Client
) -> None:
    a_move(world)
    refused = auditor.get(f"{REPORT}?since=x")
    assert refused.status_code == 422
    assert "Kari" not in refused.content.decode()
    assert auditor.get(f"{REPORT}?behind=x").status_code == 404
    assert auditor.post(f"{REPORT}eksport/", {"since": "x"}).status_code == 302
    assert not log.Event.objects.filter(what="export.begun").exists()


def test_no_protected_address_is_shown_found_or_taken_out(
    world: World, auditor: Client
) -> None:
    """Who came has it protected: the address is theirs, whoever left."""
    a_move(world, protected=True)
    page = report(auditor)
    assert "Adressesperre" in page
    assert "Storgata" not in page
    assert listed(auditor, where="Storgata") == []
    (line,) = exported(auditor)
    assert line["adresse"] == "Adressesperre"
    assert "Storgata" not in str(line)


def test_a_later_holders_protected_address_is_not_shown_either(
    world: World, auditor: Client
) -> None:
    event = an_exposure(world, number=9, found_after=-timedelta(days=9))
    assert "Storgata 9" in report(auditor)
    Customer.objects.filter(pk=event.customer_id).update(has_protected_address=True)
    assert "Storgata 9" not in report(auditor)


def test_a_line_of_the_file_says_the_same(world: World, auditor: Client) -> None:
    move = a_move(world)
    Customer.objects.filter(pk=move.newcomer.pk).update(name="=1+1")
    Customer.objects.filter(pk=world.customer.pk).update(name="@Kari")
    (line,) = exported(auditor)
    assert line["fra"] == "2026-10-02 00:00:00+02:00"
    assert line["til"] == ""
    assert line["varighet_minutter"] == str((3 * 24 + 12) * 60)
    assert line["tilstand"] == "pågår"
    assert line["hvorfor"] == "utflytting"
    assert line["samtykke"] == move.consent.receipt_number
    assert line["kunde"] == "'@Kari"
    assert line["hadde_nettavtalen"] == "K2 =1+1"
    assert "K2 2026-10-05 12:00:00+02:00 porten sto åpen" in line["varslet"]


def test_the_export_leaves_a_trace_also_when_the_reader_hangs_up(
    world: World, auditor: Client
) -> None:
    a_move(world)
    exported(auditor, who="Per", state="ongoing")
    begun = log.Event.objects.get(what="export.begun")
    assert begun.facts == {"format": "exposures-csv", "filters": {"state": "ongoing"}}
    kept = PersonalDetail.objects.get(event_id=begun.id)
    assert (kept.name, kept.value) == ("who", "Per")
    answer = auditor.post(f"{REPORT}eksport/")
    next(iter(cast("Iterable[bytes]", answer)))
    hang_up(answer)
    ended = log.Event.objects.filter(what="export.ended").order_by("sequence")
    assert [event.facts for event in ended] == [
        {"rows": 1, "complete": True},
        {"rows": 0, "complete": False},
    ]


def test_what_else_is_open_stands_beside_and_is_not_counted(
    world: World, auditor: Client
) -> None:
    open_the_port(world)
    world.order_closing()
    _point, found_open = a_point_with_meter(
        a_customer("K5", national_id="01908000583"), world.head_end, number=5
    )
    found_open.observe(ReportedState.OPEN, at=NOW, source=ReportSource.REGISTER)
    page = report(auditor)
    others = page.partition('id="andre"')[2]
    assert "trukket tilbake" in others
    assert "Portalen kjenner ikke til noe samtykke" in others
    assert "Registeret oppga den som åpen" in others
    assert listed(auditor) == []
    assert 'id="andre"' not in report(auditor, who="Kari")
    meters_answer(world)
    assert "trukket tilbake" not in report(auditor)


def test_what_the_report_counts_does_not_stand_beside_it_too(
    world: World, auditor: Client
) -> None:
    move = a_move(world)
    others = report(auditor).partition('id="andre"')[2]
    assert move.event.metering_point.gsrn[-4:] not in others


def test_looking_is_written_down_and_what_was_asked_can_be_erased(
    world: World, auditor: Client
) -> None:
    report(auditor, who="Kari")
    event = log.Event.objects.get(what="page.viewed")
    assert event.facts["page"] == "oversight.exposures"
    assert "Kari" not in bytes(event.canonical).decode()


def test_only_auditors_open_it(world: World, browser_of: StaffBrowser) -> None:
    for role in set(Role) - {Role.AUDITOR}:
        browser = browser_of(role)
        assert browser.get(REPORT).status_code == 403
        assert browser.post(f"{REPORT}eksport/").status_code == 403


def test_no_page_costs_more_for_many_windows(
    world: World,
    auditor: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    a_move(world)
    for n in range(10, 20):
        an_exposure(world, number=n, found_after=-timedelta(days=n))
    with django_assert_max_num_queries(MOST_QUERIES):
        report(auditor)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "under ett minutt"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(hours=1, minutes=5), "1 time 5 min"),
        (timedelta(days=1, minutes=5), "1 døgn 5 min"),
        (timedelta(days=40, hours=2, minutes=5), "40 døgn 2 timer"),
    ],
)
def test_how_long_is_said_in_two_units(length: timedelta, words: str) -> None:
    assert in_words(length) == words
