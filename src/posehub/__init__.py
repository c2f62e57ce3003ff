"""posehub: one interface over human-pose backends, in the cloud or on the machine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posehub.backend import Backend as Backend
    from posehub.backend import BackendInfo as BackendInfo
    from posehub.backend import Capabilities as Capabilities
    from posehub.backend import Price as Price
    from posehub.backend import ReplyFormat as ReplyFormat
    from posehub.client import detect as detect
    from posehub.client import open_backend as open_backend
    from posehub.client import record as record
    from posehub.conversions import Conversion as Conversion
    from posehub.conversions import conversion as conversion
    from posehub.drawing import draw as draw
    from posehub.drawing import draw_frame as draw_frame
    from posehub.drawing import draw_svg as draw_svg
    from posehub.drawing import save_drawing as save_drawing
    from posehub.errors import PosehubError as PosehubError
    from posehub.formats import read as read
    from posehub.formats import write as write
    from posehub.formats.frame import from_dataframe as from_dataframe
    from posehub.formats.frame import to_dataframe as to_dataframe
    from posehub.formats.record import Record as Record
    from posehub.formats.supervision import from_supervision as from_supervision
    from posehub.formats.supervision import to_supervision as to_supervision
    from posehub.hookspecs import hookimpl as hookimpl
    from posehub.image import Image as Image
    from posehub.image import load_image as load_image
    from posehub.measuring.evaluation import evaluate as evaluate
    from posehub.model import PoseResult as PoseResult
    from posehub.operations import concatenate as concatenate
    from posehub.options import ServiceOptions as ServiceOptions
    from posehub.options import option as option
    from posehub.person import Box as Box
    from posehub.person import Keypoint as Keypoint
    from posehub.person import Person as Person
    from posehub.registry import get_skeleton as get_skeleton
    from posehub.registry import list_backends as list_backends
    from posehub.skeleton import Skeleton as Skeleton

__version__ = "0.1.0"

_HOMES = {
    "Backend": "backend",
    "BackendInfo": "backend",
    "Box": "person",
    "Capabilities": "backend",
    "Conversion": "conversions",
    "Image": "image",
    "Keypoint": "person",
    "Person": "person",
    "PoseResult": "model",
    "PosehubError": "errors",
    "Price": "backend",
    "Record": "formats.record",
    "ReplyFormat": "backend",
    "ServiceOptions": "options",
    "Skeleton": "skeleton",
    "concatenate": "operations",
    "conversion": "conversions",
    "detect": "client",
    "draw": "drawing",
    "draw_frame": "drawing",
    "draw_svg": "drawing",
    "evaluate": "measuring.evaluation",
    "from_dataframe": "formats.frame",
    "from_supervision": "formats.supervision",
    "get_skeleton": "registry",
    "hookimpl": "hookspecs",
    "list_backends": "registry",
    "load_image": "image",
    "open_backend": "client",
    "option": "options",
    "read": "formats",
    "record": "client",
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
        value = getattr(import_module(f"posehub.{_HOMES[name]}"), name)
    elif name in _SUBMODULES:
        value = import_module(f"posehub.{name}")
    else:
        raise AttributeError(f"module 'posehub' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
