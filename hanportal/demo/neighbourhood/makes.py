"""The makes of meters that stand in Norwegian homes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, kw_only=True)
class Meter:
    """A physical meter, as meters.csv tells it."""

    manufacturer: str
    serial: str
    model: str
    head_end: str
    han_capability: str


@dataclass(frozen=True, kw_only=True)
class Make:
    """What a manufacturer's meters are like, and how common they are."""

    manufacturer: str
    models: Sequence[str]
    serial_prefix: str
    serial_digits: int
    weight: int
    """Among all makes; the numbers are guesses."""
    capabilities: Mapping[str, int]
    """What it takes to open the port, with weights."""


MAKES: Mapping[str, Make] = {
    "aidon": Make(
        manufacturer="Aidon",
        models=["6515", "6525", "6534", "6550"],
        serial_prefix="7359992",
        serial_digits=9,
        weight=50,
        capabilities={"remote": 1},
    ),
    "kaifa": Make(
        manufacturer="Kaifa",
        models=["MA304H3E", "MA304H4"],
        serial_prefix="6970631",
        serial_digits=9,
        weight=25,
        capabilities={"remote": 1},
    ),
    "kamstrup": Make(
        manufacturer="Kamstrup",
        models=["Omnipower 1-fase", "Omnipower 3-fase"],
        serial_prefix="5706567",
        serial_digits=9,
        weight=20,
        capabilities={"remote": 7, "needs_module": 3},
    ),
    "landisgyr": Make(
        manufacturer="Landis+Gyr",
        models=["E350"],
        # Short serials with leading zeros, so that nobody takes them for numbers.
        serial_prefix="",
        serial_digits=8,
        weight=5,
        capabilities={"needs_visit": 1},
    ),
}


class Factory:
    """Makes meters whose serials never repeat."""

    def __init__(self, head_ends: Mapping[str, str], draw: Random) -> None:
        """:param head_ends: code of each head-end, and the make that it speaks to."""
        self._draw = draw
        self._codes = list(head_ends)
        self._makes = head_ends
        self._made = dict.fromkeys(MAKES, 0)
        self._weights = [MAKES[head_ends[code]].weight for code in self._codes]

    def any_meter(self) -> Meter:
        """A meter of some make, common makes more often."""
        (code,) = self._draw.choices(self._codes, self._weights)
        make = MAKES[self._makes[code]]
        capabilities = make.capabilities
        (capability,) = self._draw.choices([*capabilities], [*capabilities.values()])
        model = self._draw.choice(make.models)
        return self._build(code, model=model, capability=capability)

    def meter(self, make: str, *, capability: str) -> Meter:
        """A meter of this make; of the first head-end's where none speaks to it."""
        codes = [code for code in self._codes if self._makes[code] == make]
        code = codes[0] if codes else self._codes[0]
        model = MAKES[self._makes[code]].models[0]
        return self._build(code, model=model, capability=capability)

    def _build(self, code: str, *, model: str, capability: str) -> Meter:
        name = self._makes[code]
        make = MAKES[name]
        self._made[name] += 1
        # The stride shares no factor with ten: every number comes once.
        number = self._made[name] * 7_368_787 % 10**make.serial_digits
        return Meter(
            manufacturer=make.manufacturer,
            serial=f"{make.serial_prefix}{number:0{make.serial_digits}d}",
            model=model,
            head_end=code,
            han_capability=capability,
        )
