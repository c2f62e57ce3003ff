"""Measures cassettes and the testing kit: `python bench/cassettes.py --out DIR`."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path

import attrs
import vcr
from _service import Service
from _table import Row, at_least, at_most, report
from PIL import Image as PILImage

import posehub
from posehub.recording.cassette import read_cassette, write_cassette
from posehub_baidu.testing import BEARER_KEY, BaiduStub

KEYS = BaiduStub.keys


def jpeg(number: int, size: int) -> bytes:
    """Return a small JPEG whose file is made `size` bytes long by random comments."""
    buffer = BytesIO()
    PILImage.new("RGB", (64, 64), (number % 256, number // 256, 0)).save(buffer, "JPEG")
    data = buffer.getvalue()
    filler = bytearray()
    while len(filler) < size - len(data):
        part = os.urandom(min(60_000, size - len(data)))
        filler += b"\xff\xfe" + (len(part) + 2).to_bytes(2, "big") + part
    return data[:2] + bytes(filler) + data[2:]


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def against_vcrpy(folder: Path) -> Iterable[Row]:
    """Measure one replay out of 50 images of 200 KB, and the file, against vcrpy by body."""
    images = [jpeg(number, 200_000) for number in range(50)]
    theirs, ours = folder / "vcrpy.yaml", folder / "posehub.yaml"
    matching = vcr.VCR(match_on=["method", "uri", "body"], filter_headers=["authorization"])
    service = Service(inspect=True)
    options = {"endpoint": service.url, "bearer_key": BEARER_KEY}
    with (
        matching.use_cassette(str(theirs), record_mode=vcr.mode.ONCE),
        posehub.open_backend("baidu", **options) as backend,
    ):
        for image in images:
            backend.detect(image)
    with posehub.record("baidu", cassette=ours, **options) as backend:
        for image in images:
            backend.detect(image)
    service.stop()
    last = images[-1]
    with (
        matching.use_cassette(str(theirs), record_mode=vcr.mode.NONE, allow_playback_repeats=True),
        posehub.open_backend("baidu", **options) as backend,
    ):
        slow = statistics.median(seconds(lambda: backend.detect(last)) for _ in range(5))
    with posehub.open_backend("replay", cassette=ours) as backend:
        fast = statistics.median(seconds(lambda: backend.detect(last)) for _ in range(200))
    yield at_least("one replay out of 50 x 200 KB, against vcrpy by body", slow / fast, 100)
    share = ours.stat().st_size / theirs.stat().st_size * 100
    yield at_most("size of that cassette, against vcrpy's", share, 1, "%")


def recording(folder: Path) -> Iterable[Row]:
    """Measure 500 requests of 200 KB, recorded and not recorded, in turns."""
    images = [jpeg(number, 200_000) for number in range(500)]
    service = Service(inspect=False)
    options = {"endpoint": service.url, "bearer_key": BEARER_KEY}
    cassette = folder / "recorded.yaml"

    def plainly() -> None:
        with posehub.open_backend("baidu", **options) as backend:
            for image in images:
                backend.detect(image)

    def recorded() -> None:
        with posehub.record("baidu", cassette=cassette, mode="all", **options) as backend:
            for image in images:
                backend.detect(image)

    plainly()
    ratios = [seconds(recorded) / seconds(plainly) for _ in range(3)]
    service.stop()
    yield at_most("recording 500 requests, against not recording", statistics.median(ratios), 1.3)
    megabytes = cassette.stat().st_size / 1e6
    yield at_most("cassette of 500 uploads of 200 KB", megabytes, 2, "MB")


def large_cassette(folder: Path) -> Iterable[Row]:
    """Measure opening and playing a cassette of 5,000 interactions, and its memory."""
    small, large = folder / "small.yaml", folder / "large.yaml"
    file = jpeg(0, 20_000)
    digest = posehub.load_image(file).digest
    with (
        BaiduStub() as stub,
        posehub.record("baidu", cassette=small, endpoint=stub.url, **KEYS) as backend,
    ):
        backend.detect(file)
    (entry,) = read_cassette(small)
    others = [
        attrs.evolve(entry, body=entry.body.replace(digest[-8:].encode(), b"%08d" % n))
        for n in range(4_999)
    ]
    write_cassette(large, [*others, entry])
    opening, growth = fresh_process(
        f"backend = posehub.open_backend('replay', cassette={str(large)!r})"
    )
    yield at_most("opening a cassette of 5,000 interactions", opening, 3, "s")
    yield at_most("memory of that cassette, against the file", growth / large.stat().st_size, 3)
    with posehub.open_backend("replay", cassette=large) as backend:
        request = statistics.median(seconds(lambda: backend.detect(file)) for _ in range(300))
    yield at_most("one replayed request", request * 1000, 1, "ms")


def fresh_process(statement: str) -> tuple[float, float]:
    """Return the seconds a statement takes in a new Python, and the bytes of memory it adds."""
    code = (
        "import gc, psutil, time, posehub, posehub_replay.backend, posehub_baidu.backend\n"
        "memory = psutil.Process().memory_info\n"
        "posehub.list_backends(); before = memory().rss; start = time.perf_counter()\n"
        f"{statement}\n"
        "taken = time.perf_counter() - start; gc.collect()\n"
        "print(taken, memory().rss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    taken, growth = done.stdout.split()
    return float(taken), float(growth)


def pytest_plugin(folder: Path) -> Iterable[Row]:
    """Measure 200 tests that use pose_backend against 200 that open the cassette, in turns."""
    project = folder / "project"
    project.mkdir()
    image = project / "image.jpg"
    image.write_bytes(jpeg(0, 20_000))
    with (
        BaiduStub() as stub,
        posehub.record("baidu", cassette=project / "c.yaml", endpoint=stub.url, **KEYS) as backend,
    ):
        backend.detect(image)
    head = "import posehub, pytest\n\n@pytest.mark.parametrize('n', range(200))\n"
    (project / "test_plugin.py").write_text(
        head + "@pytest.mark.pose_backend('baidu', cassette='c.yaml')\n"
        "def test(n, pose_backend):\n    pose_backend.detect('image.jpg')\n"
    )
    (project / "test_direct.py").write_text(
        head + "def test(n):\n"
        "    with posehub.open_backend('replay', cassette='c.yaml') as backend:\n"
        "        backend.detect('image.jpg')\n"
    )

    def run(*arguments: str) -> float:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        return seconds(lambda: subprocess.run(command, cwd=project, capture_output=True))

    extra = [(run("test_plugin.py") - run("test_direct.py")) / 200 * 1000 for _ in range(5)]
    yield at_most("a test with pose_backend, over replay itself", statistics.median(extra), 2, "ms")
    empty = folder / "empty"
    empty.mkdir()
    without = ["-p", "no:posehub"]
    collect = ["--collect-only", str(empty)]
    slower = [(run(*collect) - run(*without, *collect)) * 1000 for _ in range(9)]
    yield at_most(
        "collecting an empty project, over no plugin", statistics.median(slower), 50, "ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for cassettes.json")
    out = parser.parse_args().out
    rows: list[Row] = []
    for measure in (against_vcrpy, recording, large_cassette, pytest_plugin):
        with tempfile.TemporaryDirectory() as folder:
            rows += measure(Path(folder))
    report("Cassettes and the testing kit", rows, out / "cassettes.json")


if __name__ == "__main__":
    main()
