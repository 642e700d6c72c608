"""Deliveries that say they are complete: what they lack ends, under a brake."""

from datetime import date, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError
from pytest_django import Settings

from hanportal.audit.models import Event
from meters.models import Holding, Installation, MeteringPoint, RegisterDelivery
from meters.register import RegisterUnusable, import_register
from tests.meters.conftest import NOW
from tests.meters.deliveries import KARI, OLA, POINT_A, POINT_B, one_home, two_homes
from tests.meters.test_commands import run

pytestmark = pytest.mark.usefixtures("head_end")

DELIVERED_ON = date(2026, 11, 23)


def holdings() -> dict[tuple[str, str], date | None]:
    """Who holds which point, until when."""
    return {
        (point, customer): ends_on
        for point, customer, ends_on in Holding.objects.values_list(
            "metering_point__gsrn", "customer__customer_number", "ends_on"
        )
    }


def installations() -> dict[str, date | None]:
    """Which point has a meter, until when."""
    return dict(Installation.objects.values_list("metering_point__gsrn", "ends_on"))


BOTH_STAY = {(POINT_A, KARI): None, (POINT_B, OLA): None}
OLA_IS_GONE = {(POINT_A, KARI): None, (POINT_B, OLA): DELIVERED_ON}


def facts_of(what: str) -> object:
    """The facts of the newest such event."""
    return Event.objects.filter(what=what).order_by("-sequence")[0].facts


def test_absence_from_a_delivery_of_changes_ends_nothing(tmp_path: Path) -> None:
    import_register(two_homes(tmp_path / "all").write(), now=NOW)

    folder = one_home(tmp_path / "some").write()
    (folder / "delivery.toml").write_text(
        'kind = "incremental"\ncreated_at = 2026-11-23T05:00:00+01:00\n'
    )
    report = import_register(folder, now=NOW)

    assert report.endings is None
    assert holdings() == BOTH_STAY


def test_what_a_complete_delivery_lacks_ends_on_its_date(tmp_path: Path) -> None:
    import_register(two_homes(tmp_path / "all").write(), now=NOW)

    report = import_register(one_home(tmp_path / "some").write_complete(), now=NOW)

    assert (report.held, report.ended) == (False, 2)
    assert holdings() == OLA_IS_GONE
    assert installations() == {POINT_A: None, POINT_B: DELIVERED_ON}
    told = facts_of("register.imported")
    assert isinstance(told, dict)
    assert told["ended"] == {"holdings": 1, "installations": 1}
    again = import_register(one_home(tmp_path / "some").write_complete(), now=NOW)
    assert (again.ended, again.changed_something) == (0, False)


def test_it_ends_on_the_date_in_norway(tmp_path: Path) -> None:
    import_register(two_homes(tmp_path / "all").write(), now=NOW)

    some = one_home(tmp_path / "some")
    import_register(some.write_complete(created_at="2026-11-22T23:30:00Z"), now=NOW)

    assert holdings() == OLA_IS_GONE


def test_what_ended_before_or_has_not_begun_stays_as_it_is(tmp_path: Path) -> None:
    everything = one_home(tmp_path / "all")
    everything.add("metering_points", gsrn=POINT_B)
    past = {"gsrn": POINT_B, "starts_on": "2019-01-01", "ends_on": "2020-01-01"}
    everything.add("holdings", **past)
    everything.add("holdings", gsrn=POINT_B, starts_on="2026-11-23")
    import_register(everything.write(), now=NOW)

    report = import_register(one_home(tmp_path / "some").write_complete(), now=NOW)

    assert report.ended == 0


def test_a_refused_row_is_not_a_missing_one(tmp_path: Path) -> None:
    import_register(two_homes(tmp_path / "all").write(), now=NOW)

    some = one_home(tmp_path / "some").add("holdings", gsrn=POINT_B, ends_on="snart")
    report = import_register(some.write_complete(), now=NOW)

    assert report.rejected == 1
    assert holdings() == BOTH_STAY


def test_a_row_that_cannot_be_told_apart_holds_the_endings(tmp_path: Path) -> None:
    import_register(two_homes(tmp_path / "all").write(), now=NOW)

    some = one_home(tmp_path / "some").add("holdings", gsrn=POINT_B[:-1])
    report = import_register(some.write_complete(), now=NOW)

    assert (report.held, report.ended) == (True, 0)
    assert holdings() == BOTH_STAY


def test_a_file_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    import_register(two_homes(tmp_path / "all").write(), now=NOW)

    cut = one_home(tmp_path / "cut").add("metering_points", gsrn="707057500000000032")
    with pytest.raises(RegisterUnusable) as caught:
        import_register(cut.write_complete(holdings=2), now=NOW)

    assert str(caught.value) == (
        "holdings.csv har 1 rader, men delivery.toml sier 2. Leveransen er avkortet, "
        "og ingenting er endret. Lever alle filene på nytt."
    )
    assert holdings() == BOTH_STAY
    assert MeteringPoint.objects.count() == 2


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("kind = complete", "filen kan ikke leses som TOML"),
        ('kind = "full"', "kind"),
        ('kind = "complete"', "created_at"),
        ('kind = "complete"\ncreated_at = 2026-11-23T05:00:00', "created_at"),
        (
            'kind = "complete"\ncreated_at = 2026-11-24T05:00:00Z',
            "created_at ligger fram i tid",
        ),
        (
            'kind = "complete"\ncreated_at = 2026-11-22T05:00:00Z\n[rows]\nmeters = 1',
            "rows må ha alle filene",
        ),
        (
            'kind = "incremental"\ncreated_at = 2026-11-22T05:00:00Z\n[rows]\nx = 1',
            "rows",
        ),
        ('kind = "incremental"\nwhole = true', "ukjent felt"),
    ],
)
def test_a_manifest_that_says_too_little(
    tmp_path: Path, manifest: str, said: str
) -> None:
    folder = one_home(tmp_path).write()
    (folder / "delivery.toml").write_text(manifest)

    with pytest.raises(RegisterUnusable) as caught:
        import_register(folder, now=NOW)

    assert str(caught.value).startswith(
        f"{folder / 'delivery.toml'} kan ikke brukes: {said}. Eksempel: "
    )
    assert MeteringPoint.objects.count() == 0


def test_an_older_complete_delivery_is_refused(tmp_path: Path) -> None:
    import_register(two_homes(tmp_path / "new").write_complete(), now=NOW)

    old = one_home(tmp_path / "old").write_complete(created_at="2026-11-22T05:00:00Z")
    with pytest.raises(RegisterUnusable, match="En nyere fullstendig leveranse"):
        import_register(old, now=NOW)

    assert holdings() == BOTH_STAY


def test_the_brake_holds_the_endings_and_the_rows_land(
    tmp_path: Path, settings: Settings
) -> None:
    settings.REGISTER_BRAKE_ENDINGS = 1
    import_register(two_homes(tmp_path / "all").write(), now=NOW)

    some = one_home(tmp_path / "some")
    some.add("metering_points", gsrn="707057500000000032")
    report = import_register(some.write_complete(), now=NOW)

    assert (report.held, report.ended) == (True, 0)
    assert holdings() == BOTH_STAY
    assert MeteringPoint.objects.count() == 3
    delivery = RegisterDelivery.objects.get(pk=report.id)
    assert (delivery.state, delivery.kind) == ("held", "complete")
    assert (delivery.holdings_ended, delivery.installations_ended) == (1, 1)
    assert delivery.created_at == datetime.fromisoformat("2026-11-23T04:00:00+00:00")
    assert facts_of("register.held") == {
        "holdings": 1,
        "installations": 1,
        "unreadable": 0,
        "before": 0,
        "limit": 1,
        "digest": delivery.digest,
    }


def test_a_share_of_many_may_be_more_than_the_number(
    tmp_path: Path, settings: Settings
) -> None:
    settings.REGISTER_BRAKE_ENDINGS = 1
    settings.REGISTER_BRAKE_SHARE = 0.5
    import_register(two_homes(tmp_path / "all").write(), now=NOW)

    report = import_register(one_home(tmp_path / "some").write_complete(), now=NOW)

    assert (report.held, report.ended) == (False, 2)


def test_the_limit_is_for_the_day(tmp_path: Path, settings: Settings) -> None:
    settings.REGISTER_BRAKE_ENDINGS = 3
    import_register(two_homes(tmp_path / "all").write(), now=NOW)
    import_register(one_home(tmp_path / "some").write_complete(), now=NOW)

    none = one_home(tmp_path / "none")
    none.lines |= {name: none.lines[name][:1] for name in ("holdings", "installations")}
    report = import_register(none.write_complete(), now=NOW)

    assert (report.held, report.ended) == (True, 0)
    assert holdings() == OLA_IS_GONE


def test_the_command_tells_and_ends_with_a_status_of_its_own(
    tmp_path: Path, settings: Settings
) -> None:
    settings.REGISTER_BRAKE_ENDINGS = 1
    run("import_register", str(two_homes(tmp_path / "all").write()))

    with pytest.raises(CommandError) as caught:
        run("import_register", str(one_home(tmp_path / "some").write_complete()))

    delivery = RegisterDelivery.objects.get(state="held")
    assert caught.value.returncode == 3
    assert str(caught.value) == (
        "Holdt tilbake: bremsen lot ikke leveransen avslutte det den mangler. "
        "Radene i den er importert. To personer frigir resten, hver for seg, under "
        f"«Drift» i portalen (leveranse {delivery.id})."
    )
