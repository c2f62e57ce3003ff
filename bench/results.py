"""Results against those of an older version, in one run: `python bench/results.py --out DIR`.

The source of both versions is run in processes of their own, in turn, and the best time of each
counts. The older version comes out of the git history.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import timeit
from pathlib import Path

import numpy as np
from _table import Row, at_most, report

ROOT = Path(__file__).parents[1]
OLD = "ffda6d4e699b24ef8f707abbce671d27d9171947"  # before results were written with orjson
ROUNDS = 4
PEOPLE = 3
SKELETONS = ("coco17", "blazepose33")
BARS = {
    "construction": 1.0,
    "selection by a slice": 1.0,
    "selection by a mask": 1.0,
    "selection by a list": 1.0,
    "conversion to halpe26": 1.0,
    "to_json": 0.35,
    "from_json": 0.5,
    "size of the JSON": 0.75,
}
"""The most that the newer version may need, as a multiple of the older one."""


def measure(skeleton_name: str) -> dict[str, float]:
    """Return the seconds of each operation on three people, and the bytes of their JSON."""
    import posehub

    skeleton = posehub.get_skeleton(skeleton_name)
    source, shape = np.random.default_rng(0), (PEOPLE, len(skeleton))
    size = np.array([640, 480], np.float32)
    fields = {
        "keypoints": source.random((*shape, 2), np.float32) * size,
        "scores": source.random(shape, np.float32),
        "boxes": source.random((PEOPLE, 4), np.float32) * np.tile(size, 2),
        "box_scores": source.random(PEOPLE, np.float32),
        "skeleton": skeleton,
        "image_size": (640, 480),
        "backend": "bench",
    }
    result = posehub.PoseResult(**fields)
    text = result.to_json()
    mask, rows = np.array([True, False, True]), [0, 2]
    operations = {
        "construction": lambda: posehub.PoseResult(**fields),
        "selection by a slice": lambda: result[1:],
        "selection by a mask": lambda: result[mask],
        "selection by a list": lambda: result[rows],
        "conversion to halpe26": lambda: result.to("halpe26"),
        "to_json": result.to_json,
        "from_json": lambda: posehub.PoseResult.from_json(text),
    }
    return {
        **{name: min(timeit.repeat(f, number=20, repeat=100)) for name, f in operations.items()},
        "size of the JSON": len(text.encode()),
    }


def measured_apart(source: Path, skeleton: str) -> dict[str, float]:
    """Return the measurement of the code in a folder, made by another process."""
    command = [sys.executable, __file__, "--measure", skeleton]
    environment = {**os.environ, "PYTHONPATH": str(source)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def compare(old: Path, new: Path, skeleton: str) -> list[Row]:
    """Return a row for each operation: the time of the newer version in multiples of the older."""
    best = {old: dict.fromkeys(BARS, float("inf")), new: dict.fromkeys(BARS, float("inf"))}
    for _ in range(ROUNDS):
        for source, figures in best.items():
            measured = measured_apart(source, skeleton)
            figures |= {name: min(figures[name], value) for name, value in measured.items()}
    return [
        at_most(f"{name}, {PEOPLE} people of {skeleton}", best[new][name] / best[old][name], bar)
        for name, bar in BARS.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="folder for results.json")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure)))
        return
    archive = subprocess.run(
        ["git", "archive", OLD, "src"], cwd=ROOT, check=True, capture_output=True
    )
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
        sources = Path(folder) / "src", ROOT / "src"
        rows = [row for skeleton in SKELETONS for row in compare(*sources, skeleton)]
    report(f"Results, against those of {OLD[:7]}", rows, arguments.out / "results.json")


if __name__ == "__main__":
    main()
