"""Who may act for whom: registered on a document, dated, revocable, never edited."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from hanportal.accounts import actions
from hanportal.accounts.models import (
    Customer,
    Ground,
    Representation,
    Representative,
    Role,
)
from hanportal.accounts.sealing import national_id_hashes
from hanportal.audit.log import Subject, events_about
from tests.accounts.people import KARI, KARI_ID, OLA, make_customer
from tests.accounts.representing import (
    BY,
    VERA_ID,
    a_business,
    a_representation,
)
from tests.accounts.staff import make_staff
from tests.orders.world import NOW

pytestmark = pytest.mark.django_db

TODAY = date(2026, 10, 5)
DIED_ON = date(2026, 9, 30)


@pytest.fixture
def kari() -> Customer:
    return make_customer(KARI)


def vera() -> Mapping[int, str]:
    return national_id_hashes(VERA_ID)


def represented_by_vera(on: date = TODAY) -> list[str]:
    held = Representation.objects.held_by(vera(), on=on)
    return [each.represented.name for each in held]


def died(customer: Customer, on: date = DIED_ON) -> None:
    actions.record_death(customer=customer, died_on=on, today=TODAY, by=BY, now=NOW)
    customer.refresh_from_db()


def test_a_guardian_may_act_from_the_first_day_until_before_the_last(
    kari: Customer,
) -> None:
    a_representation(kari, starts_on=TODAY, ends_on=TODAY + timedelta(days=2))

    days = [TODAY + timedelta(days=number) for number in (-1, 0, 1, 2)]
    assert [represented_by_vera(day) for day in days] == [
        [],
        ["Kari Prøve"],
        ["Kari Prøve"],
        [],
    ]


def test_nobody_else_may(kari: Customer) -> None:
    a_representation(kari)

    assert not Representation.objects.held_by(
        national_id_hashes(OLA.national_id), on=TODAY
    ).exists()
    assert not Representation.objects.held_by({}, on=TODAY).exists()


def test_what_is_revoked_holds_no_longer_and_stays_in_the_register(
    kari: Customer,
) -> None:
    held = a_representation(kari)

    first = actions.revoke_representation(representation=held, by=BY, now=NOW)
    again = actions.revoke_representation(
        representation=held, by=BY, now=NOW + timedelta(hours=1)
    )

    assert (first, again) == (True, False)
    assert represented_by_vera() == []
    kept = Representation.objects.get()
    assert (kept.revoked_at, kept.revoked_by) == (NOW, "S-leader")


def test_the_customers_log_tells_both_without_a_name(kari: Customer) -> None:
    held = a_representation(kari)
    actions.revoke_representation(representation=held, by=BY, now=NOW)

    told = list(events_about(Subject("representation", held.id)))

    assert [event.what for event in told] == [
        "representation.registered",
        "representation.revoked",
    ]
    assert {event.chain for event in told} == {f"customer:{kari.id}"}
    assert all("Vera" not in bytes(event.canonical).decode() for event in told)


def test_only_a_supervisor_registers(kari: Customer) -> None:
    with pytest.raises(actions.NotASupervisor):
        actions.register_representation(
            represented=kari,
            representative=Representative(name="Vera Verge", national_id=VERA_ID),
            ground=Ground.GUARDIAN,
            starts_on=TODAY,
            ends_on=None,
            evidence="2026/1",
            supervisor=make_staff("agnes", Role.AGENT),
            by=BY,
            now=NOW,
        )

    assert not Representation.objects.exists()


def test_nobody_is_a_guardian_of_a_business_or_acts_for_a_person(
    kari: Customer,
) -> None:
    for customer, ground in (
        (a_business(), Ground.GUARDIAN),
        (kari, Ground.BUSINESS),
    ):
        with pytest.raises(actions.GroundDoesNotFit):
            a_representation(customer, ground=ground)


def test_nobody_represents_themselves(kari: Customer) -> None:
    with pytest.raises(actions.RepresentsThemselves):
        a_representation(kari, national_id=KARI_ID)


def test_a_wrong_national_id_is_refused_without_repeating_it(kari: Customer) -> None:
    with pytest.raises(actions.InvalidNationalId) as refused:
        a_representation(kari, national_id="17847532123")

    assert "17847532123" not in str(refused.value)


def test_an_estate_begins_with_the_death_and_guardianship_ends_with_it(
    kari: Customer,
) -> None:
    guardian = a_representation(kari)
    with pytest.raises(actions.NotDead):
        a_representation(kari, ground=Ground.ESTATE)

    died(kari)
    estate = a_representation(kari, ground=Ground.ESTATE, name="Arve Arving")

    current = Representation.objects.current(on=TODAY)
    assert list(current) == [estate]
    assert not guardian.is_current(on=TODAY)


def test_who_has_died_by_a_date(kari: Customer) -> None:
    make_customer(OLA, number="1002")
    died(kari)

    days = [DIED_ON + timedelta(days=number) for number in (-1, 0, 1)]
    found = [list(Customer.objects.died_by(day)) for day in days]

    assert found == [[], [kari], [kari]]


def test_a_death_is_told_once_and_can_be_corrected(kari: Customer) -> None:
    died(kari)
    died(kari)
    actions.correct_death(customer=kari, by=BY, now=NOW)

    told = events_about(Subject("customer", kari.id))
    assert [event.what for event in told] == [
        "customer.died",
        "customer.death_corrected",
    ]
    assert not Customer.objects.died_by(TODAY).exists()


def test_only_people_die_and_not_tomorrow(kari: Customer) -> None:
    for customer, day in ((a_business(), DIED_ON), (kari, TODAY + timedelta(days=1))):
        with pytest.raises(actions.OnlyPeopleDie):
            actions.record_death(
                customer=customer, died_on=day, today=TODAY, by=BY, now=NOW
            )


def test_new_keys_find_and_open_the_representative(
    kari: Customer, settings: Settings
) -> None:
    a_representation(kari)
    old = settings.NATIONAL_ID_HASH_KEYS, settings.NATIONAL_ID_ENCRYPTION_KEYS
    settings.NATIONAL_ID_HASH_KEYS = f"{old[0]},9:{'A' * 43}="
    settings.NATIONAL_ID_ENCRYPTION_KEYS = f"{old[1]},9:{'B' * 42}A="

    assert represented_by_vera() == ["Kari Prøve"]
    resealed = actions.reseal_national_ids()

    assert resealed == 2
    held = Representation.objects.get()
    assert held.national_id_key_version == 9
    assert held.open_national_id() == VERA_ID
    assert represented_by_vera() == ["Kari Prøve"]


def refused(statement: str) -> str:
    """The database's answer to a statement that bypasses the models."""
    with pytest.raises(DatabaseError) as refusal:
        run(statement)
    return str(refusal.value)


@transaction.atomic
def run(statement: str) -> None:
    """Run it as far as a commit would."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "change",
    [
        "name = 'En annen'",
        "ends_on = '2030-01-01'",
        "starts_on = '2020-01-01'",
        "evidence = 'x'",
        "national_id_hash = repeat('0', 64)",
    ],
)
def test_the_database_lets_nobody_edit_one(kari: Customer, change: str) -> None:
    a_representation(kari)

    assert "never edited" in refused(f"UPDATE accounts_representation SET {change}")


def test_the_database_keeps_it_and_lets_nothing_be_unrevoked(kari: Customer) -> None:
    held = a_representation(kari)
    actions.revoke_representation(representation=held, by=BY, now=NOW)

    assert "never edited" in refused(
        "UPDATE accounts_representation SET revoked_at = NULL, revoked_by = ''"
    )
    assert "is kept" in refused("DELETE FROM accounts_representation")


def test_the_database_wants_an_event_of_each(kari: Customer) -> None:
    a_representation(kari)
    run("SELECT 1")
    columns = [str(each.column) for each in Representation._meta.concrete_fields]
    copied = [
        {"id": "gen_random_uuid()", "number": "'R-2'"}.get(name, name)
        for name in columns
    ]

    answer = refused(
        f"INSERT INTO accounts_representation ({', '.join(columns)})"
        f" SELECT {', '.join(copied)} FROM accounts_representation"
    )

    assert "wrote no event" in answer


def test_the_database_lets_no_delegation_last_longer_than_a_year(
    kari: Customer,
) -> None:
    for ends_on in (None, TODAY + timedelta(days=367)):
        with pytest.raises(DatabaseError, match="by_delegation_expires"):
            with transaction.atomic():
                a_representation(
                    kari, ground=Ground.DELEGATE, starts_on=TODAY, ends_on=ends_on
                )
