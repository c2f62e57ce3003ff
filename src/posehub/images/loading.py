"""From what the caller gives to an `Image`, checked before any backend is called."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from posehub.errors import ImageError, PosehubError
from posehub.images.arrays import array_fault
from posehub.images.decoding import (
    SIDEWAYS,
    Pixels,
    decode_file,
    decode_upright,
    header_orientation,
)
from posehub.images.endings import read_ending, without_padding
from posehub.images.image import Image
from posehub.images.limits import DEFAULT_MAX_PIXELS, max_bytes
from posehub.images.opening import open_image, runs_programs
from posehub.images.reading import ACCEPTED, LONG, read_file, read_path, reason_of, shortened
from posehub.images.recognition import LOOKED_AT, Kind, text_kind

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


def load_image(source: ImageSource, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image:
    """Return `source` as an `Image`, or refuse it before any backend is called.

    Args:
        source: a path (str or PathLike), the bytes of a file, a binary file object, a PIL image,
            a uint8 RGB array of shape (H, W, 3), or an `Image`.
            A file object that can seek is read from its start, wherever its position is, and the
            position is restored; another one is read from where it is.
            A PIL image that `PIL.Image.open` returned is turned upright by its EXIF orientation.
            Any other PIL image is taken as it is, because Pillow keeps the EXIF tag of an image
            that was turned, copied or converted: coordinates are those of `image.getpixel`. Use
            `PIL.ImageOps.exif_transpose` first if it was not turned.
            An array of OpenCV is BGR; pass `array[..., ::-1]`.
        max_pixels: width x height above which an image is refused without decoding it. It also
            bounds the bytes that are read: 8 for each of `max_pixels`, and 64 MiB.

    Raises:
        ImageError: `source` is none of these, cannot be read, is empty, truncated, not an image
            or too large.
    """
    # raised outside of `except`, so that it keeps no error with its objects in memory
    try:
        image = _loaded(source, max_pixels)
        _check_size(image.size, image.name, max_pixels)
        return image
    except PosehubError:
        raise
    except Exception as error:  # objects of other libraries may raise anything
        fault = reason_of(error)
    raise ImageError(f"Cannot load an image from {type(source).__name__}: {fault}.")


def own(source: ImageSource, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> ImageSource:
    """Return `source` in a form that the caller cannot change any more.

    Paths and bytes stay as they are. Files and PIL images are read now, arrays are copied.

    Raises:
        ImageError: as `load_image`.
    """
    with suppress(Exception):  # objects of other libraries may raise anything
        if isinstance(source, (str, os.PathLike, bytes)):
            return source
    return load_image(source, max_pixels=max_pixels).owned()


def name_of(source: ImageSource) -> str | None:
    """Return the path of an image as the caller gave it, or None if it has none."""
    name: Any = None
    with suppress(Exception):  # objects of other libraries may raise anything
        if isinstance(source, Image):
            name = source.name
        elif isinstance(source, (str, os.PathLike)):
            name = _path_or_none(os.fsdecode(source))
        else:
            name = getattr(source, "filename", None) or getattr(source, "name", None)
        if isinstance(name, bytes):
            name = os.fsdecode(name)
    return name if isinstance(name, str) and name else None


def _loaded(source: Any, max_pixels: int) -> Image:
    if isinstance(source, Image):
        return source
    if isinstance(source, np.ndarray):
        return _from_array(source, max_pixels)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(source), "image bytes", max_pixels)
    if isinstance(source, (str, os.PathLike)):
        return _from_path(os.fsdecode(source), max_pixels)
    if _is_pil(source):
        return _from_pil(source, max_pixels)
    if callable(getattr(source, "read", None)):
        name = _base_name(source, "image file")
        return _from_bytes(read_file(source, name, max_bytes(max_pixels)), name, max_pixels)
    advice = " Pass numpy.asarray() of it." if hasattr(source, "__array__") else ""
    raise ImageError(f"An image must be {ACCEPTED}; got {type(source).__name__}.{advice}")


def _path_or_none(text: str) -> str | None:
    """Return a path, or None for a text that is an image: a name must not keep one in memory."""
    is_image = len(text) > LOOKED_AT or (len(text) > LONG and _kind_of_text(text))
    return None if is_image else text


def _kind_of_text(text: str) -> Kind | None:
    return text_kind(text[:LOOKED_AT].encode("utf-8", "replace"))


def _from_path(path: str, max_pixels: int) -> Image:
    # before anything is opened: base64 may start with a slash, as a path does
    if kind := _kind_of_text(path):
        what = f"the {kind.what.removeprefix('a ')} {shortened(path, 40)}"
        raise ImageError(f"An image must be {ACCEPTED}; got {what}. {kind.cure}")
    data = read_path(path, max_bytes(max_pixels))
    return _from_bytes(data, Path(path).name, max_pixels)


def _from_bytes(data: bytes, name: str, max_pixels: int) -> Image:
    if not data:
        raise ImageError(f"{name} is empty (0 bytes).")
    image = open_image(data, name)
    _check_size(image.size, name, max_pixels)
    # a phone's JPEG with a second image behind the first is still a JPEG
    format_ = "JPEG" if image.format == "MPO" else image.format
    ending = read_ending(format_, data)
    orientation = header_orientation(image, ending.exif)
    if ending.complete:
        width, height = image.size
        size = (height, width) if orientation in SIDEWAYS else (width, height)
        return Image(size, format_, data, orientation, name)
    # decoding decides
    if ending.fault:
        whole = without_padding(data) if format_ == "JPEG" else data
        pixels = _decoded_if_whole(whole, name, orientation, ending.fault)
    else:
        pixels = decode_upright(image, name, orientation)
    return Image(_size_of(pixels), format_, data, orientation, name, pixels)


def _decoded_if_whole(data: bytes, name: str, orientation: int, fault: str) -> Pixels:
    """Return the pixels of a file without its end, if it has all of them."""
    with suppress(ImageError):
        return decode_file(data, name, orientation)
    raise ImageError(f"{name} is truncated: {fault}.")


def _from_pil(image: PILImage.Image, max_pixels: int) -> Image:
    from PIL.ImageFile import ImageFile

    name = _base_name(image, "PIL image")
    _check_size(image.size, name, max_pixels)
    if runs_programs(image):
        raise ImageError(
            f"{name} is {image.format}, which another program decodes. If you trust it, call its "
            "load() first, or convert it to PNG or JPEG."
        )
    orientation = None if isinstance(image, ImageFile) else 1
    pixels = decode_upright(image, name, orientation)
    return Image(_size_of(pixels), name=name, pixels=pixels)


def _from_array(array: NDArray[Any], max_pixels: int) -> Image:
    if fault := array_fault(array):
        raise ImageError(fault)
    size = _size_of(array)
    _check_size(size, "image array", max_pixels)  # before it is copied: it may be a broadcast
    pixels = np.ascontiguousarray(array)
    return Image(
        size, name="image array", pixels=pixels, borrowed=np.may_share_memory(pixels, array)
    )


def _size_of(pixels: NDArray[Any]) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def _base_name(source: Any, default: str) -> str:
    return Path(name_of(source) or default).name or default


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
