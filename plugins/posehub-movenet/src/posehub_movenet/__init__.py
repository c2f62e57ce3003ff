"""MoveNet on this machine as a posehub backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posehub import BackendInfo, Capabilities, hookimpl
from posehub_movenet.options import MoveNetOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from posehub import Backend, ModelFile


def _open(options: MoveNetOptions) -> Backend:
    # numpy, Pillow and onnxruntime are imported only when the backend is opened
    from posehub_movenet.backend import MoveNetBackend

    return MoveNetBackend(options)


def _models(_options: MoveNetOptions) -> Sequence[ModelFile]:
    from posehub_movenet.models import DETECTOR, POSES

    return DETECTOR, POSES


INFO = BackendInfo(
    name="movenet",
    summary="MoveNet, 17 keypoints of COCO, several people (this machine)",
    skeleton="coco17",
    factory=_open,
    options=MoveNetOptions,
    capabilities=Capabilities(workers=2, takes_boxes=True),
    models=_models,
)


@hookimpl
def posehub_register_backends() -> Iterable[BackendInfo]:
    """Register the backend `movenet`."""
    return [INFO]
