"""Two people release what the brake held."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from hanportal.accounts.models import Role, User
from hanportal.audit.models import Event
from meters.models import RegisterDelivery
from meters.register import (
    ImportReport,
    RegisterUnusable,
    ReleaseRefused,
    import_register,
    release_delivery,
)
from tests.accounts.staff import make_staff
from tests.meters.conftest import NOW, make_head_end
from tests.meters.deliveries import one_home, two_homes
from tests.meters.test_blows import backend_that_waits, importing, wait_for_its_end
from tests.meters.test_complete_deliveries import BOTH_STAY, OLA_IS_GONE, holdings


@pytest.fixture
def anna(db: None) -> User:
    """Leads the customer centre."""
    return make_staff("anna", Role.SUPERVISOR)


@pytest.fixture
def berit(db: None) -> User:
    """An administrator."""
    return make_staff("berit", Role.ADMINISTRATOR)


@pytest.fixture
def held(db: None, tmp_path: Path, settings: Settings) -> RegisterDelivery:
    """Ola is missing from a complete delivery, and the brake held it."""
    make_head_end()
    return hold(tmp_path, settings)


def hold(folder: Path, settings: Settings) -> RegisterDelivery:
    """Two homes, then a complete delivery with one of them, held."""
    settings.REGISTER_BRAKE_ENDINGS = 0
    settings.REGISTER_BRAKE_SHARE = 0.0
    import_register(two_homes(folder / "all").write(), now=NOW)
    report = import_register(one_home(folder / "some").write_complete(), now=NOW)
    return RegisterDelivery.objects.get(pk=report.id)


def release(delivery: RegisterDelivery, by: User) -> ImportReport | None:
    """What comes of it when this person releases the delivery."""
    return release_delivery(delivery.id, by=by, now=NOW)


def refusal(delivery: RegisterDelivery, by: User) -> str:
    """What it says when it refuses; nothing has ended then."""
    with pytest.raises((ReleaseRefused, RegisterUnusable)) as caught:
        release(delivery, by)
    assert holdings() == BOTH_STAY
    return str(caught.value)


def test_two_people_release_it(held: RegisterDelivery, anna: User, berit: User) -> None:
    assert release(held, anna) is None
    assert holdings() == BOTH_STAY

    report = release(held, berit)

    assert report is not None
    assert report.ended == 2

    assert holdings() == OLA_IS_GONE
    held.refresh_from_db()
    assert held.state == "released"
    assert (held.first_released_by, held.second_released_by) == (anna, berit)
    told = Event.objects.filter(chain="register").order_by("sequence")
    assert [(e.what, e.actor_reference) for e in told] == [
        ("register.imported", "register"),
        ("register.held", "register"),
        ("register.release_begun", "S-anna"),
        ("register.released", "S-berit"),
        ("register.imported", "register"),
    ]
    with pytest.raises(ReleaseRefused, match="Ingen leveranse med denne ID-en"):
        release(held, anna)


def test_one_person_twice_is_refused(held: RegisterDelivery, anna: User) -> None:
    release(held, anna)

    assert refusal(held, anna) == (
        "Du har frigitt leveransen allerede. Den andre må være en annen."
    )


def test_the_database_knows_no_release_by_one_person(
    held: RegisterDelivery, anna: User
) -> None:
    held.release_first(by=anna, at=NOW)

    with (
        pytest.raises(IntegrityError, match="register_delivery_releasers_differ"),
        transaction.atomic(),
    ):
        held.release_second(by=anna, at=NOW)


def test_only_those_who_lead_may(held: RegisterDelivery, anna: User) -> None:
    only_they = "Bare aktive ledere og administratorer kan frigi en leveranse."
    assert refusal(held, make_staff("siri", Role.AGENT, Role.OPERATOR)) == only_they
    anna.switch_off()
    assert refusal(held, anna) == only_they


def test_a_changed_folder_is_refused(
    held: RegisterDelivery, anna: User, berit: User
) -> None:
    release(held, anna)
    with (Path(held.folder) / "holdings.csv").open("a") as file:
        file.write("\n")

    assert refusal(held, berit) == (
        f"Filene i {held.folder} er ikke de som ble holdt tilbake. Ingenting er "
        "endret. Lever dem på nytt med import_register."
    )
    held.refresh_from_db()
    assert (held.state, held.second_released_by) == ("held", None)


def test_what_changed_since_is_not_undone(
    held: RegisterDelivery, anna: User, berit: User, tmp_path: Path
) -> None:
    release(held, anna)
    since = one_home(tmp_path / "since")
    since.lines["customers"][1] = since.lines["customers"][1].replace("Kari", "Karin")
    import_register(since.write(), now=NOW + timedelta(hours=1))

    assert refusal(held, berit) == (
        "Registeret er endret av en nyere leveranse. Importer en ny fullstendig "
        "leveranse i stedet."
    )


@pytest.mark.processes
def test_a_killed_complete_import_leaves_nothing_behind(
    committed_head_end: str, tmp_path: Path
) -> None:
    import_register(two_homes(tmp_path / "all").write(), now=NOW)
    deliveries = RegisterDelivery.objects.count()
    some = one_home(tmp_path / "some")
    some.add("holdings", starts_on="2019-01-01", ends_on="2019-02-01")
    folder = some.write_complete(created_at="2026-11-01T04:00:00+01:00")
    with importing(folder, committed_head_end) as process:
        backend = backend_that_waits(process, committed_head_end)
        process.kill()
        assert process.wait() == -9
        wait_for_its_end(backend)

    assert holdings() == BOTH_STAY
    assert RegisterDelivery.objects.count() == deliveries


def test_a_release_that_fails_leaves_nothing_behind(
    committed_head_end: str, tmp_path: Path, settings: Settings
) -> None:
    delivery = hold(tmp_path, settings)
    people = [make_staff(n, Role.SUPERVISOR) for n in ("cato", "dina")]
    release_delivery(delivery.id, by=people[0], now=NOW)
    (Path(delivery.folder) / "meters.csv").unlink()

    with pytest.raises(RegisterUnusable, match=r"mangler meters\.csv"):
        release_delivery(delivery.id, by=people[1], now=NOW)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.second_released_at) == ("held", None)
    assert holdings() == BOTH_STAY
