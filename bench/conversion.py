"""Conversion of a million people to other skeletons: `python bench/conversion.py --out DIR`.

Each conversion runs in a process of its own. Its peak memory, less the memory before the people
were made, is compared with the size of the input and output arrays.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
from _table import at_most, report

import posehub

PEOPLE = 1_000_000
TARGETS = ("coco17", "halpe26", "h36m17")


def people(count: int, skeleton: posehub.Skeleton) -> posehub.PoseResult:
    source = np.random.default_rng(0)
    points = len(skeleton)
    return posehub.PoseResult(
        keypoints=source.random((count, points, 2), np.float32) * np.float32(1000),
        scores=source.random((count, points), np.float32),
        boxes=np.zeros((count, 4), np.float32),
        box_scores=np.ones(count, np.float32),
        skeleton=skeleton,
    )


def size_of(result: posehub.PoseResult) -> int:
    arrays = (result.keypoints, result.scores, result.boxes, result.box_scores)
    return sum(array.nbytes for array in arrays)


def measure(target: str, rounds: int = 7) -> None:
    """Print the seconds of one conversion, and its peak memory relative to input and output."""
    posehub.conversion("blazepose33", target)
    before = psutil.Process().memory_info().rss
    given = people(PEOPLE, posehub.get_skeleton("blazepose33"))
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        converted = given.to(target)
        seconds.append(time.perf_counter() - start)
        needed = size_of(given) + size_of(converted)
        del converted
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    print(json.dumps({"seconds": statistics.median(seconds), "memory": peak / needed}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for conversion.json")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure)
        return
    rows = []
    for target in TARGETS:
        command = [sys.executable, __file__, "--out", str(arguments.out), "--measure", target]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        figures = json.loads(done.stdout)
        what = f"a million people from blazepose33 to {target}"
        memory = f"{what}: peak memory, relative to input and output"
        rows.append(at_most(what, figures["seconds"], 0.5, "s"))
        rows.append(at_most(memory, figures["memory"], 2.2))
    report("Conversion", rows, arguments.out / "conversion.json")


if __name__ == "__main__":
    main()
