"""What the result cache adds to a call: `python bench/cache.py --out DIR`.

Images of 200 KB that are not stored yet, three people each, through the cache and without it,
alternating in one run.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from _table import at_most, report
from PIL import Image as PILImage

import posehub
from posehub.testing import fake_backend

IMAGES = 400


def images(count: int) -> list[bytes]:
    """Return JPEG files of about 200 KB that differ in their comment only."""
    noise = np.random.default_rng(0).integers(0, 255, (440, 600, 3), np.uint8)
    files = []
    for number in range(count):
        buffer = io.BytesIO()
        PILImage.fromarray(noise).save(buffer, "JPEG", quality=75, comment=str(number).encode())
        files.append(buffer.getvalue())
    return files


def seconds_of(backend: posehub.Backend, image: bytes) -> float:
    start = time.perf_counter()
    backend.detect(image)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for cache.json")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder, fake_backend(3, name="fake"):
        path = Path(folder) / "results.db"
        with (
            posehub.open_backend("fake") as plain,
            posehub.open_backend("fake", cache=path) as kept,
        ):
            files = images(IMAGES)
            seconds_of(plain, files[0])
            without = [seconds_of(plain, file) for file in files]
            new = [seconds_of(kept, file) for file in files]
            stored = [seconds_of(kept, file) for file in files]
    added = (statistics.median(new) - statistics.median(without)) * 1000
    found = (statistics.median(stored) - statistics.median(without)) * 1000
    rows = [
        at_most("an image that is not stored yet, over not caching", added, 0.3, "ms"),
        at_most("an image that is stored, over a backend of 0 ms", found, 0.3, "ms"),
    ]
    report("Result cache", rows, out / "cache.json")


if __name__ == "__main__":
    main()
