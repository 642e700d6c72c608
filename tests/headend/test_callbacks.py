"""What callbacks say: results, failures, and what nobody may make us believe."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from meters.headend import CallbackRefused, Fault, RawCallback, Report
from meters.headend.cim import CimAdapter
from meters.headend.profile_data import STRICT
from meters.states import ReportedState, ReportSource
from tests.headend import said
from tests.headend.doubles import (
    COMMAND_ID,
    NOW,
    SERIAL,
    Build,
    KeptInMemory,
    signed,
)

OPEN, CLOSED = ReportedState.OPEN, ReportedState.CLOSED


@pytest.fixture
def cim(build: Build) -> CimAdapter:
    """An adapter that nobody needs to reach."""
    return build("http://127.0.0.1:9/")


def raw(body: bytes, *, at: datetime = NOW) -> RawCallback:
    return RawCallback(body=body, headers=signed(body, at=at), received_at=NOW)


def reports(cim: CimAdapter, *events: str) -> tuple[Report, ...]:
    return cim.parse_callback(raw(said.callback(COMMAND_ID, *events))).reports


def test_a_result_carries_the_meters_own_time(cim: CimAdapter) -> None:
    assert reports(cim, said.event(SERIAL, "3.23.0.76", status="Enabled")) == (
        Report(
            serial=SERIAL,
            source=ReportSource.EVENT,
            correlation_id=COMMAND_ID,
            state=OPEN,
            observed_at=datetime(2026, 3, 2, 8, 15, 9, 300000, tzinfo=UTC),
            code="3.23.0.76",
            detail="As told",
        ),
    )


@pytest.mark.parametrize(
    ("ref", "status", "code", "state", "fault"),
    [
        ("3.23.0.76", None, None, OPEN, None),
        ("3.23.0.76", "Enabled", None, OPEN, None),
        ("3.23.0.76", "Disabled", None, None, Fault.AMBIGUOUS),
        ("3.23.0.66", "Disabled", None, CLOSED, None),
        ("3.23.0.66", "Whatever", None, None, Fault.AMBIGUOUS),
        ("3.23.0.221", None, None, None, Fault.UNREACHABLE),
        ("3.23.0.221", "Disabled", "5.3", CLOSED, Fault.UNREACHABLE),
        ("3.23.0.221", "Disabled", "2.12", CLOSED, Fault.REJECTED),
        ("3.23.0.220", "Enabled", "6.1", OPEN, Fault.REJECTED),
        ("3.23.0.220", None, "0.0", None, Fault.UNREACHABLE),
        ("3.23.0.220", None, "x", None, Fault.AMBIGUOUS),
        ("3.23.0.44", None, None, None, None),
        ("3.23.0.44", "Enabled", None, OPEN, None),
        ("3.23.0.79", None, None, None, Fault.AMBIGUOUS),
        ("3.23.0.79", None, "4.1", None, Fault.UNREACHABLE),
        ("3.23.0.64", None, None, None, Fault.UNREACHABLE),
        ("3.23.0.10", None, None, None, Fault.REJECTED),
        ("3.23.0.225", None, None, None, Fault.NOT_FINAL),
        ("3.23.0.34", None, "2.4", None, Fault.NOT_FINAL),
        ("3.26.0.85", None, None, None, Fault.AMBIGUOUS),
        ("3.26.0.85", "Enabled", None, None, Fault.AMBIGUOUS),
        ("", "Enabled", None, None, Fault.AMBIGUOUS),
    ],
)
def test_f18_f19_an_event_type_means_what_the_profile_says(
    *,
    cim: CimAdapter,
    ref: str,
    status: str | None,
    code: str | None,
    state: ReportedState | None,
    fault: Fault | None,
) -> None:
    (report,) = reports(cim, said.event(SERIAL, ref, status=status, code=code))

    assert (report.state, report.fault) == (state, fault)


def test_one_message_may_tell_of_many_meters(cim: CimAdapter) -> None:
    several = reports(
        cim,
        said.event("1", "3.23.0.76"),
        said.event("2", "3.23.0.66"),
        said.event("3", "3.23.0.64"),
    )

    assert [(r.serial, r.state, r.fault, r.correlation_id) for r in several] == [
        ("1", OPEN, None, COMMAND_ID),
        ("2", CLOSED, None, COMMAND_ID),
        ("3", None, Fault.UNREACHABLE, COMMAND_ID),
    ]


def test_an_odd_event_does_not_take_the_others_with_it(cim: CimAdapter) -> None:
    odd = "<e:EndDeviceEvent><e:Assets/></e:EndDeviceEvent>"

    several = reports(cim, odd, said.event(SERIAL, "3.23.0.76"))

    assert [(r.serial, r.state, r.fault) for r in several] == [
        ("", None, Fault.AMBIGUOUS),
        (SERIAL, OPEN, None),
    ]


@pytest.mark.parametrize("correlation_id", [None, "", "F15"])
def test_f16_a_callback_without_a_correlation_is_an_observation(
    cim: CimAdapter, correlation_id: str | None
) -> None:
    body = said.callback(correlation_id, said.event(SERIAL, "3.23.0.66"))

    (report,) = cim.parse_callback(raw(body)).reports

    assert (report.correlation_id, report.state) == (None, CLOSED)


def test_f30_an_unknown_correlation_is_passed_on_as_it_is(cim: CimAdapter) -> None:
    unknown = uuid4()
    body = said.callback(unknown, said.event(SERIAL, "3.23.0.76"))

    (report,) = cim.parse_callback(raw(body)).reports

    assert report.correlation_id == unknown


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-02T08:15:09Z", datetime(2026, 3, 2, 8, 15, 9, tzinfo=UTC)),
        ("2026-03-02T09:15:09+01:00", datetime(2026, 3, 2, 8, 15, 9, tzinfo=UTC)),
        ("2026-03-01T22:15:09-10:00", datetime(2026, 3, 2, 8, 15, 9, tzinfo=UTC)),
        ("2026-03-02T08:15:09.1234567Z", datetime(2026, 3, 2, 8, 15, 9, 123456, UTC)),
    ],
)
def test_f20_other_zones_are_understood(
    cim: CimAdapter, written: str, meant: datetime
) -> None:
    (report,) = reports(cim, said.event(SERIAL, "3.23.0.76", at=written))

    assert (report.state, report.observed_at) == (OPEN, meant)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-02T09:15:09", datetime(2026, 3, 2, 8, 15, 9, tzinfo=UTC)),
        ("2025-07-01T12:00:00", datetime(2025, 7, 1, 10, 0, tzinfo=UTC)),
        # The hour that comes twice: the earlier one.
        ("2025-10-26T02:30:00", datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
        ("2026-03-02T09:15:09Z", NOW),
    ],
)
def test_f20_a_profile_may_say_what_a_naive_time_is(
    cim: CimAdapter, written: str, meant: datetime
) -> None:
    in_oslo = replace(STRICT, naive_times=ZoneInfo("Europe/Oslo"))

    (report,) = reports(
        replace(cim, profile=in_oslo), said.event(SERIAL, "3.23.0.76", at=written)
    )

    assert (report.state, report.observed_at) == (OPEN, meant)


def test_a_time_ahead_of_ours_is_taken_as_now(cim: CimAdapter) -> None:
    (report,) = reports(cim, said.event(SERIAL, "3.23.0.76", at="9999-12-31T00:00:00Z"))

    assert (report.state, report.observed_at) == (OPEN, NOW)


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-03-02",
        "2026-03-02T08:15:09",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_f20_a_state_without_a_time_to_rely_on_is_ambiguous(
    cim: CimAdapter, written: str | None
) -> None:
    (report,) = reports(cim, said.event(SERIAL, "3.23.0.76", at=written))

    assert (report.state, report.fault, report.observed_at) == (
        None,
        Fault.AMBIGUOUS,
        None,
    )


@pytest.mark.parametrize("serial", ["", " ", "1" * 21, "735<e:b/>999"])
def test_half_a_serial_is_none(cim: CimAdapter, serial: str) -> None:
    (report,) = reports(cim, said.event(serial, "3.23.0.76"))

    assert (report.serial, report.state, report.fault) == ("", None, Fault.AMBIGUOUS)


def test_a_comment_does_not_cut_a_serial(cim: CimAdapter) -> None:
    (report,) = reports(cim, said.event("735<!-- x -->999", "3.23.0.76"))

    assert report.serial == "735999"


def test_of_several_names_the_one_of_the_profiles_kind_is_the_serial(
    cim: CimAdapter,
) -> None:
    gsrn = (
        "<e:Assets><e:Names><e:name>707057500999999997</e:name>"
        "<e:NameType><e:name>UsagePoint</e:name></e:NameType></e:Names>"
    )
    event = said.event(SERIAL, "3.23.0.76").replace("<e:Assets>", gsrn)

    assert [report.serial for report in reports(cim, event)] == [SERIAL]


def test_the_reply_acknowledges_the_message(cim: CimAdapter) -> None:
    batch = cim.parse_callback(raw(said.callback(COMMAND_ID)))

    reply = etree.fromstring(batch.reply)
    texts = {etree.QName(element).localname: element.text for element in reply.iter()}
    assert batch.content_type == "text/xml; charset=utf-8"
    assert (texts["Verb"], texts["CorrelationID"], texts["Result"]) == (
        "reply",
        str(COMMAND_ID),
        "OK",
    )
    assert UUID(str(texts["MessageID"]))


def test_reading_a_callback_is_pure(cim: CimAdapter, recorder: KeptInMemory) -> None:
    callback = raw(said.callback(None, said.event(SERIAL, "3.23.0.76")))

    assert cim.parse_callback(callback) == cim.parse_callback(callback)
    assert recorder.order == []


@pytest.mark.parametrize(
    ("callback", "status"),
    [
        (RawCallback(body=said.callback(COMMAND_ID), headers={}, received_at=NOW), 401),
        (raw(said.callback(COMMAND_ID), at=NOW - timedelta(minutes=6)), 401),
        (raw(b""), 400),
        (raw(b"<html/>"), 400),
        (raw(said.callback(COMMAND_ID)[:-1]), 400),
        (raw(said.acknowledgement(COMMAND_ID)), 400),
        (raw(said.callback(COMMAND_ID).replace(b"2011", b"2017")), 400),
        (raw(said.callback(COMMAND_ID).decode().encode("utf-16")), 400),
        (raw(b" " * (1024 * 1024 + 1)), 413),
    ],
    ids=[
        "unsigned",
        "replayed",
        "empty",
        "html",
        "cut",
        "other",
        "year",
        "utf-16",
        "F22",
    ],
)
def test_f22_f31_what_is_not_authentic_or_readable_is_refused(
    cim: CimAdapter, callback: RawCallback, status: int
) -> None:
    with pytest.raises(CallbackRefused) as refused:
        cim.parse_callback(callback)

    assert refused.value.status == status


BOMB = b"""<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE b SYSTEM "file:///etc/passwd">"""


@pytest.mark.parametrize("prologue", [BOMB, OUTSIDE, BOMB.replace(b"1.0", b"1.1")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-7", "utf-16", "cp037"])
def test_f21_an_entity_bomb_is_refused_unread(
    cim: CimAdapter, prologue: bytes, encoding: str
) -> None:
    declared = prologue.replace(b"?>", f' encoding="{encoding}"?>'.encode(), 1).decode()
    body = re.sub(rb"^<\?xml.*?\?>", b"", said.callback(COMMAND_ID)).decode()

    with pytest.raises(CallbackRefused) as refused:
        cim.parse_callback(raw((declared + body).encode(encoding)))

    assert refused.value.status == 400


def test_without_a_secret_a_callback_is_kept_by_the_head_end(build: Build) -> None:
    with pytest.raises(CallbackRefused) as refused:
        build("http://127.0.0.1:9/", secret="").parse_callback(
            raw(said.callback(COMMAND_ID))
        )

    assert (refused.value.status, refused.value.detail) == (
        503,
        "Head-end aidon has no secret: set HEAD_END_SECRET_AIDON.",
    )


def test_the_wire_pages_examples_are_understood(
    cim: CimAdapter, wire_page: str
) -> None:
    blocks = re.findall(r"```xml\n(.*?)```", wire_page, flags=re.DOTALL)
    (opened,) = [b for b in blocks if "<em:CreatedEndDeviceEvents>" in b]

    (report,) = cim.parse_callback(raw(opened.encode())).reports

    assert (report.serial, report.correlation_id, report.state) == (
        SERIAL,
        COMMAND_ID,
        OPEN,
    )
