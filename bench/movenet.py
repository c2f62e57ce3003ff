"""The figures that concern MoveNet:

    python bench/movenet.py --out DIR [--eval DIR...]

--eval names folders: labelled images with COCO's person_keypoints.json, for AP over all of them
together; and images without people, for false people. Two ways that are compared run in turns, so
that other load on the machine affects both alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from _coco import ANNOTATIONS, average_precision, images
from _table import Row, at_least, at_most, report

import posehub
from posehub_movenet.backend import MoveNetBackend
from posehub_movenet.options import MoveNetOptions

ROOT = Path(__file__).parent.parent
PLUGIN_IMAGES = ROOT / "plugins" / "posehub-blazepose" / "tests" / "images"
PEOPLE = [
    ROOT / "examples" / "astronaut.jpg",
    PLUGIN_IMAGES / "camera.jpg",
    PLUGIN_IMAGES / "grace_hopper.jpg",
]
BARS = {"fast": 0.37, "balanced": 0.45, "thorough": 0.48}
MOST_FALSE = 1
MB = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for movenet.json")
    parser.add_argument("--eval", type=Path, nargs="+", default=[], help="folders of images")
    given = parser.parse_args()
    labelled = [folder for folder in given.eval if (folder / ANNOTATIONS).exists()]
    empty = [folder for folder in given.eval if folder not in labelled]
    if not labelled:
        print("AP skipped: no --eval with labels.", file=sys.stderr)
    photos = [path for folder in labelled for path in images(folder)] or PEOPLE
    rows: list[Row] = []
    if labelled:
        rows += precision(labelled)
    rows += false_people(empty)
    rows += against_blazepose(photos)
    rows += overhead(photos)
    rows += workers(photos)
    rows += memory(PEOPLE)
    rows += start()
    report("MoveNet", rows, given.out / "movenet.json")


def precision(folders: list[Path]) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as temporary:
        together = joined(folders, Path(temporary))
        for mode, bar in BARS.items():
            with posehub.open_backend("movenet", mode=mode, device="cpu") as backend:
                measured = average_precision(together, partial(people, backend))
            yield at_least(f"COCO AP, {mode}", measured, bar, "AP")


def joined(folders: list[Path], target: Path) -> Path:
    """Return a folder that has the labelled images of several."""
    together: dict[str, list[Any]] = {"images": [], "annotations": []}
    for folder in folders:
        content = json.loads((folder / ANNOTATIONS).read_text())
        together["categories"] = content["categories"]
        for image in content["images"]:
            (target / image["file_name"]).symlink_to((folder / image["file_name"]).resolve())
            together["images"].append(image)
        together["annotations"] += content["annotations"]
    for number, annotation in enumerate(together["annotations"], 1):
        annotation["id"] = number
    (target / ANNOTATIONS).write_text(json.dumps({"info": {}, **together}))
    return target


def people(backend: posehub.Backend, path: Path) -> list[tuple[np.ndarray, float]]:
    result = backend.detect(path)
    return [
        (points, float(score))
        for points, score in zip(result.keypoints, result.box_scores, strict=True)
    ]


def false_people(folders: list[Path]) -> Iterator[Row]:
    paths = [path for folder in folders for path in sorted(folder.glob("*.jpg"))]
    for mode in BARS if paths else ():
        with posehub.open_backend("movenet", mode=mode, device="cpu") as backend:
            found = sum(len(backend.detect(path)) for path in paths)
        what = f"false people in {len(paths)} images, {mode}"
        yield at_most(what, found, MOST_FALSE, "people")


def against_blazepose(paths: list[Path], rounds: int = 3) -> Iterator[Row]:
    pixels = [posehub.load_image(path).pixels() for path in paths]
    with (
        posehub.open_backend("blazepose", mode="balanced") as blazepose,
        posehub.open_backend("movenet", mode="fast", device="cpu") as fast,
        posehub.open_backend("movenet", mode="balanced", device="cpu") as balanced,
    ):
        spent = {"blazepose": 0.0, "fast": 0.0, "balanced": 0.0}
        for each in pixels:
            ways = [partial(backend.detect, each) for backend in (blazepose, fast, balanced)]
            for name, taken in zip(spent, interleaved(ways, rounds, min), strict=True):
                spent[name] += taken
    count = f"{len(paths)} images"
    for name, bar in (("fast", 0.6), ("balanced", 1.4)):
        what = f"{name}, time against BlazePose balanced, {count}"
        yield at_most(what, spent[name] / spent["blazepose"], bar)
        yield at_most(
            f"{name}, an image",
            1000 * spent[name] / len(paths),
            1000 * bar * spent["blazepose"] / len(paths),
            "ms",
        )


@attrs.frozen(eq=False)
class Recorder:
    """A session that remembers what it was given."""

    session: Any
    feeds: list[Any] = attrs.field(factory=list)

    @property
    def outputs(self) -> Any:
        return self.session.outputs

    def run(self, feeds: Any, outputs: Any = None) -> Any:
        self.feeds.append((feeds, outputs))
        return self.session.run(feeds, outputs)

    def again(self) -> None:
        for feeds, outputs in self.feeds:
            self.session.run(feeds, outputs)


def overhead(paths: list[Path], rounds: int = 3) -> Iterator[Row]:
    for mode in BARS:
        backend = MoveNetBackend(MoveNetOptions(mode=mode, device="cpu"))
        networks = backend._networks
        assert networks is not None, "it is open"
        whole = bare = 0.0
        for path in paths[:8] if mode == "thorough" else paths:
            pixels = posehub.load_image(path).pixels()
            detector, poses = Recorder(networks.detector), Recorder(networks.poses)
            backend._networks = attrs.evolve(networks, detector=detector, poses=poses)
            backend.detect(pixels)
            backend._networks = networks

            def again() -> None:
                detector.again()  # noqa: B023  # called here
                poses.again()  # noqa: B023

            one, other = interleaved([lambda: backend.detect(pixels), again], rounds, min)  # noqa: B023
            whole, bare = whole + one, bare + other
        backend.close()
        yield at_most(f"time over the bare networks, {mode}", whole / bare, 1.15)


def workers(paths: list[Path], rounds: int = 5) -> Iterator[Row]:
    # best rounds, not medians: on two cores, other load takes the second worker's share
    for mode in ("fast", "balanced"):
        with posehub.open_backend("movenet", mode=mode, device="cpu") as backend:
            work = paths[:12] if len(paths) > len(PEOPLE) else paths * 4
            ways: list[Callable[[], object]] = [
                lambda: list(backend.detect_many(work)),  # noqa: B023  # called here
                lambda: list(backend.detect_many(work, workers=2)),  # noqa: B023
            ]
            one, two = interleaved(ways, rounds, min)
        yield at_least(f"detect_many(workers=2) against one worker, {mode}", one / two, 1.7)


def memory(paths: list[Path]) -> Iterator[Row]:
    for mode in BARS:
        measured = child("memory", mode, *paths)
        yield at_most(f"resident memory in steady state, {mode}", measured["bytes"] / MB, 400, "MB")


def start(rounds: int = 7) -> Iterator[Row]:
    inside = [child("start", "balanced", PEOPLE[0])["seconds"] for _ in range(rounds)]
    yield at_most("open_backend to first result, balanced", statistics.median(inside), 0.7, "s")


def child(what: str, mode: str, *paths: Path) -> dict[str, Any]:
    script = str(Path(__file__).with_name("_local_child.py"))
    command = [sys.executable, script, what, "movenet", mode, *map(str, paths)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def interleaved(
    ways: list[Callable[[], object]], rounds: int, typical: Callable[[list[float]], float]
) -> list[float]:
    """Return the typical seconds of each way, run in turns after one round to warm up."""
    taken: list[list[float]] = [[] for _ in ways]
    for way in ways:
        way()
    for _ in range(rounds):
        for times, way in zip(taken, ways, strict=True):
            began = time.perf_counter()
            way()
            times.append(time.perf_counter() - began)
    return [typical(times) for times in taken]


if __name__ == "__main__":
    main()
