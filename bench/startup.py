"""The cost of `import posehub` and of the command line's start: `bench/startup.py --out DIR`.

The bytecode of all modules is written in a first round that is not counted, as on a user's machine,
into a folder that is removed afterwards.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from _table import at_most, report

POSEHUB = str(Path(sys.executable).with_name("posehub"))
BARE = "pass"
NUMPY = "import numpy"
CLICK_AND_RICH = "import click, rich.console"
IMPORTS = ("import posehub", "import posehub; posehub.PoseResult")
COMMANDS = ("posehub --help", "posehub backends")


def command_of(what: str) -> list[str]:
    program, *arguments = what.split()
    return [POSEHUB, *arguments] if program == "posehub" else [sys.executable, "-c", what]


def medians(what: Sequence[str], rounds: int) -> dict[str, float]:
    """Return the median seconds of each statement or command, taken in turns."""
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        taken: dict[str, list[float]] = {one: [] for one in what}
        for counted in range(-1, rounds):
            for one, seconds in taken.items():
                start = time.perf_counter()
                subprocess.run(command_of(one), check=True, capture_output=True, env=environment)
                if counted >= 0:
                    seconds.append(time.perf_counter() - start)
    return {one: statistics.median(seconds) for one, seconds in taken.items()}


def main(rounds: int = 31) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for startup.json")
    out = parser.parse_args().out
    seconds = medians((BARE, NUMPY, CLICK_AND_RICH, *IMPORTS, *COMMANDS), rounds)
    bare = seconds[BARE]  # the interpreter's own start
    rows = [
        at_most(
            f"{one!r}, against {NUMPY!r}, both without the interpreter's start",
            (seconds[one] - bare) / (seconds[NUMPY] - bare),
            1.3,
        )
        for one in IMPORTS
    ]
    rows += [
        at_most(
            f"`{one}`, against `python -c {CLICK_AND_RICH!r}`",
            seconds[one] / seconds[CLICK_AND_RICH],
            1.5,
        )
        for one in COMMANDS
    ]
    report("Start", rows, out / "startup.json")


if __name__ == "__main__":
    main()
