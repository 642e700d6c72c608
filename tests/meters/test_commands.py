"""The commands that operators type."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hanportal.audit.models import Event
from meters.models import HeadEnd, MeteringPoint
from tests.meters.deliveries import POINT_B, one_home, two_homes

REGISTER_AIDON = (
    "register_head_end",
    "--code=aidon",
    "--name=Aidon",
    "--profile=cim-strict",
    "--endpoint=http://127.0.0.1:9/aidon/soap",
)


def run(*arguments: str) -> str:
    """What the command prints."""
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


@pytest.mark.usefixtures("head_end")
def test_import_register_prints_what_became_of_each_file(tmp_path: Path) -> None:
    folder = two_homes(tmp_path).add("metering_points", active="ja").write()

    lines = run("import_register", str(folder)).splitlines()

    cells = [line.replace("│", " ").split() for line in lines if "│" in line]
    assert cells == [
        ["metering_points.csv", "3", "2", "0", "0", "1"],
        ["meters.csv", "2", "2", "0", "0", "0"],
        ["customers.csv", "2", "2", "0", "0", "0"],
        ["installations.csv", "2", "2", "0", "0", "0"],
        ["holdings.csv", "2", "2", "0", "0", "0"],
    ]
    assert [line for line in lines if line.startswith("Avvist")] == [
        (
            "Avvist: metering_points.csv, linje 4, active: "
            "verdien må være en av: yes, no (aa)"
        )
    ]


@pytest.mark.usefixtures("head_end")
def test_import_register_says_how_many_it_does_not_print(tmp_path: Path) -> None:
    delivery = one_home(tmp_path)
    for _ in range(4):
        delivery.add_line("holdings", "x")

    lines = run("import_register", str(delivery.write()), "--show=1").splitlines()

    assert lines[-2:] == [
        (
            "Avvist: holdings.csv, linje 3: "
            "raden har ikke like mange felt som overskriften"
        ),
        "… og 3 til",
    ]


@pytest.mark.usefixtures("head_end")
def test_import_register_changes_nothing_when_too_much_is_refused(
    tmp_path: Path,
) -> None:
    folder = one_home(tmp_path).add("metering_points", gsrn=POINT_B[:-1]).write()

    with pytest.raises(CommandError) as caught:
        run("import_register", str(folder), "--max-rejections=0")

    assert str(caught.value) == (
        "Avviste rader: 1, flere enn 0. Ingenting er endret. Den første: "
        "metering_points.csv, linje 3, gsrn: målepunkt-ID må ha nøyaktig 18 sifre "
        "(99999999999999999)"
    )
    assert MeteringPoint.objects.count() == 0


@pytest.mark.django_db
def test_import_register_fails_on_files_it_cannot_use(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"mangler metering_points\.csv") as caught:
        run("import_register", str(tmp_path))
    assert caught.value.returncode == 1


@pytest.mark.django_db
def test_register_head_end_again_changes_nothing() -> None:
    first = run(*REGISTER_AIDON, "--max-concurrency=7")
    again = run(*REGISTER_AIDON)

    head_end = HeadEnd.objects.get()
    assert (head_end.code, head_end.name, head_end.max_concurrency) == (
        "aidon",
        "Aidon",
        7,
    )
    assert first == "aidon: name, profile, endpoint, max_concurrency, mode\n"
    assert again == "aidon: ingenting nytt\n"
    events = Event.objects.filter(chain=f"head-end:{head_end.id}")
    assert [event.what for event in events.order_by("sequence")] == [
        "head_end.registered"
    ]


@pytest.mark.django_db
def test_register_head_end_changes_what_is_told() -> None:
    run(*REGISTER_AIDON, "--read-timeout=9")
    run(*REGISTER_AIDON[:-1], "--endpoint=https://hes.example/soap")

    head_end = HeadEnd.objects.get()
    assert head_end.endpoint == "https://hes.example/soap"
    assert head_end.read_timeout_seconds == 9
    changed = Event.objects.get(what="head_end.changed")
    assert changed.facts == {
        "code": "aidon",
        "endpoint": "https://hes.example/soap",
    }


@pytest.mark.django_db
def test_register_head_end_refuses_what_is_no_address() -> None:
    with pytest.raises(CommandError, match="endpoint: "):
        run(*REGISTER_AIDON[:-1], "--endpoint=hes")
    assert HeadEnd.objects.count() == 0


@pytest.mark.django_db
def test_what_a_head_end_does_differently_is_registered_and_checked() -> None:
    manual = ["--code=hand", "--name=Montører", "--profile=manual"]
    call_command("register_head_end", *manual, stdout=StringIO())
    told = StringIO()
    known = ["--code=gxf", "--name=GXF", "--profile=poll"]
    address = "--endpoint=https://gxf.example/"

    call_command(
        "register_head_end",
        *known,
        address,
        '--profile-settings={"poll_for_seconds": 600}',
        stdout=told,
    )

    assert "profile_settings" in told.getvalue()
    assert HeadEnd.objects.get(code="gxf").profile_settings == {"poll_for_seconds": 600}
    assert HeadEnd.objects.get(code="hand").endpoint == ""
    with pytest.raises(CommandError, match="poll_for_seconds: must be a whole number"):
        call_command(
            "register_head_end", *known, '--profile-settings={"poll_for_seconds": 1}'
        )
    with pytest.raises(CommandError, match="head_end_has_an_endpoint"):
        call_command("register_head_end", *known[1:], "--code=other")
