"""The fleet file: which head-ends there are, and which meters each of them reads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from hanportal.demo.headend.presets import PRESETS, Preset

PortState = Literal["open", "closed"]

_CAPABILITIES = ("remote", "needs_module", "needs_visit", "unsupported")


class FleetInvalid(ValueError):  # noqa: N818 -- reads as the sentence it is
    """The fleet file can't be used; the message says where and why."""


@dataclass(frozen=True, kw_only=True)
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

    def opens(self, meter: Meter) -> bool:
        """Whether this meter's port can be opened from here."""
        if meter.han_capability:
            return meter.han_capability == "remote"
        return self.preset.opens_remotely


@dataclass(frozen=True)
class Fleet:
    """All head-ends by code, all meters by serial."""

    head_ends: Mapping[str, HeadEnd]
    meters: Mapping[str, Meter]


def read_fleet(path: Path) -> Fleet:
    """Read the fleet file.

    :raises FleetInvalid: not JSON, or a head-end or meter is not what it should be.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        head_ends = {
            code: HeadEnd(code=code, preset=_preset(code, figures))
            for code, figures in document["head_ends"].items()
        }
        meters = [_meter(entry, head_ends) for entry in document["meters"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FleetInvalid(f"{path}: {error}") from error
    by_serial = {meter.serial: meter for meter in meters}
    if len(by_serial) != len(meters):
        raise FleetInvalid(f"{path}: a serial stands twice")
    return Fleet(head_ends=head_ends, meters=by_serial)


def _preset(code: str, figures: dict[str, Any]) -> Preset:
    figures = dict(figures)
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
