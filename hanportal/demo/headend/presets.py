"""The vendors' habits. Every figure is a guess and can be set in the fleet file."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Preset:
    """How one vendor's head-end behaves. Times are seconds at speed 1."""

    delay_from: float
    """The quickest final result after a command is queued."""
    delay_to: float
    """The slowest."""
    batch_every: float = 0.0
    """Concentrators report on this beat; 0 reports each meter by itself."""
    concentrators: int = 0
    """Meters hang on so many, and each does one command after another; 0: none."""
    opens_remotely: bool = True
    """False: opening is refused, a fitter has to come. Closing works."""
    lacks_module: float = 0.0
    """The share of meters without the module; of those the fleet says nothing about."""
    sticks: float = 0.0
    """The share of openings at which such a meter's port sticks (5.3)."""
    acknowledges_with: str = "0.3"
    """Reply code in the acknowledgement; empty sends no Error element."""
    frames: str = "aidon"
    """Whose lists an open port sends: aidon, kaifa or kamstrup."""


PRESETS = {
    "aidon": Preset(delay_from=4, delay_to=40),
    "kamstrup": Preset(
        delay_from=10,
        delay_to=90,
        lacks_module=0.1,
        sticks=0.05,
        acknowledges_with="0.0",
        frames="kamstrup",
    ),
    "kaifa": Preset(
        delay_from=5, delay_to=30, batch_every=60, concentrators=50, frames="kaifa"
    ),
    "landisgyr": Preset(
        delay_from=15, delay_to=120, opens_remotely=False, acknowledges_with=""
    ),
}
