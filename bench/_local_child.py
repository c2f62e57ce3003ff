"""Measurements that need a new process; prints one JSON object.

python bench/_local_child.py start BACKEND MODE IMAGE     seconds to the first result
python bench/_local_child.py memory BACKEND MODE IMAGE... resident bytes in steady state
"""

from __future__ import annotations

import json
import sys
import time


def start(name: str, mode: str, path: str) -> dict[str, float]:
    import posehub

    began = time.perf_counter()
    with posehub.open_backend(name, mode=mode) as backend:
        backend.detect(path)
        return {"seconds": time.perf_counter() - began}


def memory(name: str, mode: str, paths: list[str]) -> dict[str, float]:
    import psutil
    from PIL import Image

    import posehub

    # from a thumbnail to full HD, portrait and landscape
    sizes = [(320, 240), (640, 480), (480, 640), (1280, 720), (1080, 1920), (1920, 1080), (97, 333)]
    process = psutil.Process()
    resident = []
    with posehub.open_backend(name, mode=mode) as backend:
        for path in paths:
            with Image.open(path) as image:
                for size in sizes:
                    backend.detect(image.convert("RGB").resize(size))
                    resident.append(process.memory_info().rss)
    # the first half warms up: afterwards every network exists and every size has occurred
    return {"bytes": max(resident[len(resident) // 2 :])}


if __name__ == "__main__":
    what, name, mode, *paths = sys.argv[1:]
    found = start(name, mode, *paths) if what == "start" else memory(name, mode, paths)
    print(json.dumps(found))
