"""Drift: the head-ends' switches, the brake and what is held, for staff alone."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from hanportal.accounts.models import Role
from hanportal.audit.log import Event
from meters import actions
from meters.headend import Fault
from meters.models import HeadEnd, RegisterDelivery
from meters.states import HeadEndMode
from orders import fulfilment
from orders.models import Exchange, Gate
from tests.accounts.staff import logged_in, make_staff
from tests.firstnight.past import Past
from tests.firstnight.street import BY, dispatch_all, exposed_port, exposed_ports, sent
from tests.meters.conftest import make_head_end
from tests.meters.test_complete_deliveries import BOTH_STAY, OLA_IS_GONE, holdings
from tests.meters.test_releases import hold
from tests.orders.world import NOW, World

DRIFT = "/kundesenter/drift/"
RELEASE = f"{DRIFT}stenginger/frigi/"
Browse = Callable[..., Client]


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def browse(db: None) -> Browse:
    """The browser of a new member of staff."""
    return lambda name, *roles: logged_in(make_staff(name, *roles))


def page(browser: Client, path: str = DRIFT) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def switch(world: World, verb: str) -> str:
    return f"{DRIFT}frontsystem/{world.head_end.id}/{verb}/"


def test_it_tells_how_it_stands(
    world: World, browse: Browse, settings: Settings
) -> None:
    settings.CLOSING_BRAKE_PER_DAY = 2
    exposed_ports(world, 5)
    dispatch_all(world)
    world.order_opening()

    shown = page(browse("olav", Role.OPERATOR))

    assert "3 stenginger holdes tilbake" in shown
    assert "2 av 2 automatiske stenginger" in shown
    assert "4 kommandoer, den eldste siden" in shown
    assert "<dt>Bestilt, ikke sendt</dt><dd>1</dd>" in shown
    assert "<dt>Åpne uten samtykke</dt><dd>5</dd>" in shown
    assert "Slått på" in shown
    assert "Ingen leveranser holdes tilbake." in shown


def test_it_tells_what_holds_a_head_end_up(world: World, browse: Browse) -> None:
    world.order_opening()
    HeadEnd.objects.update(
        commands_per_minute=60,
        segment_permits=2,
        maintenance=[{"day": "monday", "from": "11:30", "until": "13:00"}],
    )
    browser = browse("olav", Role.OPERATOR)
    healthy = page(browser)
    assert "Sendingen er stanset av seg selv" not in healthy
    assert "<dt>Siste feil</dt><dd>Ingen det siste døgnet</dd>" in healthy
    assert "60 kommandoer i minuttet, 2 åpninger om gangen per konsentrator" in healthy
    assert "Vedlikehold nå" in healthy
    assert "bestilling har lovet dag før" not in healthy

    HeadEnd.objects.update(maintenance=[])
    world.fake.plan(Fault.AUTH)
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )
    Exchange.objects.update(
        id=uuid7_at(NOW), fault=Fault.AUTH, detail="HTTP status 401.", answered_at=NOW
    )
    Gate.objects.update(last_detail="HTTP status 401.")

    ill = page(browser)
    assert "Sendingen er stanset av seg selv" in ill
    assert ill.count("HTTP status 401.") == 2
    assert "1 melding, 1 med feil" in ill
    assert "Vedlikehold nå" not in ill


def uuid7_at(moment: datetime) -> UUID:
    """A MessageID of that time."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def test_it_costs_the_same_however_many_ports_there_are(
    world: World,
    browse: Browse,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(3):
        make_head_end(f"more{number}")
    exposed_ports(world, 10)
    browser = browse("olav", Role.OPERATOR)

    with django_assert_max_num_queries(30):
        page(browser)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR])
def test_each_verb_is_confirmed_and_then_done(
    world: World, browse: Browse, role: Role
) -> None:
    browser = browse("olav", role)
    for verb, now_shown, is_active, mode in (
        ("sla-av", "Slått av", False, HeadEndMode.ACT),
        ("bare-se", "Bare ser", False, HeadEndMode.OBSERVE),
        ("sla-pa", "Slått på", True, HeadEndMode.OBSERVE),
        ("handle", "Handler", True, HeadEndMode.ACT),
    ):
        assert switch(world, verb) in page(browser)
        assert world.head_end.name in page(browser, switch(world, verb))
        answer = browser.post(switch(world, verb))
        assert answer.headers["Location"] == DRIFT
        assert now_shown in page(browser)
        head_end = HeadEnd.objects.get()
        assert (head_end.is_active, head_end.mode) == (is_active, mode)
    told = Event.objects.filter(subject_id=world.head_end.id).order_by("sequence")
    assert [(e.what, e.actor_reference) for e in told] == [
        ("head_end.switched_off", "S-olav"),
        ("head_end.observing", "S-olav"),
        ("head_end.switched_on", "S-olav"),
        ("head_end.acting", "S-olav"),
    ]


def test_a_supervisor_sees_it_and_switches_nothing(
    world: World, browse: Browse
) -> None:
    browser = browse("anna", Role.SUPERVISOR)

    assert "sla-av" not in page(browser)
    assert browser.post(switch(world, "sla-av")).status_code == 403
    assert HeadEnd.objects.get().is_active


def test_what_does_not_exist_is_not_found(world: World, browse: Browse) -> None:
    browser = browse("olav", Role.OPERATOR)

    assert browser.get(switch(world, "spreng")).status_code == 404
    assert browser.get(f"{DRIFT}frontsystem/{world.port.id}/sla-av/").status_code == 404


def test_two_people_release_the_closings(
    world: World, browse: Browse, settings: Settings
) -> None:
    settings.CLOSING_BRAKE_PER_DAY = 2
    exposed_ports(world, 5)
    dispatch_all(world)
    anna, berit = browse("anna", Role.SUPERVISOR), browse("berit", Role.ADMINISTRATOR)

    assert "3 automatiske stenginger holdes tilbake." in page(anna, RELEASE)
    assert anna.post(RELEASE).headers["Location"] == DRIFT
    assert "3 er frigitt av én, ansatt S-anna." in page(berit)
    assert "Du har frigitt stengingene allerede." in page(anna, RELEASE)
    assert anna.post(RELEASE).status_code == 409
    dispatch_all(world)
    assert len(sent(world)) == 2

    assert "Ansatt S-anna frigav 3" in page(berit, RELEASE)
    berit.post(RELEASE)
    dispatch_all(world)

    assert len(sent(world)) == 5
    assert "Ingen stenginger holdes tilbake." in page(berit)


def test_an_operator_releases_nothing(
    world: World, browse: Browse, settings: Settings
) -> None:
    settings.CLOSING_BRAKE_PER_DAY = 0
    exposed_ports(world, 1)
    browser = browse("olav", Role.OPERATOR)

    assert RELEASE not in page(browser)
    assert browser.get(RELEASE).status_code == 403
    assert browser.post(RELEASE).status_code == 403


def test_a_desk_that_was_left_open_releases_nothing(
    world: World, browse: Browse, settings: Settings
) -> None:
    settings.CLOSING_BRAKE_PER_DAY = 0
    exposed_ports(world, 1)
    anna = browse("anna", Role.SUPERVISOR)

    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        for answer in (anna.get(RELEASE), anna.post(RELEASE)):
            assert answer.headers["Location"] == "/ansatt/bekreft/"
    assert not Event.objects.filter(chain="closing-brake").exists()


def test_a_desk_that_was_left_open_switches_nothing(
    world: World, browse: Browse
) -> None:
    olav = browse("olav", Role.OPERATOR)

    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        answer = olav.post(switch(world, "sla-av"))

    assert answer.headers["Location"] == "/ansatt/bekreft/"
    assert HeadEnd.objects.get().is_active


def test_two_people_release_a_delivery(
    browse: Browse, tmp_path: Path, settings: Settings
) -> None:
    with time_machine.travel("2026-11-23T05:00:00+00:00", tick=False):
        make_head_end()
        held = hold(tmp_path, settings)
        anna, berit = browse("anna", Role.SUPERVISOR), browse("berit", Role.SUPERVISOR)
        release = f"{DRIFT}leveranse/{held.id}/frigi/"

        assert release in page(anna)
        assert "Den mangler 1 nettavtaler og 1 målerplasseringer." in page(
            anna, release
        )
        anna.post(release)
        assert anna.post(release).status_code == 409
        assert holdings() == BOTH_STAY
        assert "Frigitt av én, ansatt S-anna." in page(berit)

        berit.post(release)

        assert holdings() == OLA_IS_GONE
        assert RegisterDelivery.objects.get(pk=held.pk).state == "released"
        assert anna.get(release).status_code == 404


def test_held_deliveries_are_listed_by_a_command(
    browse: Browse, tmp_path: Path, settings: Settings
) -> None:
    told = StringIO()
    call_command("register_deliveries", stdout=told)
    make_head_end()
    with time_machine.travel("2026-11-23T05:00:00+00:00", tick=False):
        held = hold(tmp_path, settings)

    call_command("register_deliveries", stdout=told)

    first, second = told.getvalue().splitlines()
    assert first == "Ingen leveranser er holdt tilbake."
    assert second.startswith(f"{held.id} importert 2026-11-23 06:00+01:00 fra ")
    assert second.endswith("1 nettavtaler, 1 målerplasseringer. Frigitt av: ingen")


def test_proposals_say_which_ports_and_why(
    world: World, browse: Browse, tmp_path: Path
) -> None:
    actions.observe(head_end_id=world.head_end.id, by=BY, now=world.now)
    order = world.order_opening()
    exposed = exposed_port(world, number=2)
    Past(tmp_path).add("ports", serial=exposed.meter.serial).bring_in()
    browser = browse("olav", Role.OPERATOR)

    shown = page(browser, f"{DRIFT}forslag/")
    answer = browser.get(f"{DRIFT}forslag.csv")
    lines = b"".join(answer).decode("utf-8-sig").splitlines()

    assert order.placement.reference in shown
    assert "Åpen uten samtykke" in shown
    point = world.point.gsrn
    assert lines[1:] == [
        (
            f"aidon;åpen;bestilt;{point[:4]} {point[4:8]} {point[8:12]} "
            f"{point[12:16]} {point[16:]};Aidon;7359 9900 0000 0001;"
            f"2026-10-05 12:00:00+02:00;;{order.placement.reference}"
        ),
        lines[2],
    ]
    assert ";stengt;åpen uten samtykke;" in lines[2]
    assert lines[2].endswith(";2026-10-01 04:00:00+02:00;registeret;")


def test_the_command_reports_the_same(world: World, tmp_path: Path) -> None:
    exposed_port(world, number=2)
    told, file = StringIO(), tmp_path / "forslag.csv"

    call_command("report_differences", csv=file, stdout=told)

    assert told.getvalue().splitlines() == [
        (
            "aidon (slått på, handle): 1 ville blitt stengt uten samtykke, 0 åpnet "
            "igjen, 0 bestillinger venter."
        ),
        (
            "Bremsen slipper gjennom 100 automatiske stenginger til i dag; 0 ville "
            "blitt holdt tilbake."
        ),
    ]
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2
    assert timezone.localdate().isoformat() == "2026-10-05"
