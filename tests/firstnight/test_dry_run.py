"""A delivery of the register, tried: everything is told and nothing is changed."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from hanportal.accounts.models import Customer
from hanportal.audit.log import Event
from meters.models import Holding, RegisterDelivery
from meters.register import import_register
from orders.models import Consent
from tests.firstnight.past import Past
from tests.meters.conftest import make_head_end
from tests.meters.deliveries import METER_B, OLA, POINT_B, one_home, two_homes
from tests.meters.test_complete_deliveries import BOTH_STAY, OLA_IS_GONE, holdings

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def every_row() -> dict[str, list[tuple[str, ...]]]:
    """Every row of every table of ours, with the transaction that wrote it."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT t.xmin::text, t::text FROM {table} AS t ORDER BY 2")
            found[table] = cursor.fetchall()
    return found


@pytest.fixture
def _street(db: None, tmp_path: Path) -> None:
    """Kari and Ola; Ola's port was opened years ago, with a consent."""
    make_head_end()
    import_register(two_homes(tmp_path / "all").write(), now=NOW)
    past = Past(tmp_path / "past")
    past.add("consents", gsrn=POINT_B, customer_number=OLA, given_on="2021-03-01")
    past.add("ports", serial=METER_B).bring_in(now=NOW)


def rehearse(folder: Path, *options: str) -> list[str]:
    """What the command prints after the table."""
    told = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("import_register", str(folder), "--dry-run", *options, stdout=told)
    return [
        line for line in told.getvalue().splitlines() if line and line[0] not in "┏┃┡│└"
    ]


@pytest.mark.usefixtures("_street")
def test_it_tells_what_would_end_and_whom_that_touches(tmp_path: Path) -> None:
    folder = one_home(tmp_path / "some").write_complete()
    before = every_row()

    told = rehearse(folder)

    assert told == [
        (
            "Mangler i leveransen: 1 nettavtaler, 1 målerplasseringer. Avsluttet: 2. "
            "Grense for dagen: 100, brukt før: 0. Rader uten lesbar nøkkel: 0."
        ),
        f"Ville avsluttet: holdings.csv: {POINT_B}, 2020-01-01",
        f"Ville avsluttet: installations.csv: {POINT_B}, 2018-05-01",
        (
            "Samtykker som ville mistet nettavtalen: 1. Åpne porter uten samtykke "
            "etterpå: 1."
        ),
        "Prøvekjøring: ingenting er endret.",
    ]
    assert every_row() == before
    assert holdings() == BOTH_STAY

    import_register(folder, now=NOW)
    assert holdings() == OLA_IS_GONE


@pytest.mark.usefixtures("_street")
def test_it_tells_also_what_the_brake_would_hold(
    tmp_path: Path, settings: Settings
) -> None:
    settings.REGISTER_BRAKE_ENDINGS = 0
    settings.REGISTER_BRAKE_SHARE = 0.0

    told = rehearse(one_home(tmp_path / "some").write_complete(), "--show=1")

    assert told[1:] == [
        f"Ville avsluttet: holdings.csv: {POINT_B}, 2020-01-01",
        "… og 1 til",
        (
            "Samtykker som ville mistet nettavtalen: 1. Åpne porter uten samtykke "
            "etterpå: 1."
        ),
        "Bremsen ville holdt avslutningene tilbake for to personer.",
        "Prøvekjøring: ingenting er endret.",
    ]
    assert RegisterDelivery.objects.filter(state="held").count() == 0


@pytest.mark.usefixtures("_street")
def test_someone_who_moves_out_by_a_row_is_told_too(tmp_path: Path) -> None:
    moved = one_home(tmp_path / "moved")
    moved.add("holdings", gsrn=POINT_B, customer_number=OLA, ends_on="2026-11-01")

    assert rehearse(moved.write())[0].startswith(
        "Samtykker som ville mistet nettavtalen: 1."
    )
    assert Holding.objects.filter(ends_on__isnull=False).count() == 0


@pytest.mark.usefixtures("_street")
def test_a_death_and_a_point_out_of_use_are_told_too(tmp_path: Path) -> None:
    unused = one_home(tmp_path / "unused")
    unused.add("metering_points", gsrn=POINT_B, active="no")
    dead = two_homes(tmp_path / "dead")
    header, *rows = dead.lines["customers"]
    died_on = ["2026-11-01" if OLA in row else "" for row in rows]
    dead.lines["customers"] = [
        f"{header},died_on",
        *(f"{row},{died}" for row, died in zip(rows, died_on, strict=True)),
    ]

    for delivery in (unused, dead):
        assert rehearse(delivery.write())[0].startswith(
            "Samtykker som ville mistet nettavtalen: 1."
        )


def test_new_rows_are_told_and_do_not_land(db: None, tmp_path: Path) -> None:
    make_head_end()
    folder = two_homes(tmp_path).add("holdings", gsrn="1").write()

    told = rehearse(folder, f"--rejections={tmp_path / 'rejected.csv'}")

    assert told[0].startswith("Avvist: holdings.csv, linje 4, gsrn: ")
    assert len((tmp_path / "rejected.csv").read_text().splitlines()) == 2
    assert Customer.objects.count() == Consent.objects.count() == 0
    assert not Event.objects.filter(chain="register").exists()


def test_files_that_cannot_be_used_fail_it(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="mangler"):
        rehearse(tmp_path)
