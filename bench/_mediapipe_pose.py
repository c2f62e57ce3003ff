"""Run MediaPipe's own pose graph; for an environment of its own with mediapipe==0.10.21.

    python bench/_mediapipe_pose.py IMAGE...        reference points, as JSON on stdout
    python bench/_mediapipe_pose.py --serve         one line per image; see `serve`

Static image mode, model complexity 1, thresholds of 0.5. For the reference every image is also
rotated and mirrored, which changes no pixel value, so a few images cover every direction.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import mediapipe as mp
import numpy as np
from PIL import Image

VARIANTS = {
    "upright": lambda pixels: pixels,
    "mirrored": lambda pixels: pixels[:, ::-1],
    "turned_90": lambda pixels: np.rot90(pixels, 1),
    "turned_180": lambda pixels: np.rot90(pixels, 2),
    "turned_270": lambda pixels: np.rot90(pixels, 3),
}


def open_pose() -> Any:
    return mp.solutions.pose.Pose(static_image_mode=True, model_complexity=1)


def decode(path: str) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def person(found: Any, pixels: np.ndarray) -> dict[str, Any] | None:
    """Return MediaPipe's person: points in pixels, visibilities, world points in metres.

    The points are MediaPipe's coordinates times the image's size. Pixel i is at i, because
    MediaPipe samples images with OpenCV; posehub's coordinates are 0.5 more.
    """
    if found.pose_landmarks is None:
        return None
    height, width = pixels.shape[:2]
    points = found.pose_landmarks.landmark
    world = found.pose_world_landmarks.landmark
    return {
        "points": [[round(p.x * width, 3), round(p.y * height, 3)] for p in points],
        "visibility": [round(p.visibility, 4) for p in points],
        "world": [[round(value, 4) for value in (p.x, p.y, p.z)] for p in world],
    }


def serve() -> None:
    """Read paths of images, one per line; print the seconds `process` took, and its person."""
    pose = open_pose()
    for line in sys.stdin:
        pixels = decode(line.strip())
        start = time.perf_counter()
        found = pose.process(pixels)
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "person": person(found, pixels)}), flush=True)


def reference(paths: list[str]) -> None:
    pose = open_pose()
    images: dict[str, dict[str, Any]] = {}
    for path in paths:
        images[Path(path).name] = found = {}
        for name, vary in VARIANTS.items():
            pixels = np.ascontiguousarray(vary(decode(path)))
            found[name] = person(pose.process(pixels), pixels)
    print(json.dumps({"mediapipe": mp.__version__, "images": images}))


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        reference(sys.argv[1:])
