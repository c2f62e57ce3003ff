"""From what the caller gives to an `Image`, checked before any backend is called."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from posehub.errors import ImageError
from posehub.images.decoding import (
    SIDEWAYS,
    decode_upright,
    header_orientation,
    open_image,
)
from posehub.images.endings import read_ending
from posehub.images.image import Image
from posehub.images.limits import DEFAULT_MAX_PIXELS

if TYPE_CHECKING:
    from PIL import Image as PILImage


class BinaryFile(Protocol):
    """A file object open in binary mode."""

    def read(self, size: int = ..., /) -> bytes:
        """Return bytes."""


if TYPE_CHECKING:
    ImageSource = (
        str
        | os.PathLike[str]
        | bytes
        | bytearray
        | memoryview
        | BinaryFile
        | PILImage.Image
        | NDArray[np.uint8]
        | Image
    )
else:  # at run time it would import Pillow
    ImageSource = Any
"""What `Backend.detect` and `load_image` take."""

ACCEPTED = (
    "a path, bytes, a binary file object, a PIL image, or a uint8 RGB array of shape (H, W, 3)"
)


def load_image(source: ImageSource, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image:
    """Return `source` as an `Image`, or refuse it before any backend is called.

    Args:
        source: a path (str or PathLike), the bytes of a file, a binary file object, a PIL image,
            a uint8 RGB array of shape (H, W, 3), or an `Image`.
        max_pixels: width x height above which an image is refused without decoding it.

    Raises:
        ImageError: `source` is none of these, cannot be read, is empty, truncated, not an image
            or too large.
    """
    if isinstance(source, Image):
        image = source
    elif isinstance(source, np.ndarray):
        image = _from_array(source)
    elif isinstance(source, (bytes, bytearray, memoryview)):
        image = _from_bytes(bytes(source), "image bytes", max_pixels)
    elif isinstance(source, (str, os.PathLike)):
        image = _from_path(source, max_pixels)
    elif _is_pil(source):
        image = _from_pil(source, max_pixels)
    elif callable(getattr(source, "read", None)):
        image = _from_file(source, max_pixels)
    else:
        raise ImageError(f"An image must be {ACCEPTED}; got {type(source).__name__}.")
    _check_size(image.size, image.name, max_pixels)
    return image


def own(source: ImageSource, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> ImageSource:
    """Return `source` in a form that the caller cannot change any more.

    Paths and bytes stay as they are. Files and PIL images are read now, arrays are copied.

    Raises:
        ImageError: as `load_image`.
    """
    if isinstance(source, (str, os.PathLike, bytes)):
        return source
    return load_image(source, max_pixels=max_pixels).owned()


def name_of(source: ImageSource) -> str | None:
    """Return the path of an image as the caller gave it, or None if it has none."""
    if isinstance(source, (str, os.PathLike)):
        path: str | bytes = os.fspath(source)
        return os.fsdecode(path)
    if isinstance(source, Image):
        return source.name
    name = getattr(source, "filename", None) or getattr(source, "name", None)
    return name if isinstance(name, str) and name else None


def _from_path(source: str | os.PathLike[str], max_pixels: int) -> Image:
    path = os.fspath(source)
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if "://" in path or path.startswith("data:"):
        raise ImageError(
            f"An image must be {ACCEPTED}; got the URL {_shortened(path)}. "
            "Download it first and pass its bytes."
        )
    try:
        # opened before it is examined, so that both are about the same file
        with open(path, "rb", opener=_open_nonblocking) as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise ImageError(f"{_shortened(path)} is not a regular file; pass an image file.")
            data = file.read()
    except IsADirectoryError:
        raise ImageError(f"{_shortened(path)} is a folder; pass the images in it.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ImageError(f"Cannot read {_shortened(path)}: {reason}.") from error
    return _from_bytes(data, Path(path).name, max_pixels)


def _open_nonblocking(path: str, flags: int) -> int:
    # a named pipe without a writer would block open() for ever; Windows has no such flag
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _from_file(source: Any, max_pixels: int) -> Image:
    name = getattr(source, "name", None)
    name = Path(name).name if isinstance(name, str) else "image file"
    try:
        data = source.read()
    except UnicodeDecodeError:  # what text mode makes of nearly every image
        data = ""
    except (OSError, ValueError) as error:
        raise ImageError(f"Cannot read {name}: {error}.") from error
    if not isinstance(data, bytes):
        raise ImageError(f"{name} is open as text; open it in binary mode ('rb').")
    return _from_bytes(data, name, max_pixels)


def _from_bytes(data: bytes, name: str, max_pixels: int) -> Image:
    if not data:
        raise ImageError(f"{name} is empty (0 bytes).")
    image = open_image(data, name)
    _check_size(image.size, name, max_pixels)
    # a phone's JPEG with a second image behind the first is still a JPEG
    format_ = "JPEG" if image.format == "MPO" else image.format
    ending = read_ending(format_, data)
    if ending is None:
        return _from_decoded(image, format_, data, name)
    if not ending.complete:
        raise ImageError(f"{name} is truncated: its {format_} data stops before the end marker.")
    orientation = header_orientation(image, ending.exif)
    width, height = image.size
    size = (height, width) if orientation in SIDEWAYS else (width, height)
    return Image(size, format_, data, orientation, name)


def _from_pil(image: PILImage.Image, max_pixels: int) -> Image:
    name = Path(getattr(image, "filename", "") or "PIL image").name
    _check_size(image.size, name, max_pixels)
    return _from_decoded(image, None, None, name)


def _from_decoded(
    image: PILImage.Image, format_: str | None, data: bytes | None, name: str
) -> Image:
    orientation = header_orientation(image)
    pixels = decode_upright(image, name)
    return Image((pixels.shape[1], pixels.shape[0]), format_, data, orientation, name, pixels)


def _from_array(array: NDArray[Any]) -> Image:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise ImageError(
            f"An image array must be uint8 RGB of shape (H, W, 3); "
            f"got {array.dtype} of shape {array.shape}."
        )
    pixels = np.ascontiguousarray(array)
    size = (pixels.shape[1], pixels.shape[0])
    return Image(
        size, name="image array", pixels=pixels, borrowed=np.may_share_memory(pixels, array)
    )


def _is_pil(source: Any) -> TypeGuard[PILImage.Image]:
    # a PIL image exists only if Pillow is imported; it is not imported for this check
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(source, module.Image)


def _check_size(size: tuple[int, int], name: str, max_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"{name} has no pixels: it is {width} x {height}.")
    if width * height > max_pixels:
        raise ImageError(
            f"{name} is {width} x {height}, {width * height / 1e6:.1f} megapixels; the limit is "
            f"{max_pixels / 1e6:g}. Shrink it, or raise the option max_pixels."
        )


def _shortened(path: str) -> str:
    return repr(path if len(path) <= 200 else path[:200] + "...")
