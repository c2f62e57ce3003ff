"""The model files of BlazePose: the two networks of MediaPipe's pose solution."""

from __future__ import annotations

from posehub import ModelFile
from posehub.local.wheels import WheelMember

_VERSION = "0.10.21"
"""The last release of mediapipe whose wheels hold the networks; Apache-2.0."""


def _member(path: str, sha256: str, size: int) -> ModelFile:
    tags = ("311", "cp311", "manylinux_2_28_x86_64")
    return ModelFile(
        name=path.rpartition("/")[2],
        folder=f"mediapipe-{_VERSION}",
        sha256=sha256,
        size=size,
        licence="Apache-2.0",
        sources=(WheelMember("mediapipe", _VERSION, path, tags),),
    )


DETECTOR = _member(
    "mediapipe/modules/pose_detection/pose_detection.tflite",
    "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    2_959_046,
)
LANDMARKS = _member(
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    6_440_512,
)
