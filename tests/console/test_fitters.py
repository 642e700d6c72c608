"""The fitters' list in Drift: from an order to a confirmed port, by hand."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from hanportal.accounts.models import Customer, Role
from hanportal.audit.log import Event
from meters.models import HeadEnd
from meters.states import DesiredState, ReportedState, ReportSource
from orders import fulfilment
from orders.models import Case, Command
from orders.states import CaseKind, CommandStatus, OrderStatus
from tests.accounts.staff import logged_in, make_staff
from tests.orders.world import NOW, World, a_point_with_meter

LIST = "/kundesenter/drift/montor/"
DONE_AT = "2026-10-05T12:00"
"""Now, in Oslo."""


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def world(world: World) -> World:
    """The street, where only people reach the meter."""
    head_end = world.head_end
    head_end.code, head_end.profile = "hand", HeadEnd.Profile.MANUAL
    head_end.endpoint = ""
    head_end.save()
    return world


@pytest.fixture
def staff(world: World) -> Client:
    """Somebody who sees to it that orders reach the meters."""
    return logged_in(make_staff("olav", Role.OPERATOR))


def on_the_list(world: World) -> Command:
    """An opening was ordered, and fitters were given it."""
    world.order_opening()
    fulfilment.dispatch(head_end=world.head_end, clock=world.clock)
    command: Command = world.newest_command()
    return command


def page(staff: Client, path: str = LIST) -> str:
    answer = staff.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def task(command: Command) -> str:
    return f"{LIST}oppdrag/{command.id}/"


def record(staff: Client, command: Command, result: str, **said: str) -> HttpResponse:
    fields = {"result": result, "observed_at": DONE_AT, "note": "", **said}
    return cast("HttpResponse", staff.post(task(command), fields))


def downloaded(staff: Client, world: World) -> list[dict[str, str]]:
    answer = staff.get(f"{LIST}{world.head_end.id}/liste.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.content.decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def upload(staff: Client, world: World, data: bytes) -> HttpResponse:
    file = SimpleUploadedFile("liste.csv", data, content_type="text/csv")
    address = f"{LIST}{world.head_end.id}/resultater/"
    return cast("HttpResponse", staff.post(address, {"file": file}))


def filled(*rows: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def test_an_order_is_done_by_a_fitter_and_confirmed_on_the_page(
    world: World, staff: Client
) -> None:
    command = on_the_list(world)
    order = command.order
    assert order is not None

    shown = page(staff)
    asked = page(staff, task(command))
    answer = record(staff, command, "open", note="Satt inn ny sikring.")

    for text in (shown, asked):
        assert "Storgata 1" in text
        assert str(order.placement.reference) in text
        assert "lovet senest" in text
        assert world.customer.name not in text
    assert task(command) in shown
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?frontsystem=hand")
    order.refresh_from_db()
    port = world.fresh_port()
    assert order.status == OrderStatus.COMPLETED
    assert (port.reported, port.reported_source, port.reported_at) == (
        ReportedState.OPEN,
        ReportSource.FITTER,
        NOW,
    )
    assert "Ingenting her nå." in page(staff)
    event = Event.objects.get(what="head_end.work_handed_in")
    assert event.facts == {"applied": 1, "refused": 0, "unknown": 0}
    assert event.actor_reference == "S-olav"


def test_the_same_result_twice_is_the_same_as_once(world: World, staff: Client) -> None:
    command = on_the_list(world)

    first, second = (record(staff, command, "open") for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 302)
    assert Command.objects.get().status == CommandStatus.CONFIRMED
    assert not Case.objects.exists()
    assert "Oppdraget står ikke på listen nå" in page(staff, task(command))
    assert Event.objects.filter(what="head_end.work_handed_in").count() == 1


def test_what_is_said_again_and_otherwise_is_written_down(
    world: World, staff: Client
) -> None:
    command = on_the_list(world)

    record(staff, command, "open", observed_at="2026-10-05T11:30")
    record(staff, command, "open", observed_at="2026-10-05T11:45")
    record(staff, command, "closed", observed_at="2026-10-05T11:50")

    assert Event.objects.filter(what="head_end.work_handed_in").count() == 3


def test_what_was_not_done_waits_for_a_later_list(world: World, staff: Client) -> None:
    command = on_the_list(world)

    for _ in range(2):
        record(staff, command, "not_done", note="Ingen hjemme.")

    command.refresh_from_db()
    assert (command.status, command.attempts) == (CommandStatus.QUEUED, 1)
    assert Event.objects.filter(what="head_end.work_handed_in").count() == 1


def test_what_is_impossible_opens_a_case(world: World, staff: Client) -> None:
    record(staff, on_the_list(world), "impossible", note="Måleren er borte.")

    case = Case.objects.get()
    assert case.kind == CaseKind.COMMAND_REJECTED
    assert "Måleren er borte." in case.detail


def test_a_result_about_an_old_intent_settles_nothing_of_the_new_one(
    world: World, staff: Client
) -> None:
    old = on_the_list(world)
    world.order_closing()
    fulfilment.dispatch(head_end=world.head_end, clock=world.clock)

    record(staff, old, "closed")

    new = world.newest_command()
    assert (new.desired, new.status) == (DesiredState.CLOSED, CommandStatus.ACCEPTED)
    assert task(old) not in page(staff)
    assert task(new) in page(staff)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"result": ""}, "Velg hvordan det gikk"),
        ({"result": "ferdig"}, "Velg et gyldig valg"),
        ({"observed_at": ""}, "Skriv når det var"),
        ({"observed_at": "i går"}, "Skriv dato og klokkeslett"),
        ({"observed_at": "2026-10-05T12:01"}, "Tidspunktet ligger fram i tid."),
    ],
)
def test_what_nobody_can_rely_on_is_refused_in_a_sentence(
    world: World, staff: Client, said: dict[str, str], sentence: str
) -> None:
    command = on_the_list(world)

    answer = record(staff, command, **{"result": "open", **said})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert world.fresh_port().reported == ReportedState.UNKNOWN


def test_a_protected_address_is_on_no_page_and_in_no_file(
    world: World, staff: Client
) -> None:
    Customer.objects.update(has_protected_address=True)
    command = on_the_list(world)

    (row,) = downloaded(staff, world)
    for text in (page(staff), page(staff, task(command)), row["adresse"]):
        assert "Storgata" not in text
        assert "Adressesperre" in text


def test_a_list_goes_out_as_a_file_and_comes_back(world: World, staff: Client) -> None:
    command = on_the_list(world)
    (row,) = downloaded(staff, world)
    good = {**row, "resultat": "åpen", "tidspunkt": "2026-10-05 11:30"}
    bad = {**good, "resultat": "ferdig"}
    unknown = {**good, "målernummer": "42"}

    refused = upload(staff, world, filled(bad, unknown, good))
    again = upload(staff, world, filled(good))

    text = refused.content.decode()
    assert (refused.status_code, again.status_code) == (422, 200)
    assert "Én linje er ført inn" in text
    assert "Linje 2: «ferdig» er ikke et resultat." in text
    assert f"Linje 3: Ukjent oppdrag eller måler: {command.id} 42" in text
    assert Command.objects.get().status == CommandStatus.CONFIRMED
    told = Event.objects.filter(what__startswith="head_end.work").order_by("sequence")
    assert [event.what for event in told] == [
        "head_end.work_list_taken",
        "head_end.work_handed_in",
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Filen er tom"),
        (b"\xff\xfe", "UTF-8"),
        (b"oppdrag;resultat\n", "Kolonner mangler"),
        (b"x" * (5 * 1024 * 1024 + 1), "5 MB."),
    ],
)
def test_a_file_that_is_no_list_is_refused(
    world: World, staff: Client, data: bytes, sentence: str
) -> None:
    answer = upload(staff, world, data)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Event.objects.filter(what="head_end.work_handed_in").exists()


def many_tasks(world: World, number: int) -> list[Command]:
    """As many more on the list, a minute apart; every other is a closing."""
    made = []
    on_the_list(world)
    for each in range(number):
        _, port = a_point_with_meter(world.customer, world.head_end, number=50 + each)
        command = world.newest_command()
        command.pk, command._state.adding = None, True
        command.id = Command._meta.pk.get_default()
        command.port, command.order = port, None
        command.desired = (DesiredState.CLOSED, DesiredState.OPEN)[each % 2]
        command.generation = port.generation
        command.queued_at = NOW + timedelta(minutes=each)
        command.save()
        made.append(command)
    return made


def test_closings_stand_first_and_pages_follow_one_another(
    world: World, staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    made = many_tasks(world, 28)
    closings = [each for each in made if each.desired == DesiredState.CLOSED]

    page(staff)
    with django_assert_max_num_queries(14):
        first = page(staff)
    following = first.split('href="?frontsystem=hand&amp;etter=')[1].split('"')[0]
    second = page(staff, f"{LIST}?frontsystem=hand&etter={following}")

    places = [first.index(task(each)) for each in closings]
    assert places == sorted(places)
    assert all(place < first.index("Åpne:") for place in places)
    assert (first.count("oppdrag/"), second.count("oppdrag/")) == (25, 4)
    assert not [each for each in made if task(each) in first and task(each) in second]


@pytest.mark.parametrize(
    "query",
    ["frontsystem=ingen", "etter=x", "etter=open~x~y", "etter=open~2026-10-05~x"],
)
def test_an_address_that_was_never_given_out_is_not_found(
    world: World, staff: Client, query: str
) -> None:
    assert staff.get(f"{LIST}?{query}").status_code == 404


def test_a_head_end_with_wires_has_no_list(world: World, staff: Client) -> None:
    command = on_the_list(world)
    world.head_end.profile, world.head_end.endpoint = "poll", "https://x.example/"
    world.head_end.save()

    assert "Ingen frontsystemer er manuelle." in page(staff)
    for rest in (
        f"{world.head_end.id}/liste.csv",
        f"{world.head_end.id}/resultater/",
        f"oppdrag/{command.id}/",
    ):
        assert staff.get(f"{LIST}{rest}").status_code == 404


def test_the_list_is_for_those_who_run_the_system(world: World) -> None:
    command = on_the_list(world)
    agent = logged_in(make_staff("anne", Role.AGENT))

    for rest in ("", f"{world.head_end.id}/liste.csv", f"oppdrag/{command.id}/"):
        assert agent.get(f"{LIST}{rest}").status_code == 403
    assert record(agent, command, "open").status_code == 403
    assert upload(agent, world, b"x").status_code == 403
    assert world.fresh_port().reported == ReportedState.UNKNOWN


def test_every_field_has_a_label_and_errors_are_tied_to_their_field(
    world: World, staff: Client
) -> None:
    command = on_the_list(world)

    text = record(staff, command, "", observed_at="").content.decode()

    for field in ("id_result", "id_observed_at", "id_note"):
        assert f'for="{field}"' in text
    assert 'href="#id_result"' in text
    assert 'aria-describedby="id_observed_at_feil"' in text
    assert "<title>Feil:" in text
