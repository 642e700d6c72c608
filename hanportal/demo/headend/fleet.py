"""The fleet file: which head-ends there are, and which meters each of them reads."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal, get_args

from hanportal.demo.headend.presets import PRESETS, Preset

PortState = Literal["open", "closed"]
Protocol = Literal["cim-strict", "cim-events", "cim-synchronous", "poll"]

_CAPABILITIES = ("remote", "needs_module", "needs_visit", "unsupported")


class FleetInvalid(ValueError):  # noqa: N818 -- reads as the sentence it is
    """The fleet file can't be used; the message says where and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Meter:
    """A meter as it was when the simulator first saw it."""

    serial: str
    head_end: str
    manufacturer: str = ""
    model: str = ""
    gsrn: str = ""
    port: PortState = "closed"
    han_capability: str = ""
    """What opening takes; empty means what the vendor's meters usually can."""


@dataclass(frozen=True, kw_only=True)
class HeadEnd:
    """One head-end, with the habits of its vendor."""

    code: str
    preset: Preset
    protocol: Protocol = "cim-strict"
    callback: str = ""
    """Where results go that come with no address of their own."""

    @property
    def edition(self) -> str:
        """The year of its messages."""
        return "2017" if self.protocol == "cim-events" else "2011"

    def opens(self, meter: Meter) -> bool:
        """Whether this meter's port can be opened from here."""
        if meter.han_capability:
            return meter.han_capability == "remote"
        return self.preset.opens_remotely


@dataclass(frozen=True, kw_only=True)
class Range:
    """Very many meters alike, with serials in a row; none is kept in memory."""

    like: Meter
    """The first of them."""
    count: int

    def holds(self, serial: str) -> bool:
        """Whether the meter of that serial is one of these."""
        first = self.like.serial
        if len(serial) != len(first) or not (serial.isascii() and serial.isdigit()):
            return False
        return 0 <= int(serial) - int(first) < self.count

    def serials(self) -> Iterator[str]:
        """All of them, in order."""
        first = int(self.like.serial)
        width = len(self.like.serial)
        return (f"{first + number:0{width}d}" for number in range(self.count))


class Meters(Mapping[str, Meter]):
    """All meters by serial: those listed one by one, and those in ranges."""

    def __init__(self, listed: Mapping[str, Meter], ranges: Sequence[Range]) -> None:
        """A serial stands in one place only."""
        self._listed = listed
        self._ranges = ranges

    def __getitem__(self, serial: str) -> Meter:
        """The meter of that serial."""
        if found := self._listed.get(serial):
            return found
        for row in self._ranges:
            if row.holds(serial):
                return replace(row.like, serial=serial)
        raise KeyError(serial)

    def __iter__(self) -> Iterator[str]:
        """The serials, listed ones first."""
        return chain(self._listed, *(row.serials() for row in self._ranges))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._listed) + sum(row.count for row in self._ranges)

    def tally(self) -> tuple[Counter[str], Counter[str]]:
        """How many meters each head-end has, and how many of them are open."""
        every: Counter[str] = Counter()
        opened: Counter[str] = Counter()
        for meter in self._listed.values():
            every[meter.head_end] += 1
            opened[meter.head_end] += meter.port == "open"
        for row in self._ranges:
            every[row.like.head_end] += row.count
            opened[row.like.head_end] += row.count * (row.like.port == "open")
        return every, opened


@dataclass(frozen=True)
class Fleet:
    """All head-ends by code, all meters by serial."""

    head_ends: dict[str, HeadEnd]
    meters: Meters


def read_fleet(path: Path) -> Fleet:
    """Read the fleet file.

    :raises FleetInvalid: not JSON, or a head-end or meter is not what it should be.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        head_ends = {
            code: _head_end(code, figures)
            for code, figures in document["head_ends"].items()
        }
        meters = [_meter(entry, head_ends) for entry in document.get("meters", ())]
        ranges = [_range(entry, head_ends) for entry in document.get("ranges", ())]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FleetInvalid(f"{path}: {error}") from error
    by_serial = {meter.serial: meter for meter in meters}
    if len(by_serial) != len(meters) or _overlap(by_serial, ranges):
        raise FleetInvalid(f"{path}: a serial stands twice")
    return Fleet(head_ends=head_ends, meters=Meters(by_serial, ranges))


def _head_end(code: str, figures: dict[str, Any]) -> HeadEnd:
    figures = dict(figures)
    protocol = figures.pop("protocol", "cim-strict")
    callback = figures.pop("callback", "")
    if protocol not in get_args(Protocol):
        raise FleetInvalid(f"head-end {code}: no protocol is called {protocol!r}")
    preset = _preset(code, figures)
    return HeadEnd(code=code, preset=preset, protocol=protocol, callback=callback)


def _preset(code: str, figures: dict[str, Any]) -> Preset:
    name = figures.pop("preset")
    if name not in PRESETS:
        raise FleetInvalid(f"head-end {code}: no preset is called {name!r}")
    known = {field.name for field in fields(Preset)}
    if unknown := sorted(figures.keys() - known):
        raise FleetInvalid(f"head-end {code}: unknown figures {unknown}")
    return replace(PRESETS[name], **figures)


def _meter(entry: dict[str, Any], head_ends: Mapping[str, HeadEnd]) -> Meter:
    known = {field.name for field in fields(Meter)}
    meter = Meter(**{key: value for key, value in entry.items() if key in known})
    if not meter.serial or meter.head_end not in head_ends:
        raise FleetInvalid(f"meter {meter.serial!r}: head-end {meter.head_end!r}?")
    if meter.port not in {"open", "closed"}:
        raise FleetInvalid(f"meter {meter.serial}: port is {meter.port!r}")
    if meter.han_capability and meter.han_capability not in _CAPABILITIES:
        raise FleetInvalid(f"meter {meter.serial}: {meter.han_capability!r}?")
    return meter


def _range(entry: dict[str, Any], head_ends: Mapping[str, HeadEnd]) -> Range:
    first, count = entry["first"], entry["count"]
    like = _meter({**entry, "serial": first}, head_ends)
    if not (first.isascii() and first.isdigit()):
        raise FleetInvalid(f"range {first!r}: the first serial must be digits")
    if not isinstance(count, int) or count < 1:
        raise FleetInvalid(f"range {first}: count is {count!r}")
    if len(str(int(first) + count - 1)) > len(first):
        raise FleetInvalid(f"range {first}: the serials grow longer")
    return Range(like=like, count=count)


def _overlap(listed: Mapping[str, Meter], ranges: Sequence[Range]) -> bool:
    inside = any(row.holds(serial) for row in ranges for serial in listed)
    return inside or any(
        row.holds(other.like.serial)
        for row in ranges
        for other in ranges
        if row is not other
    )
