"""What must be measured in a fresh process of its own; prints one JSON object.

python bench/_blazepose_child.py start MODE PICTURE     seconds to the first result
python bench/_blazepose_child.py memory MODE PICTURE... resident bytes in steady state
"""

from __future__ import annotations

import json
import sys
import time


def start(mode: str, picture: str) -> dict[str, float]:
    import posehub

    began = time.perf_counter()
    with posehub.open_backend("blazepose", mode=mode) as backend:
        backend.detect(picture)
        return {"seconds": time.perf_counter() - began}


def memory(mode: str, paths: list[str]) -> dict[str, float]:
    import psutil
    from PIL import Image

    import posehub

    # from a thumbnail to full HD, upright and lying
    sizes = [(320, 240), (640, 480), (480, 640), (1280, 720), (1080, 1920), (1920, 1080), (97, 333)]
    process = psutil.Process()
    resident = []
    with posehub.open_backend("blazepose", mode=mode) as backend:
        for path in paths:
            with Image.open(path) as picture:
                for size in sizes:
                    backend.detect(picture.convert("RGB").resize(size))
                    resident.append(process.memory_info().rss)
    # the first half warms up: every network has been made and every size been seen
    return {"bytes": max(resident[len(resident) // 2 :])}


if __name__ == "__main__":
    what, mode, *pictures = sys.argv[1:]
    answer = start(mode, *pictures) if what == "start" else memory(mode, pictures)
    print(json.dumps(answer))
