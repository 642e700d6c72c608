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
    opens_remotely: bool = True
    """False: opening is refused, a fitter has to come. Closing works."""
    acknowledges_with: str = "0.3"
    """Reply code in the acknowledgement; empty sends no Error element."""


PRESETS = {
    "aidon": Preset(delay_from=4, delay_to=40),
    "kamstrup": Preset(delay_from=10, delay_to=90, acknowledges_with="0.0"),
    "kaifa": Preset(delay_from=5, delay_to=30, batch_every=60),
    "landisgyr": Preset(
        delay_from=15, delay_to=120, opens_remotely=False, acknowledges_with=""
    ),
}
