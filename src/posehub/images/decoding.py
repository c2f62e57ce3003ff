"""From an image file to upright RGB pixels: the one module that decodes with Pillow."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from posehub.errors import ImageError
from posehub.images.opening import open_image, pixels_only
from posehub.images.quiet import NoPillowWarnings, libtiff_silent
from posehub.images.reading import reason_of

if TYPE_CHECKING:
    from PIL import Image as PILImage

Pixels = NDArray[np.uint8]

_ORIENTATION_TAG = 0x0112  # EXIF 2.32, tag "Orientation"
_TURNS = {  # how to undo each EXIF orientation, named as in PIL.Image.Transpose
    1: None,
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
SIDEWAYS = (5, 6, 7, 8)
_SIXTEEN_BIT_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I")


def header_orientation(image: PILImage.Image, late_exif: bytes | None = None) -> int:
    """Return the EXIF orientation from the headers; anything outside 1 to 8 counts as upright."""
    from PIL import Image as PILImage

    try:
        with NoPillowWarnings():
            # the base method, because that of PNG files decodes the whole image first
            exif = PILImage.Image.getexif(image)
            if late_exif is not None:
                exif.load(late_exif)
            orientation = exif.get(_ORIENTATION_TAG, 1)
    except Exception:  # a damaged EXIF block raises almost anything, and the pixels are still good
        return 1
    return orientation if orientation in _TURNS else 1


def decode_file(data: bytes, name: str, orientation: int) -> Pixels:
    """Return uint8 RGB pixels of shape (height, width, 3), upright.

    Args:
        data: the content of an image file.
        name: what to call it in messages.
        orientation: its EXIF orientation, as `header_orientation` returns it.

    Raises:
        ImageError: the data is damaged, or of a mode without a defined conversion to RGB.
    """
    try:
        return decode_upright(open_image(data, name), name, orientation)
    except ImageError:
        lean = pixels_only(data)
        if lean is None:
            raise
    return decode_upright(open_image(lean, name), name, orientation)


def decode_upright(image: PILImage.Image, name: str, orientation: int | None) -> Pixels:
    """Return the upright pixels of a PIL image that may not be decoded yet; see `decode_file`.

    With `orientation` None it is read from the image once that is decoded.
    """
    # errors are raised outside of `except`, so that they keep no error with its objects in memory
    try:
        with NoPillowWarnings(), libtiff_silent() if image.format == "TIFF" else nullcontext():
            return _upright(image, name, orientation)
    except ImageError:
        raise
    except Exception as error:  # Pillow's decoders raise almost anything on damaged data
        fault = reason_of(error)
    raise ImageError(f"{name} is damaged and cannot be decoded: {fault}.")


def _upright(image: PILImage.Image, name: str, orientation: int | None) -> Pixels:
    from PIL import Image as PILImage

    image.load()
    if orientation is None or image.format == "TIFF":  # Pillow turns TIFF files while it decodes
        orientation = header_orientation(image)
    rgb = _to_rgb(image, name)
    turn = _TURNS[orientation]
    if turn is not None:
        rgb = rgb.transpose(PILImage.Transpose[turn])
    return np.ascontiguousarray(rgb)


def _to_rgb(image: PILImage.Image, name: str) -> PILImage.Image:
    """Return `image` as 8-bit RGB; of 16 bits the upper 8 are kept, transparency becomes white."""
    from PIL import Image as PILImage

    if image.mode in _SIXTEEN_BIT_MODES:
        deep = np.asarray(image).astype(np.int64)
        image = PILImage.fromarray((deep.clip(0, 0xFFFF) >> 8).astype(np.uint8))
    elif image.mode == "F":
        raise ImageError(
            f"{name} has 32-bit float pixels, whose range is unknown; convert it to 8 bits."
        )
    if image.has_transparency_data:
        white = PILImage.new("RGBA", image.size, "white")
        image = PILImage.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")
