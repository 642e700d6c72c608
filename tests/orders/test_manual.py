"""Meters that no head-end reaches: a list goes out with fitters and comes back."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from hanportal.accounts.models import Customer
from hanportal.audit.log import Event
from meters.models import HeadEnd
from meters.states import DesiredState, ReportedState, ReportSource
from orders import fulfilment, reconciliation
from orders.models import Case, Command
from orders.states import CaseKind, CommandStatus, OrderStatus
from tests.orders.world import World, build_world

Row = dict[str, str]


@pytest.fixture
def world(db: None) -> World:
    """A street whose meter is reached by people only."""
    made = build_world(now=timezone.now())
    head_end = made.head_end
    head_end.code, head_end.profile = "hand", HeadEnd.Profile.MANUAL
    head_end.endpoint = ""
    head_end.save()
    return made


def dispatch(world: World) -> None:
    fulfilment.dispatch(head_end=world.head_end, clock=timezone.now)


def listed() -> list[Row]:
    """The work list as a spreadsheet reads it."""
    out = io.StringIO()
    call_command("export_work_list", "--head-end=hand", stdout=out)
    text = out.getvalue().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def hand_in(folder: Path, rows: list[Row]) -> str:
    """Fill the rows in and hand the file in; what is said."""
    file = folder / "results.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    out = io.StringIO()
    call_command("import_work_results", "--head-end=hand", str(file), stdout=out)
    return out.getvalue()


def done(row: Row, result: str, *, minutes_ago: float = 0.0) -> Row:
    moment = timezone.localtime() - timedelta(minutes=minutes_ago)
    return {**row, "resultat": result, "tidspunkt": f"{moment:%Y-%m-%d %H:%M:%S}"}


def test_an_opening_goes_on_the_list_and_is_done_when_it_comes_back(
    world: World, tmp_path: Path
) -> None:
    order = world.order_opening()
    dispatch(world)

    (row,) = listed()
    before = world.newest_command().status
    said = hand_in(tmp_path, [done(row, "åpen")])

    order.refresh_from_db()
    port = world.fresh_port()
    assert before == CommandStatus.ACCEPTED
    assert (row["målernummer"], row["adresse"], row["ønsket"]) == (
        world.port.meter.serial,
        "Storgata 1",
        "åpne",
    )
    assert said == "1 linjer er ført inn.\n"
    assert order.status == OrderStatus.COMPLETED
    assert (port.reported, port.reported_source) == (
        ReportedState.OPEN,
        ReportSource.FITTER,
    )
    assert listed() == []


def test_a_protected_address_is_not_on_the_list(world: World) -> None:
    Customer.objects.update(has_protected_address=True)
    world.order_opening()
    dispatch(world)

    (row,) = listed()

    assert (row["målernummer"], row["målepunkt"]) == (
        world.port.meter.serial,
        world.point.gsrn,
    )
    assert [row[name] for name in ("adresse", "postnummer", "poststed")] == [
        "Adressesperre",
        "",
        "",
    ]


def test_taking_the_list_and_handing_it_in_are_written_down(
    world: World, tmp_path: Path
) -> None:
    world.order_opening()
    dispatch(world)
    (row,) = listed()
    hand_in(tmp_path, [done(row, "åpen")])

    told = Event.objects.filter(what__startswith="head_end.work").order_by("sequence")
    assert [event.what for event in told] == [
        "head_end.work_list_taken",
        "head_end.work_handed_in",
    ]


def test_the_same_list_twice_is_the_same_as_once(world: World, tmp_path: Path) -> None:
    order = world.order_opening()
    dispatch(world)
    (row,) = listed()
    filled = [done(row, "åpen")]

    hand_in(tmp_path, filled)
    hand_in(tmp_path, filled)

    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED
    assert Command.objects.count() == 1


def test_what_could_not_be_done_stands_on_a_later_list(
    world: World, tmp_path: Path
) -> None:
    order = world.order_opening()
    dispatch(world)
    (row,) = listed()

    hand_in(tmp_path, [done(row, "ikke utført")])
    Command.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    dispatch(world)

    order.refresh_from_db()
    assert order.status == OrderStatus.IN_PROGRESS
    assert [found["oppdrag"] for found in listed()] == [row["oppdrag"]]


def test_what_is_impossible_fails_openly(world: World, tmp_path: Path) -> None:
    order = world.order_opening()
    dispatch(world)
    (row,) = listed()

    hand_in(tmp_path, [done(row, "umulig")])

    order.refresh_from_db()
    assert order.status == OrderStatus.FAILED
    assert Case.objects.get().kind == CaseKind.COMMAND_REJECTED


@pytest.mark.parametrize(
    "change",
    [
        {"resultat": "ferdig"},
        {"resultat": "åpen", "tidspunkt": ""},
        {"resultat": "åpen", "tidspunkt": "i går"},
        {"resultat": "åpen", "tidspunkt": "2999-01-01 08:00"},
        {"resultat": "åpen", "oppdrag": "7,4E+15"},
        {"resultat": "åpen", "målernummer": "1"},
        {"resultat": "åpen", "oppdrag": "0195f3b2-7b00-7d10-8f00-5a1b2c3d4e5f"},
    ],
)
def test_a_line_that_nobody_can_rely_on_opens_nothing(
    world: World, tmp_path: Path, change: Row
) -> None:
    order = world.order_opening()
    dispatch(world)
    (row,) = listed()

    with pytest.raises(CommandError, match="1 linjer ble ikke ført inn"):
        hand_in(tmp_path, [{**done(row, "åpen", minutes_ago=1), **change}])

    order.refresh_from_db()
    assert order.status == OrderStatus.IN_PROGRESS
    assert world.fresh_port().reported == ReportedState.UNKNOWN


def test_lines_without_a_result_are_left_for_later(
    world: World, tmp_path: Path
) -> None:
    world.order_opening()
    dispatch(world)

    assert hand_in(tmp_path, listed()) == "0 linjer er ført inn.\n"
    assert len(listed()) == 1


def test_nothing_is_sent_again_however_long_it_takes(world: World) -> None:
    world.order_opening()
    dispatch(world)
    for _day in range(5):
        Command.objects.update(not_before=timezone.now() - timedelta(seconds=1))
        fulfilment.follow_up(head_end=world.head_end, clock=timezone.now)

    command = world.newest_command()
    assert (command.status, command.attempts) == (CommandStatus.ACCEPTED, 1)


def test_an_opening_that_is_done_after_it_was_given_up_is_closed_by_a_new_line(
    world: World, tmp_path: Path
) -> None:
    world.order_opening()
    dispatch(world)
    (row,) = listed()
    fulfilment.give_up_overdue(clock=lambda: timezone.now() + timedelta(days=7))

    hand_in(tmp_path, [done(row, "åpen")])
    reconciliation.reconcile_ports(head_end=world.head_end, clock=timezone.now)
    dispatch(world)

    port = world.fresh_port()
    assert (port.reported, port.desired) == (ReportedState.OPEN, DesiredState.CLOSED)
    assert [found["ønsket"] for found in listed()] == ["steng"]
    kinds = set(Case.objects.values_list("kind", flat=True))
    assert kinds == {CaseKind.COMMAND_EXPIRED, CaseKind.OPEN_WITHOUT_CONSENT}


def test_a_formula_in_an_address_stays_text(world: World) -> None:
    world.point.street_address = "=HYPERLINK(1)"
    world.point.save()
    world.order_opening()
    dispatch(world)

    (row,) = listed()

    assert row["adresse"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"oppdrag;resultat\n", "Kolonner mangler"),
        (b"x" * (5 * 1024 * 1024 + 1), "5 MB"),
    ],
)
def test_a_file_that_is_no_list_is_refused(
    world: World, tmp_path: Path, data: bytes, complaint: str
) -> None:
    file = tmp_path / "results.csv"
    file.write_bytes(data)

    with pytest.raises(CommandError, match=complaint):
        call_command("import_work_results", "--head-end=hand", str(file))


def test_a_head_end_with_wires_has_no_list(world: World) -> None:
    world.head_end.profile, world.head_end.endpoint = "poll", "https://x.example/"
    world.head_end.save()

    with pytest.raises(CommandError, match="hand"):
        call_command("export_work_list", "--head-end=hand")
