"""BlazePose on this machine as a posehub backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posehub import BackendInfo, Capabilities, hookimpl
from posehub_blazepose.options import BlazePoseOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from posehub import Backend, ModelFile


def _open(options: BlazePoseOptions) -> Backend:
    # numpy, Pillow and LiteRT are imported only when the backend is opened
    from posehub_blazepose.backend import BlazePoseBackend

    return BlazePoseBackend(options)


def _models(_options: BlazePoseOptions) -> Sequence[ModelFile]:
    from posehub_blazepose.models import DETECTOR, LANDMARKS

    return DETECTOR, LANDMARKS


INFO = BackendInfo(
    name="blazepose",
    summary="BlazePose, 33 keypoints in 2D and 3D, several people (this machine)",
    skeleton="blazepose33",
    factory=_open,
    options=BlazePoseOptions,
    # batches of two, so that one image is decoded while the networks run on another
    capabilities=Capabilities(max_batch=2, workers=2),
    models=_models,
)


@hookimpl
def posehub_register_backends() -> Iterable[BackendInfo]:
    """Register the backend `blazepose`."""
    return [INFO]
