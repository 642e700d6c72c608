"""How a bar is told: pairs, ratios, one line of JSON, and a row in RESULTS.md."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "RESULTS.md"
HEADING = """# Results

Each row is one run of `make bench`. A ratio is the median of the pairs, with the lowest
and the highest. Ours and the yardstick are medians too.

| when (UTC) | bar | size | pairs | ours | beside | unit | ratio | low | high | pass |
|---|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was measured, pair by pair: ours beside the yardstick."""

    bar: str
    pairs: Sequence[tuple[float, float]]
    unit: str
    limit: str
    """What the bar asks for, as `≤ 2.5`."""
    size: str

    @property
    def ratios(self) -> list[float]:
        """Ours divided by the yardstick, lowest first."""
        return sorted(ours / yardstick for ours, yardstick in self.pairs)

    def as_json(self) -> str:
        """The line that a machine reads."""
        ratios = self.ratios
        return json.dumps(
            {
                "bar": self.bar,
                "ratio": round(median(ratios), 2),
                "low": round(ratios[0], 2),
                "high": round(ratios[-1], 2),
                "ours": round(median(ours for ours, _ in self.pairs), 2),
                "yardstick": round(median(other for _, other in self.pairs), 2),
                "unit": self.unit,
            }
        )

    def append_to_results(self, *, at: datetime) -> None:
        """Add a row to RESULTS.md."""
        if not RESULTS.exists():
            RESULTS.write_text(HEADING, encoding="utf-8")
        told = json.loads(self.as_json())
        cells = (
            f"{at:%Y-%m-%d %H:%M}",
            self.bar,
            self.size,
            len(self.pairs),
            told["ours"],
            told["yardstick"],
            self.unit,
            told["ratio"],
            told["low"],
            told["high"],
            self.limit,
        )
        with RESULTS.open("a", encoding="utf-8") as results:
            results.write(f"| {' | '.join(map(str, cells))} |\n")


def parsed(
    arguments: Sequence[str], about: str | None, **sizes: int
) -> argparse.Namespace:
    """The sizes of a run, each an option with its short form as default."""
    parser = argparse.ArgumentParser(description=about)
    for name, size in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument(
        "--no-record", dest="record", action="store_false", help="leave RESULTS.md"
    )
    return parser.parse_args(arguments)


def say(line: str) -> None:
    """Print at once, also into a pipe."""
    print(line, flush=True)  # noqa: T201 -- what a benchmark is for
