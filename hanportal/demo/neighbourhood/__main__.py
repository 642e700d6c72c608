"""`python -m hanportal.demo.neighbourhood`: write a register for the demo to import."""

import argparse
import sys
from datetime import date
from pathlib import Path

from hanportal.demo.neighbourhood.cast import CAST
from hanportal.demo.neighbourhood.damage import DAMAGES
from hanportal.demo.neighbourhood.households import Neighbourhood
from hanportal.demo.neighbourhood.makes import MAKES
from hanportal.demo.neighbourhood.writing import (
    passing_fleet,
    write_people,
    write_register,
)

FEWEST_POINTS = sum(len(player.homes) for player in CAST)


def _head_end(value: str) -> tuple[str, str]:
    code, _, make = value.partition("=")
    if not code or make not in MAKES:
        raise argparse.ArgumentTypeError(f"{value}: code=preset of {', '.join(MAKES)}")
    return code, make


def _points(value: str) -> int:
    if not value.isdigit() or int(value) < FEWEST_POINTS:
        raise argparse.ArgumentTypeError(f"{value}: at least {FEWEST_POINTS} points")
    return int(value)


def main(arguments: list[str]) -> None:
    """Write the five files, people.json for the eID and fleet.json for the meters."""
    parser = argparse.ArgumentParser(prog="python -m hanportal.demo.neighbourhood")
    add = parser.add_argument
    add("--out", type=Path, required=True, help="folder to write to; made if missing")
    add("--seed", type=int, default=1, help="the same seed writes the same bytes")
    add("--points", type=_points, default=500, help="how many metering points")
    add("--today", type=date.fromisoformat, required=True, help="YYYY-MM-DD")
    add(
        "--head-end",
        type=_head_end,
        action="append",
        metavar="CODE=PRESET",
        help="a head-end and the make that it speaks to; the default is one of each",
    )
    add(
        "--damage",
        choices=[*DAMAGES],
        help="damage the delivery, to see what an import makes of it",
    )
    given = parser.parse_args(arguments)
    head_ends = dict(given.head_end or [(make, make) for make in MAKES])
    given.out.mkdir(parents=True, exist_ok=True)
    neighbourhood = Neighbourhood(
        seed=given.seed, today=given.today, head_ends=head_ends
    )
    rows = neighbourhood.rows(given.points)
    write_register(given.out, passing_fleet(rows, given.out / "fleet.json", head_ends))
    write_people(given.out / "people.json", neighbourhood)
    if given.damage:
        DAMAGES[given.damage](given.out)


if __name__ == "__main__":
    main(sys.argv[1:])
