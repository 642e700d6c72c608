"""What comes out of an open port, read by a decoder that we did not write."""

from datetime import UTC, datetime

import pytest
from han.autodecoder import AutoDecoder
from han.hdlc import HdlcFrameReader

from hanportal.demo.headend.fleet import Meter
from hanportal.demo.headend.han_lists import Kind, frame, household, kind_at
from tests.demo.client import Client, Command
from tests.demo.portal import Portal

AT = datetime(2026, 3, 2, 18, 15, 30, tzinfo=UTC)
VENDORS = {"aidon": "Aidon", "kaifa": "Kaifa", "kamstrup": "Kamstrup"}


def decoded(data: bytes) -> list[dict[str, object]]:
    """Every frame that an independent reader finds and believes."""
    frames = HdlcFrameReader(False).read(data)
    assert all(found.is_good_ffc and found.is_expected_length for found in frames)
    values = [AutoDecoder().decode_message(found) for found in frames]
    return [dict(found) for found in values if found is not None]


@pytest.mark.parametrize("kind", ["power", "phases", "hour"])
@pytest.mark.parametrize("frames", VENDORS)
def test_each_vendors_lists_are_read_by_a_stranger(frames: str, kind: Kind) -> None:
    meter = Meter(serial="7359992890123456", head_end="x", model="MODEL1")
    home = household(meter.serial, AT)

    (values,) = decoded(frame(meter, AT, frames=frames, kind=kind))

    assert values["meter_manufacturer"] == VENDORS[frames]
    assert values["active_power_import"] == home.watts
    has_more = kind != "power" or frames == "kamstrup"
    assert ("voltage_l1" in values) is has_more
    if has_more:
        assert values["meter_id"] == meter.serial
        assert values["voltage_l1"] == pytest.approx(home.decivolts[0] / 10, abs=1)
        assert values["current_l2"] == pytest.approx(
            home.milliamperes[1] / 1000, abs=0.1
        )
    assert ("active_power_import_total" in values) is (kind == "hour")
    if kind == "hour":
        assert values["active_power_import_total"] == pytest.approx(
            home.watt_hours, abs=10
        )
        assert values["meter_datetime"] == AT.replace(tzinfo=None)


def test_every_moment_of_a_day_is_read() -> None:
    meter = Meter(serial="6970631400000001", head_end="x")
    for frames in VENDORS:
        stream = b"".join(
            frame(meter, AT.replace(hour=hour, minute=minute), frames=frames, kind=kind)
            for hour in range(24)
            for minute in (0, 13, 41)
            for kind in ("power", "phases", "hour")
        )

        assert len(decoded(stream)) == 24 * 9


def test_lists_fall_on_their_beats() -> None:
    assert [kind_at(beat, frames="aidon") for beat in (0, 1, 2, 3, 4, 1440)] == [
        *("hour", "power", "power", "power", "phases", "hour")
    ]
    assert [kind_at(beat, frames="kamstrup") for beat in (0, 1, 4)] == [
        *("hour", None, "phases")
    ]


def test_an_open_port_speaks_and_a_closed_one_is_silent(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    silence = head_ends.request("GET", f"/meters/{meter}/han?seconds=0.2")
    address = portal.address()
    head_ends.command(Command(serials=(meter,), reply_to=address))
    portal.next(address)
    speech = head_ends.request("GET", f"/meters/{meter}/han?frames=3&seconds=30")
    head_ends.command(Command(serials=(meter,), state="closed", reply_to=address))
    portal.next(address)
    after = head_ends.request("GET", f"/meters/{meter}/han?seconds=0.2")

    assert (silence.status, silence.body, after.body) == (200, b"", b"")
    assert [values["meter_manufacturer"] for values in decoded(speech.body)] == [
        "Aidon"
    ] * 3


def test_f35_an_open_port_may_be_silent_until_it_is_started_again(
    head_ends: Client, portal: Portal, meter: str
) -> None:
    head_ends.set_fault("F35", meter)
    address = portal.address()
    head_ends.command(Command(serials=(meter,), reply_to=address))
    portal.next(address)
    silence = head_ends.request("GET", f"/meters/{meter}/han?seconds=0.2")

    head_ends.command(Command(serials=(meter,), state="restart", reply_to=address))
    portal.next(address)
    speech = head_ends.request("GET", f"/meters/{meter}/han?frames=1&seconds=30")

    assert silence.body == b""
    assert len(decoded(speech.body)) == 1
    assert head_ends.states(meter) == ["open"]


def test_who_asks_for_nonsense_is_told(head_ends: Client, meter: str) -> None:
    asked = ("?frames=x", "?seconds=0", "?frames=0", "?list=all", "?seconds=nan")
    said = [head_ends.request("GET", f"/meters/{meter}/han{it}") for it in asked]

    assert [answer.status for answer in said] == [400] * 5
    assert head_ends.request("GET", "/meters/nobody/han").status == 404
