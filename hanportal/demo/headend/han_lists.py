"""What the meters say through an open port: each vendor's lists, on its own beat.

The household behind a meter is made up from its serial and the time, so that the same
moment reads the same, however often one looks.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from hanportal.demo.headend import han_frames as han
from hanportal.demo.headend.fleet import Meter

Kind = Literal["power", "phases", "hour"]

BEAT: Final = 2.5
"""Seconds between two lists of the quickest kind."""
_PER_TEN_SECONDS: Final = 4
_PER_HOUR: Final = 1440


@dataclass(frozen=True, kw_only=True)
class Household:
    """What flows at one moment. Three phases; currents in mA, voltages in dV."""

    watts: int
    var: int
    milliamperes: tuple[int, int, int]
    decivolts: tuple[int, int, int]
    watt_hours: int
    var_hours: int


def household(serial: str, at: datetime) -> Household:
    """The household behind a meter at a moment."""
    dice = random.Random(f"{serial}/{at:%Y%m%d%H%M%S}")  # noqa: S311 -- figures
    home = random.Random(serial)  # noqa: S311 -- figures
    base, swing = home.randint(150, 900), home.randint(400, 6000)
    hour = at.hour + at.minute / 60
    # People are up in the morning and in the evening.
    awake = max(0.0, math.sin((hour - 5) / 24 * 2 * math.pi)) ** 2
    watts = int(base + swing * awake + dice.uniform(0, base / 2))
    volts = tuple(2300 + dice.randint(-40, 40) for _ in range(3))
    shares = [dice.uniform(0.2, 0.5) for _ in range(3)]
    amperes = [
        int(watts * share / sum(shares) / (volt / 10) * 1000)
        for share, volt in zip(shares, volts, strict=True)
    ]
    hours = int(at.timestamp() // 3600) - 400_000
    return Household(
        watts=watts,
        var=watts // 8,
        milliamperes=(amperes[0], amperes[1], amperes[2]),
        decivolts=(volts[0], volts[1], volts[2]),
        watt_hours=hours * base,
        var_hours=hours * base // 8,
    )


def kind_at(beat: int, *, frames: str) -> Kind | None:
    """Which list falls on a beat; Kamstrup says nothing between its ten seconds."""
    if beat % _PER_HOUR == 0:
        return "hour"
    if beat % _PER_TEN_SECONDS == 0:
        return "phases"
    return None if frames == "kamstrup" else "power"


def frame(meter: Meter, at: datetime, *, frames: str, kind: Kind) -> bytes:
    """One frame as it leaves the port. `at` is the meter's own, local time."""
    home = household(meter.serial, at)
    if frames == "kaifa":
        header = han.octets(han.moment(at))
        body = han.structure(_kaifa(meter, home, at, kind))
        return han.hdlc(han.notification(body, at=header))
    if frames == "kamstrup":
        items = list(_kamstrup(meter, home, at, kind))
        body = han.structure(
            [han.visible("Kamstrup_V0001"), *(code + value for code, value in items)],
            count=1 + 2 * len(items),
        )
        header = b"\x0c" + han.moment(at)
        return han.hdlc(han.notification(body, at=header))
    return han.hdlc(han.notification(han.array(_aidon(meter, home, at, kind))))


def _aidon(meter: Meter, home: Household, at: datetime, kind: Kind) -> Iterator[bytes]:
    power = _register("1.0.1.7.0.255", han.unsigned32(home.watts), 0, "W")
    if kind == "power":
        yield power
        return
    yield _entry("1.1.0.2.129.255", han.visible("AIDON_V0001"))
    yield _entry("0.0.96.1.0.255", han.visible(meter.serial))
    yield _entry("0.0.96.1.7.255", han.visible(meter.model or "6525"))
    yield power
    yield _register("1.0.2.7.0.255", han.unsigned32(0), 0, "W")
    yield _register("1.0.3.7.0.255", han.unsigned32(home.var), 0, "var")
    yield _register("1.0.4.7.0.255", han.unsigned32(0), 0, "var")
    for phase, current in zip((31, 51, 71), home.milliamperes, strict=True):
        amperes = han.signed16(current // 100)
        yield _register(f"1.0.{phase}.7.0.255", amperes, -1, "A")
    for phase, volts in zip((32, 52, 72), home.decivolts, strict=True):
        yield _register(f"1.0.{phase}.7.0.255", han.unsigned16(volts), -1, "V")
    if kind == "hour":
        yield _entry("0.0.1.0.0.255", han.octets(han.moment(at)))
        for code, value, unit in _counters("1.0", home):
            yield _register(code, han.unsigned32(value // 10), 1, unit)


def _kaifa(meter: Meter, home: Household, at: datetime, kind: Kind) -> Iterator[bytes]:
    """Values alone: what they are follows from how many there are."""
    if kind == "power":
        yield han.unsigned32(home.watts)
        return
    yield han.octets(b"KFM_001")
    yield han.octets(meter.serial.encode("ascii"))
    yield han.octets((meter.model or "MA304H3E").encode("ascii"))
    for power in (home.watts, 0, home.var, 0):
        yield han.unsigned32(power)
    for current in home.milliamperes:
        yield han.unsigned32(current)
    for volts in home.decivolts:
        yield han.unsigned32(volts)
    if kind == "hour":
        yield han.octets(han.moment(at))
        for _code, value, _unit in _counters("1.0", home):
            yield han.unsigned32(value)


def _kamstrup(
    meter: Meter, home: Household, at: datetime, kind: Kind
) -> Iterator[tuple[bytes, bytes]]:
    yield han.obis("1.1.0.0.5.255"), han.visible(meter.serial)
    yield han.obis("1.1.96.1.1.255"), han.visible(meter.model or "6841121BN243101040")
    for group, power in ((1, home.watts), (2, 0), (3, home.var), (4, 0)):
        yield han.obis(f"1.1.{group}.7.0.255"), han.unsigned32(power)
    for phase, current in zip((31, 51, 71), home.milliamperes, strict=True):
        yield han.obis(f"1.1.{phase}.7.0.255"), han.unsigned32(current // 10)
    for phase, volts in zip((32, 52, 72), home.decivolts, strict=True):
        yield han.obis(f"1.1.{phase}.7.0.255"), han.unsigned16(volts // 10)
    if kind == "hour":
        yield han.obis("0.1.1.0.0.255"), han.octets(han.moment(at))
        for code, value, _unit in _counters("1.1", home):
            yield han.obis(code), han.unsigned32(value // 10)


def _counters(prefix: str, home: Household) -> list[tuple[str, int, str]]:
    """Code, number and unit of what has been counted since the meter was set up."""
    return [
        (f"{prefix}.1.8.0.255", home.watt_hours, "Wh"),
        (f"{prefix}.2.8.0.255", 0, "Wh"),
        (f"{prefix}.3.8.0.255", home.var_hours, "varh"),
        (f"{prefix}.4.8.0.255", 0, "varh"),
    ]


def _entry(code: str, value: bytes) -> bytes:
    return han.structure([han.obis(code), value])


def _register(code: str, value: bytes, exponent: int, unit: str) -> bytes:
    return han.structure([han.obis(code), value, han.scaler(exponent, unit)])
