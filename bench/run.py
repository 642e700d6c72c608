"""`make bench`: the short form of every bar, or of the one that is named."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(bars: list[str]) -> int:
    """Run the bars, each in a process of its own; the first failure's exit code."""
    named = bars or [path.name.split("_")[0] for path in sorted(HERE.glob("b*_*.py"))]
    form = {} if bars else {"BENCH_FORM": "short"}
    search = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    for bar in named:
        scripts = sorted(HERE.glob(f"{bar.lower()}_*.py"))
        if len(scripts) != 1:
            print(f"There is no bar {bar} in bench/.", file=sys.stderr)  # noqa: T201
            return 2
        finished = subprocess.run(  # noqa: S603 -- our own scripts
            [sys.executable, scripts[0]],
            env=os.environ | {"PYTHONPATH": search} | form,
            check=False,
        )
        if finished.returncode:
            return finished.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
