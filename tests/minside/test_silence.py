""" "I get no data": the meter's last word, a checklist, one try a day, then a case."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from hanportal.minside.presenters.silence import silence_page
from meters.headend import Fault
from meters.models import Meter
from meters.states import HanCapability, ReportedState
from orders import actions
from orders.models import Case, Command, PortRestart
from orders.states import CaseEnd, CaseKind, CommandCause
from tests.accounts.representing import a_representation
from tests.minside.conftest import LogIn
from tests.orders.silence import answer, ask, let_it_restart, open_it, restart
from tests.orders.test_fulfilment import dispatch, report
from tests.orders.world import NOW, World, a_customer, a_point_with_meter

MOST_QUERIES = 14
RESTART = "Start porten på nytt"
RESEND = "Send åpningen på nytt"
REPORT = "Meld fra til kundesenteret"


def path(world: World, rest: str = "") -> str:
    return f"/min-side/malepunkt/{world.point.id}/ingen-data/{rest}"


def page(client: Client, address: str) -> str:
    got = client.get(address)
    assert got.status_code == 200
    html: str = got.content.decode()
    return " ".join(html.partition("<main")[2].partition("</main>")[0].split())


def buttons(html: str) -> list[str]:
    """What can be done from here."""
    return re.findall(r'<button class="ds-button"[^>]*>([^<]+)<', html)


def do(client: Client, address: str) -> Any:
    return client.post(address, follow=True)


@pytest.fixture
def silent(world: World) -> World:
    """Open by the meter's word, at a head-end that restarts ports."""
    open_it(world)
    let_it_restart(world)
    return world


def test_an_open_port_has_the_way_in_and_a_closed_one_has_not(
    world: World, kari: Client
) -> None:
    assert path(world) not in page(kari, "/min-side/")
    open_it(world)
    assert path(world) in page(kari, "/min-side/")


def test_where_nothing_should_come_out_there_is_nothing_to_try(
    world: World, kari: Client
) -> None:
    html = page(kari, path(world))
    assert "Porten skal ikke sende data nå" in html
    assert buttons(html) == []
    for verb in ("prov/", "meld/"):
        assert kari.post(path(world, verb)).status_code == 409
    assert not PortRestart.objects.exists()
    assert not Case.objects.exists()


def test_it_says_what_the_meter_said_and_never_that_data_come(
    silent: World, kari: Client
) -> None:
    html = page(kari, path(silent))
    assert "Åpen, meldt av måleren" in html
    assert "5. oktober 2026 kl. 12.00" in html
    assert "Vi ser ikke dataene dine" in html
    assert buttons(html) == [RESTART]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        ("Aidon", "Ber den om en nøkkel"),
        ("Kamstrup", "Sitter HAN-modulen i måleren?"),
        ("Kaifa", "Noen av disse målerne har RJ12"),
        ("Ukjent", "Får leseren nok strøm?"),
    ],
)
def test_the_checklist_is_this_meters(
    silent: World, kari: Client, make: str, told: str
) -> None:
    Meter.objects.update(manufacturer=make)
    assert told in page(kari, path(silent))


def test_from_asking_to_the_case(silent: World, kari: Client) -> None:
    do(kari, path(silent, "prov/"))
    html = page(kari, path(silent))
    assert "Porten startes på nytt" in html
    assert buttons(html) == []

    restart(silent)
    answer(silent, PortRestart.objects.get())
    html = page(kari, path(silent))
    assert "Måleren har startet porten på nytt" in html
    assert "Det kan prøves igjen fra" in html
    assert "6. oktober 2026 kl. 12.00" in html
    assert buttons(html) == [REPORT]
    assert "Porten ble startet på nytt" in page(
        kari, f"/min-side/malepunkt/{silent.point.id}/historikk/"
    )

    do(kari, path(silent, "meld/"))
    html = page(kari, path(silent))
    assert "Meldt til kundesenteret" in html
    assert buttons(html) == []
    case = Case.objects.get()
    assert (case.kind, case.port) == (CaseKind.PORT_SILENT, silent.port)

    actions.close_case(
        case_id=case.id,
        end=CaseEnd.HANDLED,
        note="En lapp som kunden ikke ser",
        by=silent.by,
        now=NOW,
    )
    html = page(kari, path(silent))
    assert "Saken om dette ble lukket" in html
    assert "En lapp som kunden ikke ser" not in html


def test_twice_on_one_day_is_refused_in_words(silent: World, kari: Client) -> None:
    ask(silent)
    refused = kari.post(path(silent, "prov/"))
    assert refused.status_code == 409
    assert "Vent på hva det fører til" in refused.content.decode()

    restart(silent)
    answer(silent, PortRestart.objects.get())
    refused = kari.post(path(silent, "prov/"))
    assert refused.status_code == 409
    assert "Det er prøvd det siste døgnet" in refused.content.decode()
    assert PortRestart.objects.count() == 1

    tomorrow = NOW + timedelta(days=1)
    shown = silence_page(silent.customer, silent.point, now=tomorrow)
    assert (shown.can_try, shown.can_report) == (True, True)


def test_reporting_comes_after_trying(silent: World, kari: Client) -> None:
    refused = kari.post(path(silent, "meld/"))
    assert refused.status_code == 409
    assert "Prøv først det som kan gjøres herfra" in refused.content.decode()


def test_a_meter_that_refuses_is_told_with_the_case(
    silent: World, kari: Client
) -> None:
    asked = ask(silent)
    restart(silent)
    answer(silent, asked, fault=Fault.REJECTED)

    html = page(kari, path(silent))
    assert "Vi fikk ikke startet porten på nytt" in html
    assert "Meldt til kundesenteret" in html
    assert buttons(html) == []


def test_without_a_restart_the_opening_is_sent_anew(world: World, kari: Client) -> None:
    open_it(world)
    assert buttons(page(kari, path(world))) == [RESEND]

    do(kari, path(world, "prov/"))
    command = Command.objects.get(cause=CommandCause.SILENCE)
    assert "Åpningen sendes på nytt" in page(kari, path(world))
    dispatch(world)
    report(world, world.event(command, ReportedState.OPEN))

    html = page(kari, path(world))
    assert "Måleren har bekreftet åpningen på nytt" in html
    assert buttons(html) == [REPORT]


def test_a_meter_that_needs_a_fitter_can_be_reported_at_once(
    world: World, kari: Client
) -> None:
    open_it(world)
    Meter.objects.update(han_capability=HanCapability.NEEDS_VISIT)
    assert buttons(page(kari, path(world))) == [REPORT]
    do(kari, path(world, "meld/"))
    assert Case.objects.get().kind == CaseKind.PORT_SILENT


def test_anothers_port_does_not_exist(silent: World, log_in: LogIn) -> None:
    other = a_customer("K2", national_id="01908000249")
    a_point_with_meter(other, silent.head_end, number=2)
    client = log_in(other)
    assert client.get(path(silent)).status_code == 404
    for verb in ("prov/", "meld/"):
        assert client.post(path(silent, verb)).status_code == 404
    assert not PortRestart.objects.exists()


def test_who_moves_in_sees_nothing_of_what_was_tried_before(
    silent: World, log_in: LogIn
) -> None:
    asked = ask(silent)
    restart(silent)
    answer(silent, asked, fault=Fault.REJECTED)
    other = a_customer("K2", national_id="01908000249")
    silent.point.holdings.update(customer=other)

    html = page(log_in(other), path(silent))

    assert "Porten skal ikke sende data nå" in html
    assert "Meldt til kundesenteret" not in html


def test_a_right_that_was_revoked_tries_nothing(silent: World) -> None:
    right = a_representation(silent.customer)
    right.revoke(by=silent.by.reference, at=NOW)
    with pytest.raises(actions.NotRepresented):
        actions.try_remedy(
            customer=silent.customer,
            metering_point=silent.point,
            by=silent.by,
            now=NOW,
            representation=right,
        )
    assert not PortRestart.objects.exists()


def test_its_queries_are_few(
    silent: World, kari: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    asked = ask(silent)
    restart(silent)
    answer(silent, asked, fault=Fault.REJECTED)
    with django_assert_max_num_queries(MOST_QUERIES):
        page(kari, path(silent))
