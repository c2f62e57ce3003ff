"""BlazePose on this machine as a posehub backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posehub import BackendInfo, Capabilities, hookimpl
from posehub.local.models import WheelModels
from posehub_blazepose.options import BlazePoseOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from posehub import Backend

DETECTOR = "mediapipe/modules/pose_detection/pose_detection.tflite"
LANDMARKS = "mediapipe/modules/pose_landmark/pose_landmark_full.tflite"

MODELS = WheelModels(
    name="blazepose",
    package="mediapipe",
    # the last release whose wheels hold the networks; Apache-2.0
    version="0.10.21",
    files={
        DETECTOR: "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        LANDMARKS: "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    },
    tags=("311", "cp311", "manylinux_2_28_x86_64"),
)


def _open(options: BlazePoseOptions) -> Backend:
    # numpy, Pillow and LiteRT are imported only by who detects
    from posehub_blazepose.backend import BlazePoseBackend

    return BlazePoseBackend(options)


INFO = BackendInfo(
    name="blazepose",
    summary="BlazePose, 33 keypoints in 2D and 3D, several people (this machine)",
    skeleton="blazepose33",
    factory=_open,
    options=BlazePoseOptions,
    # two, so that one picture is decoded while another is looked at
    capabilities=Capabilities(max_batch=2),
    models=lambda options: (),
)


@hookimpl
def posehub_register_backends() -> Iterable[BackendInfo]:
    """Register the backend `blazepose`."""
    return [INFO]
