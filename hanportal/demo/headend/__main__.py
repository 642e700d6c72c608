"""`python -m hanportal.demo.headend`: the head-end simulator on the command line."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from hanportal.demo.headend.fleet import FleetInvalid
from hanportal.demo.headend.server import Options, serve

_SECRET_VARIABLE = "HEAD_END_SECRET_"  # noqa: S105 -- the name, not the secret


def main(arguments: Sequence[str]) -> int:
    """Run the simulator until it is stopped; 2 when it can't start."""
    logging.basicConfig(
        stream=sys.stdout,
        level=logging.INFO,
        format="%(asctime)s headend %(message)s",
        datefmt="%H:%M:%S",
    )
    try:
        asyncio.run(serve(_options(arguments, os.environ)))
    except (FleetInvalid, OSError) as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400 -- no traceback
        return 2
    return 0


def _options(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m hanportal.demo.headend")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--fleet", type=Path, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=_speed, default=1.0, help="divides delays")
    parser.add_argument(
        "--secrets",
        type=_secrets,
        default={},
        help=f"code=secret,...; else {_SECRET_VARIABLE}<CODE> from the environment",
    )
    parsed = parser.parse_args(arguments)
    from_environment = {
        name.removeprefix(_SECRET_VARIABLE).lower(): value
        for name, value in environment.items()
        if name.startswith(_SECRET_VARIABLE)
    }
    return Options(
        host=parsed.host,
        port=parsed.port,
        fleet=parsed.fleet,
        ledger=parsed.ledger,
        seed=parsed.seed,
        speed=parsed.speed,
        secrets=from_environment | parsed.secrets,
    )


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed < float("inf"):
        raise argparse.ArgumentTypeError("must be above 0")
    return speed


def _secrets(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    if any(not code or not secret for code, _equals, secret in pairs):
        raise argparse.ArgumentTypeError("write code=secret,code=secret")
    return {code: secret for code, _equals, secret in pairs}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
