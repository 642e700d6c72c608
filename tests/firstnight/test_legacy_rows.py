"""Rows of the past that can't stand, and what is told of them."""

import csv
import io
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from meters.register import Reason, TooManyRejected
from meters.register.values import Refused, moment, reference
from meters.states import ReportedState
from orders.models import Consent
from tests.firstnight.past import Past, reasons
from tests.orders.world import World, a_point_with_meter, gsrn

BAD: list[tuple[str, str, str, Reason]] = [
    ("consents", "gsrn", gsrn(1)[:-1], Reason.GSRN_LENGTH),
    ("consents", "gsrn", gsrn(99), Reason.NOT_REGISTERED),
    ("consents", "customer_number", "K9", Reason.NOT_REGISTERED),
    ("consents", "given_on", "2026-10-06", Reason.IN_THE_FUTURE),
    ("consents", "given_on", "1.3.2021", Reason.DATE),
    ("consents", "method", "fax", Reason.CHOICE),
    ("consents", "evidence", "", Reason.MISSING),
    ("consents", "evidence", "sak 01908000079", Reason.HOLDS_NATIONAL_ID),
    ("consents", "security", "garasje", Reason.CHOICE),
    ("ports", "state", "unknown", Reason.CHOICE),
    ("ports", "serial", "1", Reason.NOT_REGISTERED),
    ("ports", "observed_at", "2026-10-01", Reason.MOMENT),
    ("ports", "observed_at", "2026-10-05T12:00:01+02:00", Reason.IN_THE_FUTURE),
]


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_bad_row_is_told_and_the_good_ones_land(
    world: World, tmp_path: Path, bad: tuple[str, str, str, Reason]
) -> None:
    file, column, value, reason = bad
    past = Past(tmp_path).add(file, **{column: value}).add("consents").add("ports")

    told = past.bring_in()

    assert reasons(told) == [(f"{file}.csv", 2, column, reason)]
    assert told.wanted_open == 1


def test_refused_rows_are_written_with_their_shape_and_no_value(
    world: World, tmp_path: Path
) -> None:
    past = Past(tmp_path).add("consents", evidence="Kari 01908000079")
    stream = io.StringIO()

    past.bring_in(rejections=stream)

    (line,) = csv.DictReader(io.StringIO(stream.getvalue()), delimiter=";")
    assert line == {
        "file": "consents.csv",
        "line": "2",
        "column": "evidence",
        "reason": "holds_national_id",
        "explanation": "verdien inneholder et fødselsnummer, som ikke skal stå her",
        "shape": "Aaaa 99999999999",
        "gsrn": gsrn(1),
    }


def test_too_many_refused_rows_change_nothing(world: World, tmp_path: Path) -> None:
    past = Past(tmp_path).add("consents").add("ports").add("ports", serial="1")

    with pytest.raises(TooManyRejected):
        past.bring_in(max_rejections=0)

    assert Consent.objects.count() == 0
    assert world.fresh_port().reported == ReportedState.UNKNOWN


def test_the_command_tells_what_it_did(world: World, tmp_path: Path) -> None:
    a_point_with_meter(world.customer, world.head_end, number=2)
    past = Past(tmp_path).add("consents").add("ports")
    past.add("ports", serial=f"735999{2:010d}").add("ports", serial="1")
    told = io.StringIO()

    call_command("import_legacy", str(past.write()), stdout=told)

    lines = told.getvalue().splitlines()
    assert [line.split() for line in lines if "csv" in line and "│" in line] == [
        ["│", "consents.csv", "│", "1", "│", "1", "│", "0", "│", "0", "│", "0", "│"],
        ["│", "ports.csv", "│", "3", "│", "0", "│", "2", "│", "0", "│", "1", "│"],
    ]
    assert lines[-2:] == [
        "Avvist: ports.csv, linje 4, serial: finnes ikke i registeret",
        (
            "Porter som er åpne med samtykke og skal være det: 1 nye. Porter som er "
            "åpne uten spor av samtykke: 1 i alt. Ingenting er sendt."
        ),
    ]
    with pytest.raises(CommandError, match=r"mangler consents\.csv, ports\.csv"):
        call_command("import_legacy", str(tmp_path / "nowhere"))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=70))
def test_readers_take_any_text_or_refuse_it(text: str) -> None:
    for parse in (moment, reference(60)):
        with suppress(Refused):
            assert parse(text)
