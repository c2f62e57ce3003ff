"""Memory and speed of streaming a large file of results: `python bench/formats.py --out DIR`."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from _table import at_least, at_most, report

import posehub
from posehub.testing import random_people

PEOPLE_PER_IMAGE = 4
FILES = {
    "jsonl": "people.jsonl",
    "parquet": "people.parquet",
    "arrow": "people.arrow",
    "coco": "coco.json",
    "coco-results": "results.json",
    "pose": "people.pose",
}


def records(people: int) -> Iterator[posehub.Record]:
    # making people takes longer than writing them
    pool = [random_people(PEOPLE_PER_IMAGE, seed=seed) for seed in range(1000)]
    for number in range(people // PEOPLE_PER_IMAGE):
        yield posehub.Record(f"folder/{number:012d}.jpg", pool[number % len(pool)], number + 1)


def pass_over(job: str, format: str, path: Path, people: int) -> dict[str, float]:
    """Write or read the file once; return people per second and peak memory in MB."""
    start = time.perf_counter()
    if job == "write":
        posehub.write(records(people), path, format)
    else:
        skeleton = "coco17" if format == "coco-results" else None
        found = sum(len(r.result) for r in posehub.read(path, format, skeleton=skeleton))
        assert found == people, found
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"speed": people / seconds, "peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="folder for formats.json")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--job", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        job, format, path = arguments.job
        print(json.dumps(pass_over(job, format, Path(path), arguments.people)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for format, name in FILES.items():
            path = Path(folder) / name
            for job in ("write", "read"):
                command = [sys.executable, __file__, "--people", str(arguments.people)]
                command += ["--job", job, format, str(path)]
                # a process of its own, so that its peak is its own
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                measured = json.loads(done.stdout)
                what = f"{job} {format}, {arguments.people:,} people"
                rows.append(at_most(f"{what}: memory", measured["peak"], 300, "MB"))
                rows.append(at_least(f"{what}: speed", measured["speed"], 0, "people/s"))
            path.unlink()
    report("Formats", rows, arguments.out / "formats.json")


if __name__ == "__main__":
    main()
