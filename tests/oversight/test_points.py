"""The history of a point: who held it, what they agreed to, and what sat there."""

from datetime import timedelta

from django.test import Client
from pytest_django import DjangoAssertNumQueries
from uuid6 import uuid7

from hanportal.accounts.models import Role
from hanportal.audit import log
from meters.models import Installation, MeteringPoint
from tests.accounts.representing import a_representation
from tests.orders.life import exchange, follow_register, meters_answer
from tests.orders.world import World, a_customer, a_point_with_meter
from tests.oversight.conftest import StaffBrowser
from tests.oversight.moving import a_move
from tests.oversight.street import Street

MOST_QUERIES = 30


def history(client: Client, point: MeteringPoint) -> str:
    answer = client.get(f"/innsyn/malepunkt/{point.id}/")
    assert answer.status_code == 200
    html: str = answer.content.decode()
    return html.partition("<main")[2].partition("</main>")[0]


def test_it_tells_who_held_it_and_everything_that_happened_there(
    world: World, auditor: Client
) -> None:
    move = a_move(world)
    meters_answer(world)
    world.now += timedelta(days=1)
    new_port = exchange(world, number=3)
    page = history(auditor, world.point)
    for told in (
        "Storgata 1, 0155 Oslo",
        "Kari Nordmann",
        "Per Innflytter",
        "onsdag 1. januar 2020",
        "fredag 2. oktober 2026",
        move.consent.receipt_number,
        "kunden har flyttet",
        "3 døgn 12 timer",
        "Porten sto åpen i en annens tid",
        "Måleren meldte porten stengt",
        "Kaifa MA304",
        "6970 6300 0000 0003",
        "7359 9900 0000 0001",
    ):
        assert told in page, told
    assert new_port.meter.serial not in page


def test_a_meters_time_at_another_point_is_not_told_here(
    world: World, auditor: Client
) -> None:
    """The same port was opened elsewhere, for somebody else, after it left."""
    a_move(world)
    meters_answer(world)
    day = world.now.date()
    exchange(world, number=3)
    stranger = a_customer("K6", national_id="01908000664")
    elsewhere, its_port = a_point_with_meter(stranger, world.head_end, number=6)
    Installation.objects.filter(meter=its_port.meter).update(ends_on=day)
    Installation.objects.create(
        meter=world.port.meter, metering_point=elsewhere, starts_on=day
    )
    log.record(
        chain=log.customer_chain(stranger.id),
        what="port.reported_open",
        who=log.Actor(log.ActorKind.HEAD_END, "aidon"),
        on=log.Subject("han_port", world.port.id),
        at=world.now + timedelta(days=1),
        facts={},
    )
    seen = log.Event.objects.filter(what="port.reported_open").count()
    assert seen == 2
    assert history(auditor, world.point).count("Måleren meldte porten åpen") == 1
    assert history(auditor, elsewhere).count("Måleren meldte porten åpen") == 1


def test_a_protected_address_is_never_shown_whoever_of_them_has_it(
    world: World, auditor: Client
) -> None:
    a_move(world, protected=True)
    page = history(auditor, world.point)
    assert "Adressesperre" in page
    assert "Storgata" not in page
    number = world.customer.open_national_id()
    assert number is not None
    assert number not in page


def test_a_representative_is_named_with_the_ground(
    world: World, auditor: Client
) -> None:
    representation = a_representation(world.customer)
    world.order_opening(representation=representation)
    page = history(auditor, world.point)
    assert f"gitt av {representation.name}" in page
    assert str(representation.get_ground_display()) in page


def test_looking_is_told_in_the_story_of_each_of_its_consents(
    street: Street, auditor: Client
) -> None:
    consent = street.consent()
    other = street.neighbour("Ola Dahl", after=timedelta(days=1))
    history(auditor, consent.metering_point)
    told = auditor.get(f"/innsyn/samtykke/{consent.id}/").content.decode()
    assert told.count("oversight.point") == 1
    told = auditor.get(f"/innsyn/samtykke/{other.id}/").content.decode()
    assert "oversight.point" not in told
    assert (
        log.Event.objects.filter(
            subject_kind="metering_point", what="page.viewed"
        ).count()
        == 1
    )


def test_a_point_without_a_history_and_one_that_is_not_there(
    world: World, auditor: Client
) -> None:
    assert "Ingen." in history(auditor, world.point)
    bare = MeteringPoint.objects.create(
        gsrn="707057500000000990",
        street_address="Bakken 1",
        postal_code="0155",
        city="Oslo",
    )
    assert "Ingen er registrert." in history(auditor, bare)
    assert auditor.get(f"/innsyn/malepunkt/{uuid7()}/").status_code == 404


def test_only_auditors_open_it(world: World, browser_of: StaffBrowser) -> None:
    for role in set(Role) - {Role.AUDITOR}:
        answer = browser_of(role).get(f"/innsyn/malepunkt/{world.point.id}/")
        assert answer.status_code == 403


def test_a_long_history_costs_no_more_than_a_short_one(
    world: World,
    auditor: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    a_move(world)
    for number in range(3, 9):
        world.now += timedelta(days=1)
        exchange(world, number=number, on=world.now.date())
        follow_register(world)
    with django_assert_max_num_queries(MOST_QUERIES):
        history(auditor, world.point)
