"""The figures that concern BlazePose:

    python bench/blazepose.py --out DIR [--eval DIR_WITH_COCO4] [--mediapipe-python PATH]

MediaPipe runs in an environment of its own, made under .cache if none is given. Two ways that are
compared run in turns and medians are used, so that other load on the machine affects both alike.
--eval is a folder of labelled images with COCO's person_keypoints.json; without it there is no AP.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from _coco import Person, average_precision, images
from _mediapipe import MediaPipe, environment
from _table import Row, at_least, at_most, report
from PIL import Image

import posehub
from posehub.poses.skeletons import BLAZEPOSE33, COCO17

ROOT = Path(__file__).parent.parent
PLUGIN_IMAGES = ROOT / "plugins" / "posehub-blazepose" / "tests" / "images"
PEOPLE = [
    ROOT / "examples" / "astronaut.jpg",
    PLUGIN_IMAGES / "camera.jpg",
    PLUGIN_IMAGES / "grace_hopper.jpg",
]
WITHOUT_PEOPLE = """
    binary_blobs brick cat cell checkerboard clock coffee coins colorwheel grass gravel horse
    hubble_deep_field immunohistochemistry logo microaneurysms moon page retina rocket
    shepp_logan_phantom text
""".split()  # noqa: SIM905  # a list of as many quoted words is no easier to read
MODES = ("fast", "balanced", "thorough")
FROM_MEDIAPIPE = 0.5
"""posehub's coordinates minus MediaPipe's, whose pixel i is at i."""
MB = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for blazepose.json")
    parser.add_argument("--eval", type=Path, help="folder of labelled images, for AP")
    parser.add_argument("--mediapipe-python", type=Path, help="a Python that has mediapipe")
    given = parser.parse_args()
    if given.eval is None:
        print("AP skipped: no --eval.", file=sys.stderr)
    labelled = [] if given.eval is None else images(given.eval)
    rows: list[Row] = []
    python = environment(given.mediapipe_python)
    if python is not None:
        with MediaPipe(python) as mediapipe:
            rows += against_mediapipe(mediapipe, PEOPLE + labelled)
            if given.eval is not None:
                rows += precision(given.eval, mediapipe)
    elif given.eval is not None:
        rows += precision(given.eval, None)
    rows += balanced_against_fast(PEOPLE + labelled)
    rows += false_people()
    rows += workers(PEOPLE + labelled)
    rows += memory(PEOPLE + labelled)
    rows += start()
    report("BlazePose", rows, given.out / "blazepose.json")


def decode(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def torso(points: np.ndarray) -> float:
    """Return the distance between the midpoints of shoulders and hips, in pixels."""
    where = BLAZEPOSE33.index
    shoulders = points[[where("left_shoulder"), where("right_shoulder")]].mean(axis=0)
    hips = points[[where("left_hip"), where("right_hip")]].mean(axis=0)
    return float(np.linalg.norm(shoulders - hips))


def against_mediapipe(mediapipe: MediaPipe, paths: list[Path], rounds: int = 15) -> Iterator[Row]:
    ours, theirs, distances = [], [], []
    with posehub.open_backend("blazepose", mode="fast") as backend:
        for path in paths:
            pixels = decode(path)
            mediapipe.detect(path)
            result = backend.detect(pixels)
            one, other = [], []
            for _ in range(rounds):
                found = mediapipe.detect(path)
                other.append(found["seconds"])
                one.append(seconds(lambda: backend.detect(pixels)))  # noqa: B023  # called here
            ours.append(statistics.median(one))
            theirs.append(statistics.median(other))
            if found["person"] and len(result):
                points = np.array(found["person"]["points"]) + FROM_MEDIAPIPE
                apart = np.linalg.norm(result.keypoints - points, axis=2).mean(axis=1) / torso(
                    points
                )
                # the nearest person is the same one, unless all are far away
                if apart.min() < 1:
                    distances.append(float(apart.min()))
    yield at_most("fast, time against MediaPipe", sum(ours) / sum(theirs), 1.0)
    yield at_most(
        "fast, an image", 1000 * statistics.mean(ours), 1000 * statistics.mean(theirs), "ms"
    )
    count = f"{len(distances)} people"
    yield at_most(
        f"points from MediaPipe's, mean of {count}", statistics.mean(distances), 0.02, "torso"
    )
    yield at_most(f"points from MediaPipe's, worst of {count}", max(distances), 0.02, "torso")


def precision(folder: Path, mediapipe: MediaPipe | None) -> Iterator[Row]:
    bars = {"fast": 0.0, "balanced": 0.50, "thorough": 0.55}
    if mediapipe is not None:
        # MediaPipe gives no score of a person: the mean visibility or none, whichever is better
        theirs = max(
            average_precision(folder, lambda path: mediapipes_person(mediapipe, path, scored))  # noqa: B023  # called here
            for scored in (True, False)
        )
        bars["fast"] = theirs
        yield at_least("COCO AP, MediaPipe", theirs, 0.0, "AP")
    for mode, bar in bars.items():
        with posehub.open_backend("blazepose", mode=mode) as backend:
            measured = average_precision(folder, lambda path: people(backend, path))
        yield at_least(f"COCO AP, {mode}", measured, bar, "AP")


def people(backend: posehub.Backend, path: Path) -> list[Person]:
    result = backend.detect(path).to("coco17")
    return [
        (person, float(score))
        for person, score in zip(result.keypoints, result.box_scores, strict=True)
    ]


def mediapipes_person(mediapipe: MediaPipe, path: Path, scored: bool) -> list[Person]:
    """Return MediaPipe's person, with the mean visibility of the points as score, or with 1."""
    person = mediapipe.detect(path)["person"]
    if person is None:
        return []
    chosen = [BLAZEPOSE33.index(name) for name in COCO17.keypoints]
    visibility = np.array(person["visibility"])[chosen]
    points = np.array(person["points"])[chosen] + FROM_MEDIAPIPE
    return [(points, float(visibility.mean()) if scored else 1.0)]


def balanced_against_fast(paths: list[Path], rounds: int = 9) -> Iterator[Row]:
    size = (640, 480)
    scenes = [np.asarray(Image.fromarray(decode(path)).resize(size)) for path in paths]
    scenes += [crowd(size), np.asarray(Image.fromarray(skimage.data.coffee()).resize(size))]
    ratios = []
    with (
        posehub.open_backend("blazepose", mode="fast") as fast,
        posehub.open_backend("blazepose", mode="balanced") as balanced,
    ):
        for pixels in scenes:
            ways: list[Callable[[], object]] = [
                lambda: fast.detect(pixels),  # noqa: B023  # called here
                lambda: balanced.detect(pixels),  # noqa: B023
            ]
            one, other = interleaved(ways, rounds)
            ratios.append(other / one)
    count = f"{len(ratios)} images of 640 x 480"
    yield at_most(f"balanced, time against fast, median of {count}", statistics.median(ratios), 8)
    yield at_most(f"balanced, time against fast, worst of {count}", max(ratios), 8)


def crowd(size: tuple[int, int]) -> np.ndarray:
    """Return a grey image of `size` (width, height) with eight people in two rows."""
    scene = Image.new("RGB", size, (120, 130, 120))
    person = Image.fromarray(decode(PEOPLE[0])).resize((size[0] // 4, size[0] // 4))
    for number in range(8):
        scene.paste(person, (number % 4 * size[0] // 4, number // 4 * size[1] // 2 + 40))
    return np.asarray(scene)


def false_people() -> Iterator[Row]:
    for mode in MODES:
        found = 0
        with posehub.open_backend("blazepose", mode=mode) as backend:
            for name in WITHOUT_PEOPLE:
                found += len(backend.detect(as_rgb(getattr(skimage.data, name)())))
        what = f"false people in {len(WITHOUT_PEOPLE)} images, {mode}"
        yield at_most(what, found, 0, "people")


def as_rgb(pixels: np.ndarray) -> np.ndarray:
    """Return any of scikit-image's images as uint8 RGB."""
    if pixels.dtype == bool:
        pixels = pixels * np.uint8(255)
    elif pixels.dtype != np.uint8:
        pixels = np.rint(255 * (pixels - pixels.min()) / np.ptp(pixels)).astype(np.uint8)
    return np.asarray(Image.fromarray(pixels).convert("RGB"))


def workers(paths: list[Path], rounds: int = 7) -> Iterator[Row]:
    # best rounds, not medians: on two cores, other load takes the second worker's share
    for mode, repeats in (("fast", 12), ("balanced", 4)):
        with posehub.open_backend("blazepose", mode=mode, threads=1) as backend:
            work = paths * repeats
            ways: list[Callable[[], object]] = [
                lambda: list(backend.detect_many(work)),  # noqa: B023  # called here
                lambda: list(backend.detect_many(work, workers=2)),  # noqa: B023
            ]
            one, two = interleaved(ways, rounds, min)
        yield at_least(f"detect_many(workers=2) against one worker, {mode}", one / two, 1.7)


def memory(paths: list[Path]) -> Iterator[Row]:
    for mode in MODES:
        measured = child("memory", mode, *paths)
        yield at_most(f"resident memory in steady state, {mode}", measured["bytes"] / MB, 350, "MB")


def start(rounds: int = 7) -> Iterator[Row]:
    inside, whole = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        inside.append(child("start", "balanced", PEOPLE[0])["seconds"])
        whole.append(time.perf_counter() - began)
    yield at_most("open_backend to first result, balanced", statistics.median(inside), 1, "s")
    yield at_most("start of Python to its end after one result", statistics.median(whole), 1, "s")


def child(what: str, mode: str, *paths: Path) -> dict[str, Any]:
    script = str(Path(__file__).with_name("_local_child.py"))
    command = [sys.executable, script, what, "blazepose", mode, *map(str, paths)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def interleaved(
    ways: list[Callable[[], object]],
    rounds: int,
    typical: Callable[[list[float]], float] = statistics.median,
) -> list[float]:
    """Return the typical seconds of each way, run in turns after one round to warm up."""
    taken: list[list[float]] = [[] for _ in ways]
    for way in ways:
        way()
    for _ in range(rounds):
        for times, way in zip(taken, ways, strict=True):
            times.append(seconds(way))
    return [typical(times) for times in taken]


def seconds(way: Callable[[], object]) -> float:
    began = time.perf_counter()
    way()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
