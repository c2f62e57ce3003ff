"""What `import posehub` costs: `python bench/startup.py --out DIR`."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from _table import at_most, report


def seconds_to_run(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main(rounds: int = 31) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for startup.json")
    out = parser.parse_args().out
    # the interpreter's own start is in all of them, and is taken off
    statements = ("pass", "import numpy", "import posehub", "import posehub; posehub.PoseResult")
    taken: dict[str, list[float]] = {statement: [] for statement in statements}
    for _ in range(rounds):
        for statement in statements:
            taken[statement].append(seconds_to_run(statement))
    bare, numpy, *ours = (statistics.median(times) for times in taken.values())
    rows = [
        at_most(f"{statement!r}, against 'import numpy'", (seconds - bare) / (numpy - bare), 1.3)
        for statement, seconds in zip(statements[2:], ours, strict=True)
    ]
    report("Start", rows, out / "startup.json")


if __name__ == "__main__":
    main()
