"""posehub: one interface over human-pose backends, in the cloud or on the machine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posehub.backends.base import Backend as Backend
    from posehub.backends.info import BackendInfo as BackendInfo
    from posehub.backends.info import Capabilities as Capabilities
    from posehub.backends.info import Price as Price
    from posehub.backends.model_files import ModelFile as ModelFile
    from posehub.backends.options import ServiceOptions as ServiceOptions
    from posehub.backends.options import option as option
    from posehub.backends.spec import BackendSpec as BackendSpec
    from posehub.drawing import draw as draw
    from posehub.drawing import draw_frame as draw_frame
    from posehub.drawing import draw_svg as draw_svg
    from posehub.drawing import save_drawing as save_drawing
    from posehub.errors import PosehubError as PosehubError
    from posehub.evaluation.evaluation import evaluate as evaluate
    from posehub.formats import read as read
    from posehub.formats import write as write
    from posehub.formats.frame import from_dataframe as from_dataframe
    from posehub.formats.frame import to_dataframe as to_dataframe
    from posehub.formats.supervision import from_supervision as from_supervision
    from posehub.formats.supervision import to_supervision as to_supervision
    from posehub.images.image import Image as Image
    from posehub.images.loading import ImageSource as ImageSource
    from posehub.images.loading import load_image as load_image
    from posehub.plugins.hookspecs import hookimpl as hookimpl
    from posehub.plugins.opening import detect as detect
    from posehub.plugins.opening import open_backend as open_backend
    from posehub.plugins.registry import list_backends as list_backends
    from posehub.poses.catalogue import get_skeleton as get_skeleton
    from posehub.poses.conversion import Conversion as Conversion
    from posehub.poses.conversion import conversion as conversion
    from posehub.poses.format import Format as Format
    from posehub.poses.person import Box as Box
    from posehub.poses.person import Keypoint as Keypoint
    from posehub.poses.person import Person as Person
    from posehub.poses.record import Record as Record
    from posehub.poses.result import PoseResult as PoseResult
    from posehub.poses.skeleton import Skeleton as Skeleton
    from posehub.poses.transforms import concatenate as concatenate
    from posehub.recording.record import record as record

__version__ = "0.1.0"

_HOMES = {
    "Backend": "backends.base",
    "BackendInfo": "backends.info",
    "BackendSpec": "backends.spec",
    "Box": "poses.person",
    "Capabilities": "backends.info",
    "Conversion": "poses.conversion",
    "Format": "poses.format",
    "Image": "images.image",
    "ImageSource": "images.loading",
    "Keypoint": "poses.person",
    "ModelFile": "backends.model_files",
    "Person": "poses.person",
    "PoseResult": "poses.result",
    "PosehubError": "errors",
    "Price": "backends.info",
    "Record": "poses.record",
    "ServiceOptions": "backends.options",
    "Skeleton": "poses.skeleton",
    "concatenate": "poses.transforms",
    "conversion": "poses.conversion",
    "detect": "plugins.opening",
    "draw": "drawing",
    "draw_frame": "drawing",
    "draw_svg": "drawing",
    "evaluate": "evaluation.evaluation",
    "from_dataframe": "formats.frame",
    "from_supervision": "formats.supervision",
    "get_skeleton": "poses.catalogue",
    "hookimpl": "plugins.hookspecs",
    "list_backends": "plugins.registry",
    "load_image": "images.loading",
    "open_backend": "plugins.opening",
    "option": "backends.options",
    "read": "formats",
    "record": "recording.record",
    "save_drawing": "drawing",
    "to_dataframe": "formats.frame",
    "to_supervision": "formats.supervision",
    "write": "formats",
}
_SUBMODULES = ("errors",)

__all__ = sorted([*_HOMES, *_SUBMODULES])  # noqa: PLE0605  # computed, so that it cannot drift


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import posehub` costs nothing."""
    if name in _HOMES:
        import_module("posehub.plugins")  # lets the catalogue of skeletons find those of plugins
        value = getattr(import_module(f"posehub.{_HOMES[name]}"), name)
    elif name in _SUBMODULES:
        value = import_module(f"posehub.{name}")
    else:
        raise AttributeError(f"module 'posehub' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
