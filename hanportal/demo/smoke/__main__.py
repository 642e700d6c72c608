"""`python -m hanportal.demo.smoke`: play the stories against a running stack."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from hanportal.demo.smoke.browser import Deviation
from hanportal.demo.smoke.console import serve
from hanportal.demo.smoke.machine import Machine, Register
from hanportal.demo.smoke.minside import consent_line
from hanportal.demo.smoke.moving import move
from hanportal.demo.smoke.oversight import audit, receipt_number_in
from hanportal.demo.smoke.staff import staff_in
from hanportal.demo.smoke.story import Stories, Timeline
from hanportal.demo.smoke.world import World

ACTS_FOR_A_BUSINESS = "Handler for "
"""How the demo labels who acts for a business."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line: where everything is."""
    parser = argparse.ArgumentParser(prog="python -m hanportal.demo.smoke")
    parser.add_argument("--portal", required=True)
    parser.add_argument("--head-end", required=True)
    parser.add_argument("--mail", required=True)
    parser.add_argument("--people", type=Path, required=True)
    parser.add_argument("--staff", type=Path, required=True)
    parser.add_argument("--machine", type=Path, required=True)
    parser.add_argument("--register", type=Path, required=True)
    return parser.parse_args(arguments)


def play(options: argparse.Namespace, console: Console) -> float:
    """Every story in order; seconds from the order to the open port.

    :raises Deviation: one of them went another way.
    """
    people = json.loads(options.people.read_text("utf-8"))
    names = [person["name"] for person in people]
    staff = staff_in(options.staff)
    world = World(options.head_end, options.mail)
    stories = Stories(options.portal, world, Timeline(console))
    opened = stories.opening(names[0])
    other = stories.unsecured(names[1])
    stories.someone_elses(opened, other)
    stories.stranger(names[-1])
    stories.representative(
        next(p["name"] for p in people if p["label"].startswith(ACTS_FOR_A_BUSINESS))
    )
    stories.closing(opened)
    serve(
        staff["agent"],
        other,
        portal=options.portal,
        world=world,
        timeline=stories.timeline,
        name=names[1],
        national_id=people[1]["national_id"],
    )
    audit(
        staff["auditor"],
        portal=options.portal,
        timeline=stories.timeline,
        customer=names[0],
        receipt_number=receipt_number_in(consent_line(opened.order)),
    )
    move(
        Machine.of(options.machine, portal=options.portal),
        other,
        opened.visit,
        register=Register(options.register),
        world=world,
        names=(names[1], names[0]),
        timeline=stories.timeline,
    )
    return opened.seconds


def main(arguments: Sequence[str]) -> int:
    """Play; 0 when everything went as told."""
    console = Console(highlight=False, soft_wrap=True)
    started = time.monotonic()
    try:
        to_open = play(parse(arguments), console)
    except Deviation as deviation:
        console.print(f"\n✗ {deviation}", style="red", markup=False)
        return 1
    console.print(f"\nFrom order to open: {to_open:.2f} s, by the simulator's ledger")
    console.print(f"✓ All as told, in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
