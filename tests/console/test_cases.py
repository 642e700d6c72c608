"""The queue of cases in Drift: filters, pages, one case's story, and its buttons."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from hanportal.accounts.models import Role
from hanportal.audit import log
from hanportal.audit.log import Event
from meters.headend import Fault
from meters.states import ReportedState, ReportSource
from orders.models import Case, Command, Exchange
from orders.states import CaseEnd, CaseKind
from tests.accounts.staff import logged_in, make_staff
from tests.orders.test_casework import a_rejected_closing, a_rejected_opening
from tests.orders.world import NOW, World, a_point_with_meter

SAKER = "/kundesenter/drift/saker/"
Browse = Callable[..., Client]


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def world(world: World) -> World:
    """The street, which has its time from the clock that stands still."""
    return world


@pytest.fixture
def browse(db: None) -> Browse:
    """The browser of a new member of staff."""
    return lambda name, *roles: logged_in(make_staff(name, *roles))


def page(browser: Client, path: str = SAKER, *, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def of(case: Case, rest: str = "") -> str:
    return f"{SAKER}{case.id}/{rest}"


def many_cases(world: World, number: int, *, kind: CaseKind) -> list[Case]:
    """Cases at other meters of the street, an hour apart."""
    cases = []
    for each in range(number):
        _, port = a_point_with_meter(world.customer, world.head_end, number=50 + each)
        cases.append(
            Case.open_at_port(
                kind,
                port=port,
                order=None,
                chain=log.head_end_chain(world.head_end.id),
                detail="As the test wants it.",
                by=world.by,
                at=NOW + timedelta(hours=each),
            )
        )
    return cases


def shown(text: str, cases: list[Case]) -> list[Case]:
    """Those of them that the page leads to, in its order."""
    found = [case for case in cases if str(case.id) in text]
    return sorted(found, key=lambda case: text.index(str(case.id)))


def test_what_is_open_without_consent_stands_first_on_the_first_page(
    world: World, browse: Browse
) -> None:
    others = many_cases(world, 27, kind=CaseKind.COMMAND_DEAD)
    urgent = Case.open_at_port(
        CaseKind.OPEN_WITHOUT_CONSENT,
        port=others[0].port,  # type: ignore[arg-type]
        order=None,
        chain=log.head_end_chain(world.head_end.id),
        detail="",
        by=world.by,
        at=NOW + timedelta(days=9),
    )
    browser = browse("olav", Role.OPERATOR)

    first = page(browser)
    address = first.split('href="?etter=')[1].split('"')[0]
    second = page(browser, f"{SAKER}?etter={address}".replace("&amp;", "&"))

    assert shown(first, [*others, urgent]) == [urgent, *others[:24]]
    assert shown(second, [*others, urgent]) == others[24:]
    assert "Neste side" not in second


def test_each_filter_is_an_address(world: World, browse: Browse) -> None:
    rejected = a_rejected_opening(world)
    dead, visited = many_cases(world, 2, kind=CaseKind.COMMAND_DEAD)
    visited.ask_for_visit(by=world.by, at=NOW)
    closed = a_closed_case(world)
    everything = [rejected, dead, visited, closed]
    browser = browse("olav", Role.OPERATOR)

    def found(query: str) -> list[Case]:
        return shown(page(browser, f"{SAKER}?{query}"), everything)

    assert found("") == [rejected, dead, visited]
    assert found("slag=command_dead") == [dead, visited]
    assert found("vis=besok") == [visited]
    assert found("vis=lukket") == [closed]
    assert found("frontsystem=aidon&slag=command_rejected") == [rejected]


def a_closed_case(world: World) -> Case:
    _, port = a_point_with_meter(world.customer, world.head_end, number=90)
    case = Case.open_at_port(
        CaseKind.COMMAND_EXPIRED,
        port=port,
        order=None,
        chain=log.head_end_chain(world.head_end.id),
        detail="",
        by=world.by,
        at=NOW,
    )
    case.close(CaseEnd.HANDLED, by=world.by, at=NOW, note="Ordnet.")
    return case


@pytest.mark.parametrize(
    "query",
    [
        "vis=alt",
        "slag=umulig",
        "frontsystem=ingen",
        "etter=x",
        "etter=0~x~y",
        "etter=0~2026-10-05T10:00:00~x",
    ],
)
def test_an_address_that_was_never_given_out_is_not_found(
    world: World, browse: Browse, query: str
) -> None:
    page(browse("olav", Role.OPERATOR), f"{SAKER}?{query}", status=404)


def test_a_list_costs_the_same_however_long_it_is(
    world: World, browse: Browse, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many_cases(world, 20, kind=CaseKind.COMMAND_DEAD)
    browser = browse("olav", Role.OPERATOR)
    page(browser)

    with django_assert_max_num_queries(12):
        page(browser)


def test_a_case_tells_its_story(
    world: World, browse: Browse, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    case = a_rejected_closing(world)
    browser = browse("olav", Role.OPERATOR)
    page(browser, of(case))

    with django_assert_max_num_queries(16):
        text = page(browser, of(case))

    assert "Måleren avviste kommandoen" in text
    assert "<dt>Skal være</dt><dd>stengt</dd>" in text
    assert world.port.meter.serial[:4] in text
    assert str(case.order.placement.reference) in text  # type: ignore[union-attr]
    assert "1 forsøk · avvist" in text
    assert world.customer.name not in text
    assert f"{of(case)}utveksling/" in text
    read = Event.objects.filter(what="page.viewed").order_by("-sequence").first()
    assert read is not None


def test_the_raw_exchange_is_for_those_who_run_the_system(
    world: World, browse: Browse
) -> None:
    case = a_rejected_closing(world)
    exchange = Exchange.objects.filter(command=case.command).first()
    assert exchange is not None
    exchange.response = b"<name>01908000079 kari@eksempel.example</name>"
    exchange.save()
    address = of(case, f"utveksling/{exchange.id}/")

    text = page(browse("olav", Role.OPERATOR), address)
    supervisor = browse("siri", Role.SUPERVISOR)

    assert "&lt;command/&gt;" in text
    assert "•••••••••••" in text
    assert "01908000079" not in text
    assert "kari@" not in text
    page(supervisor, address, status=403)
    assert "utveksling/" not in page(supervisor, of(case))


def test_an_exchange_about_another_port_is_not_found(
    world: World, browse: Browse
) -> None:
    case = a_rejected_closing(world)
    (other,) = many_cases(world, 1, kind=CaseKind.COMMAND_DEAD)
    exchange = Exchange.objects.filter(command=case.command).first()
    assert exchange is not None

    address = of(other, f"utveksling/{exchange.id}/")

    page(browse("olav", Role.OPERATOR), address, status=404)


def test_trying_again_is_asked_once_and_done(world: World, browse: Browse) -> None:
    case = a_rejected_closing(world)
    browser = browse("siri", Role.SUPERVISOR)
    commands = Command.objects.count()

    asked = page(browser, of(case, "prov-igjen/"))
    assert Command.objects.count() == commands
    answer = browser.post(of(case, "prov-igjen/"))

    assert "En stenging sendes til måleren." in asked
    assert (answer.status_code, answer["Location"]) == (302, of(case))
    assert Command.objects.count() == commands + 1


def test_a_fitter_is_asked_for(world: World, browse: Browse) -> None:
    case = a_rejected_closing(world)
    browser = browse("siri", Role.SUPERVISOR)

    assert "Send montør?" in page(browser, of(case, "send-montor/"))
    browser.post(of(case, "send-montor/"))

    assert "Montør er bedt om" in page(browser, of(case))
    assert "Send montør" not in page(browser, of(case))


def test_a_case_is_closed_with_two_answers(world: World, browse: Browse) -> None:
    case = a_rejected_opening(world)
    browser = browse("siri", Role.SUPERVISOR)
    address = of(case, "lukk/")

    assert "Lukk saken?" in page(browser, address)
    empty = browser.post(address)
    assert empty.status_code == 422
    assert "Skriv hva som ble gjort" in empty.content.decode()
    made_up = browser.post(address, {"end": "over", "note": "Av seg selv."})
    assert made_up.status_code == 422
    browser.post(address, {"end": "handled", "note": "Kunden bestilte på nytt."})

    text = page(browser, of(case))
    assert "«Kunden bestilte på nytt.»" in text
    assert "Prøv igjen" not in text


@pytest.mark.parametrize(
    ("verb", "said", "reason"),
    [
        ("prov-igjen", {}, "Kunden må bestille på nytt."),
        ("lukk", {"end": "handled", "note": "Ferdig."}, "Saken er lukket allerede."),
    ],
)
def test_a_refusal_says_why(
    world: World, browse: Browse, verb: str, said: dict[str, str], reason: str
) -> None:
    case = a_rejected_opening(world)
    port = world.fresh_port()
    port.observe(ReportedState.CLOSED, at=NOW, source=ReportSource.EVENT)
    if verb == "lukk":
        case.close(CaseEnd.HANDLED, by=world.by, at=NOW, note="Før.")

    answer = browse("siri", Role.SUPERVISOR).post(of(case, f"{verb}/"), said)

    assert answer.status_code == 409
    assert reason in answer.content.decode()


def test_a_case_about_a_head_end_can_only_be_closed(
    world: World, browse: Browse
) -> None:
    world.order_opening()
    case = Case.open_for_head_end(
        CaseKind.HEAD_END_REFUSES_US,
        command=world.newest_command(),
        detail=str(Fault.AUTH),
        by=world.by,
        at=NOW,
    )

    text = page(browse("olav", Role.OPERATOR), of(case))

    assert "Saken gjelder hele frontsystemet" in text
    assert "Lukk saken" in text
    assert "Prøv igjen" not in text


@pytest.mark.parametrize("verb", ["apne", "slett"])
def test_what_cannot_be_done_is_not_found(
    world: World, browse: Browse, verb: str
) -> None:
    case = a_rejected_closing(world)

    page(browse("olav", Role.OPERATOR), of(case, f"{verb}/"), status=404)


def test_all_of_a_head_end_are_tried_again_after_the_number_is_shown(
    world: World, browse: Browse
) -> None:
    olav = browse("olav", Role.OPERATOR)
    case = a_rejected_closing(world)
    address = f"{SAKER}prov-igjen/{world.head_end.id}/"

    everywhere, here = page(olav), page(olav, f"{SAKER}?frontsystem=aidon")
    asked = page(olav, address)
    answer = olav.post(address).content.decode()

    assert (address in everywhere, address in here) == (False, True)
    assert "Én sak kan prøves igjen." in asked
    assert "Én sak prøves igjen." in answer
    assert Event.objects.filter(what="case.retried", subject_id=case.id).exists()
    world.fresh_port().observe(
        ReportedState.CLOSED, at=NOW + timedelta(hours=1), source=ReportSource.EVENT
    )
    assert "Ingenting å prøve igjen nå." in page(olav, address)
    assert address not in page(olav, f"{SAKER}?frontsystem=aidon")


def test_nothing_is_tried_again_at_a_head_end_that_is_switched_off(
    world: World, browse: Browse
) -> None:
    a_rejected_closing(world)
    world.head_end.switch(on=False)

    answer = browse("olav", Role.OPERATOR).post(
        f"{SAKER}prov-igjen/{world.head_end.id}/"
    )

    assert answer.status_code == 409
    assert "Ingenting er gjort" in answer.content.decode()


def test_trying_all_again_is_for_those_who_run_the_system(
    world: World, browse: Browse
) -> None:
    a_rejected_closing(world)
    address = f"{SAKER}prov-igjen/{world.head_end.id}/"

    assert browse("anne", Role.AGENT).post(address).status_code == 403
    assert browse("eva", Role.SUPERVISOR).get(address).status_code == 200
    assert Command.objects.live().count() == 0
